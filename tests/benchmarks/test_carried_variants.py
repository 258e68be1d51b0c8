"""Variants of the recipe differ from it in what they say, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pertinent.errors import ModelError
from pertinent.rerankers.local import LocalReranker
from pertinent.train.examples import Example, TrainingPassage, write_examples
from support.tiny_bert import save_base, tiny_weights

Script = Callable[[str], ModuleType]
LACKING = {
    "without teachers' labels": ("distil", "losses"),
    "without judged answers": ("distil", "losses"),
    "half of the layers instead of dropped tokens": ("student", "pruning"),
    "as published": ("student", "pruning"),
}


RECIPE = """
folder = "work/reranker"
label = {{ teachers = ["one", "embedder:two"] }}
student = {{ kind = "cross_encoder", base = "tiny", max_tokens = 48, pruning = {pruning} }}
distil = {{ steps = 9, queries = 1, passages = 2, losses = [{{ name = "bce" }}] }}
export = {{ name = "tiny" }}
"""
TEXTS = ["metformin lowers the glucose of the heart", "the train of the river does rain"]


@pytest.fixture
def variants(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A recipe for a tiny model, and examples with labels, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    # Margins of random weights lie too near together for an order.
    monkeypatch.setattr("pertinent.train.finish.LEAST_TAU", -1.0)
    found = script("carried_variants")
    monkeypatch.setattr(found, "CONFIG", tmp_path / "recipe.toml")
    recipe(0.2)
    save_base(tmp_path / "tiny", tiny_weights(9, layers=3))
    said = ((*TEXTS, "the heart of the train"), ((1.0, 3.0), (0.0, 1.0), (0.5, 1.1)))
    passages = tuple(
        TrainingPassage(text, place == 0, margins={"one": one, "embedder:two": two})
        for place, (text, (one, two)) in enumerate(zip(*said, strict=True))
    )
    Path("work/reranker").mkdir(parents=True)
    write_examples(Path("work/reranker/asked.jsonl"), [Example("what lowers glucose", passages, "set")])
    return found


def recipe(share: float) -> None:
    Path("recipe.toml").write_text(RECIPE.format(pruning=f"[{{ after = 1, share = {share} }}]"), "utf-8")


def margins(folder: Path) -> list[float]:
    return [score.margin for score in LocalReranker(folder).score("what lowers glucose", TEXTS)]


def test_what_is_not_trained_drops_its_tokens_too(variants: ModuleType, tmp_path: Path) -> None:
    whole, dropping = (
        margins(variants.train(name, 2, tmp_path))
        for name in ("as published", "as published, tokens dropped")
    )
    assert max(abs(one - two) for one, two in zip(whole, dropping, strict=True)) > 1e-3


def test_a_variant_is_trained_once_and_again_after_a_change(
    variants: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "the whole recipe, fewer steps"
    folder = variants.train(name, 2, tmp_path)
    assert f"{name}: 2/2" in capsys.readouterr().out
    assert variants.train(name, 2, tmp_path) == folder
    assert capsys.readouterr().out == ""
    variants.train(name, 3, tmp_path)
    assert f"{name}: 3/3" in capsys.readouterr().out
    recipe(0.5)
    variants.train(name, 3, tmp_path)
    assert f"{name}: 3/3" in capsys.readouterr().out


def test_what_differs_after_learning_is_learnt_once(
    variants: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = margins(variants.train("the whole recipe, fewer steps", 2, tmp_path))
    capsys.readouterr()
    others = [margins(variants.train(name, 2, tmp_path)) for name in ("in float32", "merged with its base")]
    assert ": 2/2" not in capsys.readouterr().out
    assert all(other != whole for other in others)


def test_one_teacher_alone_gives_other_labels(variants: ModuleType, tmp_path: Path) -> None:
    names = ("the whole recipe, fewer steps", "without the embedder as teacher")
    for name in names:
        variants.train(name, 2, tmp_path)
    learnt = [path.read_text("utf-8") for path in Path("work/variants/learnt").glob("*/examples.jsonl")]
    assert len(set(learnt)) == len(names)


def test_a_variant_that_was_refused_is_not_taken_for_made(
    variants: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pertinent.train.finish.LEAST_TAU", 2.0)
    for _ in range(2):
        with pytest.raises(ModelError, match="another way"):
            variants.train("as published", 2, tmp_path)


@pytest.mark.parametrize(("name", "place"), LACKING.items())
def test_a_variant_lacks_one_part(script: Script, name: str, place: tuple[str, str]) -> None:
    variants = script("carried_variants")
    config = variants.read_config(variants.CONFIG)
    found = variants.VARIANTS[name].of(config, 5)
    section, entry = place
    whole, lacking = (getattr(getattr(each, section), entry) for each in (config, found))
    assert len(lacking) < len(whole)
    assert found.distil.steps == 5
    assert (found.data, found.seed, found.distil.learning_rate) == (
        config.data,
        config.seed,
        config.distil.learning_rate,
    )


def test_losses_of_variants_are_those_of_the_recipe(script: Script) -> None:
    variants = script("carried_variants")
    whole = variants.read_config(variants.CONFIG).distil.losses
    parts = [
        loss
        for name in ("without teachers' labels", "without judged answers")
        for loss in variants.VARIANTS[name].of(variants.read_config(variants.CONFIG), 5).distil.losses
    ]
    assert {loss.name: loss for loss in whole} == {loss.name: loss for loss in parts}


def test_written_queries_can_be_left_out(script: Script) -> None:
    keeps = script("carried_variants").VARIANTS["without written queries"].keeps
    passages = (TrainingPassage("text", True),)
    assert keeps(Example("asked", passages, "set"))
    assert not keeps(Example("written", passages, "set", "title"))
