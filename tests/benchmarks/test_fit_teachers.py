"""Teachers order the candidates of train queries, alone and together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pertinent import Embedder
from pertinent.types import Candidate, Passage
from support.fakes import WordOverlap
from support.small_task import TEXTS, retrieval_task, small_beir

Script = Callable[[str], ModuleType]


class Inverted(WordOverlap):
    """Holds the worst for the best."""

    def score(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        return tuple(replace(each, margin=-each.margin) for each in super().score(*args, **kwargs))


def test_each_teacher_and_their_mean(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qrels = small_beir(tmp_path / "data" / "judged") / "qrels"
    (qrels / "test.tsv.gz").rename(qrels / "train.tsv.gz")
    monkeypatch.setenv("PERTINENT_DATA", str(tmp_path / "data"))
    teachers = {"good": WordOverlap(), "bad": Inverted()}
    first, good, bad, both = script("fit_teachers").measured("judged", 3, teachers, Embedder())
    assert first > bad
    assert good > bad
    # Two that contradict each other say nothing: the order stays that of the first stage.
    assert both == pytest.approx(first)


def test_margins_of_a_set_are_on_one_scale(script: Script) -> None:
    found = [
        Candidate(Passage(name, name, text), 0.0, rank) for rank, (name, text) in enumerate(TEXTS.items(), 1)
    ]
    values = script("fit_teachers").said(WordOverlap(), retrieval_task(), {"glucose": found})
    assert np.mean(values) == pytest.approx(0)
    assert np.std(values) == pytest.approx(1)
