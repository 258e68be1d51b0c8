from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pertinent import Reranker
from pertinent.errors import DataError, StoreError, UsageError
from pertinent.evaluate.calibration.calibrated_model import calibrate, store_calibration
from pertinent.evaluate.calibration.judged_pairs import JudgedPair, read_pairs
from pertinent.rerankers.calibration import Calibration, calibration_path
from pertinent.rerankers.margin_map import MarginMap
from pertinent.types import Progress, Scores
from support.fakes import WordOverlap
from support.judged_files import labelled


@pytest.fixture
def pairs(tmp_path: Path) -> list[JudgedPair]:
    return read_pairs(labelled(tmp_path / "some.jsonl"))


class Fragile(WordOverlap):
    """Tells what its scores depend on, and is stopped after some queries."""

    fingerprint = "word overlap"

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        if self.scored == 9:
            raise KeyboardInterrupt
        return super().score(query, documents, instruction, progress=progress)


def test_the_carried_model_is_calibrated_and_its_thresholds_hold(pairs: list[JudgedPair]) -> None:
    reranker = Reranker()
    done: list[tuple[int, int]] = []
    calibration, report = calibrate(
        reranker, pairs, "drugs", progress=lambda now, total: done.append((now, total))
    )
    assert (calibration.model, calibration.revision) == (reranker.model.name, reranker.model.revision)
    assert (calibration.prompt, calibration.instruction) == (reranker.prompt_hash(), "")
    assert (calibration.pairs, calibration.queries) == (30, 10)
    assert done[-1] == (30, 30)
    assert report.after[report.map.method].log_loss < 0.2

    path = calibration_path(reranker.model, "drugs")
    store_calibration(calibration, path)
    judged = Reranker(calibration="drugs")
    assert judged.calibration == calibration
    query = next(pair.query for pair in pairs)
    own = [pair for pair in pairs if pair.query == query]
    texts = [pair.text for pair in own]
    assert [item.index for item in judged.rank(query, texts)] == [
        item.index for item in reranker.rank(query, texts)
    ]
    kept = judged.rank(query, texts, threshold=0.5)
    assert [own[item.index].relevant for item in kept] == [True]


def test_an_interrupted_calibration_goes_on_where_it_was(tmp_path: Path, pairs: list[JudgedPair]) -> None:
    cache = tmp_path / "scores.sqlite"
    with pytest.raises(KeyboardInterrupt):
        calibrate(Reranker(Fragile(), cache=cache), pairs, "drugs")
    again = Fragile()
    again.scored = -100  # far from where it stops
    calibration, report = calibrate(Reranker(again, cache=cache), pairs, "drugs")
    assert again.scored == -100 + 30 - 9
    assert (calibration, report) == calibrate(Reranker(WordOverlap()), pairs, "drugs")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "oracle"}, "no method"),
        ({"precisions": [2.0]}, "outside 0..1"),
        ({"folds": 1}, "folds is 1"),
    ],
)
def test_mistakes_are_told_before_anything_is_scored(
    pairs: list[JudgedPair], options: dict[str, Any], says: str
) -> None:
    scorer = WordOverlap()
    with pytest.raises(UsageError, match=says):
        calibrate(Reranker(scorer), pairs, "drugs", **options)
    for given in (
        [replace(pair, relevant=True) for pair in pairs],
        [replace(pair, query_id="same") for pair in pairs],
    ):
        with pytest.raises(DataError, match="too few"):
            calibrate(Reranker(scorer), given, "drugs")
    assert scorer.scored == 0


def test_an_instruction_goes_with_the_calibration(pairs: list[JudgedPair]) -> None:
    class Told(WordOverlap):
        model = replace(WordOverlap.model, family="causal_judge")

    calibration, _ = calibrate(Reranker(Told()), pairs, "drugs", instruction="medical-literature")
    assert calibration.instruction.startswith("Given a biomedical question")
    judged = Reranker(Told(), calibration=calibration)
    assert judged.score("q", ["a"], "medical-literature")[0].calibration == "drugs"
    with pytest.raises(UsageError, match="another prompt"):
        judged.score("q", ["a"])


def test_a_cascade_is_refused(pairs: list[JudgedPair]) -> None:
    both = Reranker.cascade(WordOverlap(), WordOverlap(), top_k=1, depth=1)
    with pytest.raises(UsageError, match="estimates some"):
        calibrate(both, pairs, "drugs")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"Writing the calibration .*file"):
        store_calibration(Calibration("a", "m", "1", MarginMap("temperature")), tmp_path / "file" / "a.json")
