from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import DataError
from pertinent.train.config import LabelConfig, MineConfig
from pertinent.train.data_config import DataConfig
from pertinent.train.examples import Example, TrainingPassage
from pertinent.train.label import kept_passages, label, outcomes
from pertinent.train.mine import mine
from pertinent.train.sources import open_examples, open_texts
from pertinent.train.teachers import EmbedderTeacher, ask_teachers
from support.fakes import BagOfWords, WordOverlap

MARGINS = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=6)


def passage(relevant: bool | None, **margins: float) -> TrainingPassage:
    return TrainingPassage(
        str(margins), relevant, "judged" if relevant is not None else "bm25", None, margins
    )


def example(*passages: TrainingPassage) -> Example:
    return Example("query", passages, "own")


def config(*teachers: str, **more: object) -> LabelConfig:
    return LabelConfig.model_validate({"teachers": teachers or ("one",), "false_negative": 10, **more})


def noisy(queries: int = 200) -> list[Example]:
    """Two teachers on other scales that tell answers from others, mostly."""
    numbers = np.random.default_rng(5)

    def drawn(relevant: bool | None) -> TrainingPassage:
        true = 1.5 * bool(relevant)
        return passage(relevant, one=true + numbers.normal(), two=40 * (true + numbers.normal()) + 300)

    return [example(drawn(True), *(drawn(None) for _ in range(4))) for _ in range(queries)]


def labels_of(examples: list[Example], asked: LabelConfig) -> list[list[float]]:
    return [[each.label or 0.0 for each in found.passages] for found in label(lambda: examples, asked)]


def test_labels_lie_around_the_middle_of_answers_and_others() -> None:
    found = labels_of(noisy(), config("one", "two"))
    assert all(0 < each < 1 for row in found for each in row)
    answers = [row[0] for row in found]
    others = [each for row in found for each in row[1:]]
    assert np.mean(answers) > 0.7
    assert np.mean(others) < 0.35
    # As if both were as many, the labels are probabilities: those over a half are right mostly.
    assert np.mean(np.array(answers) > 0.5) + np.mean(np.array(others) < 0.5) > 1.5


def test_more_passages_that_are_no_answers_do_not_change_what_a_label_means() -> None:
    few = noisy()
    many = [example(*each.passages, *each.passages[1:], *each.passages[1:]) for each in few]
    asked = config("one", "two")
    less, more = labels_of(few, asked), labels_of(many, asked)
    assert np.abs([a[0] - b[0] for a, b in zip(less, more, strict=True)]).max() < 0.06


def test_two_teachers_count_the_same_whatever_their_scales() -> None:
    examples = noisy()
    swapped = [
        example(*(passage(p.relevant, two=p.margins["one"], one=p.margins["two"]) for p in each.passages))
        for each in examples
    ]
    asked = config("one", "two")
    assert labels_of(examples, asked) == [pytest.approx(row) for row in labels_of(swapped, asked)]


def test_one_teacher_keeps_its_order() -> None:
    for each in label(lambda: noisy(20), config("one")):
        assert sorted(each.passages, key=lambda p: p.margins["one"]) == sorted(
            each.passages, key=lambda p: p.label or 0
        )


def test_a_temperature_flattens() -> None:
    warm, cold = (labels_of(noisy(20), config("one", temperature=t)) for t in (4.0, 1.0))
    for one, other in zip(warm, cold, strict=True):
        for flat, sharp in zip(one, other, strict=True):
            assert math.log(flat / (1 - flat)) == pytest.approx(math.log(sharp / (1 - sharp)) / 4)


def test_pairwise_outcomes_make_labels_too() -> None:
    found = labels_of(noisy(), config("one", "two", combine="bradley_terry"))
    assert np.mean([row[0] for row in found]) > 0.65
    assert np.mean([each for row in found for each in row[1:]]) < 0.4


def test_outcomes_see_the_order_alone() -> None:
    assert outcomes([[3, 1, 2]]).tolist() == outcomes([[300, -7, 0]]).tolist()


@given(st.lists(MARGINS, min_size=1, max_size=3).filter(lambda rows: len({len(row) for row in rows}) == 1))
def test_every_meeting_of_two_gives_one_win(margins: list[list[float]]) -> None:
    wins = outcomes(margins)
    assert wins + wins.T == pytest.approx(len(margins) * (1 - np.eye(len(margins[0]))))


def labelled(relevant: bool | None, value: float) -> TrainingPassage:
    return TrainingPassage("text", relevant, "judged" if relevant is not None else "dense", value)


def kept(*passages: TrainingPassage, **more: object) -> list[tuple[bool | None, float | None]]:
    chosen = kept_passages(passages, LabelConfig.model_validate({"teachers": ("one",), **more}))
    return [(each.relevant, each.label) for each in chosen]


def test_what_looks_like_an_answer_and_was_not_judged_is_left_out() -> None:
    given_ = [labelled(True, 0.9), labelled(True, 0.7), *(labelled(None, v) for v in (0.77, 0.75, 0.2))]
    assert kept(*given_) == [(True, 0.9), (True, 0.7), (None, 0.75), (None, 0.2)]  # 0.95 * 0.8 is 0.76
    assert len(kept(*given_, false_negative=2.0)) == 5
    # What was judged is known, whatever its label.
    assert (False, 0.99) in kept(labelled(True, 0.5), labelled(False, 0.99))


def test_teachers_and_judges_have_to_agree_where_that_is_asked() -> None:
    given_ = [labelled(True, 0.8), labelled(True, 0.2), labelled(False, 0.9), labelled(False, 0.1)]
    assert len(kept(*given_)) == 4
    assert kept(*given_, agree=True) == [(True, 0.8), (False, 0.1)]


def test_what_has_no_answer_left_is_left_out() -> None:
    assert kept(labelled(True, 0.2), labelled(False, 0.1), agree=True) == []
    assert kept(labelled(None, 0.2)) == []
    bad = example(passage(True, one=-9.0), passage(None, one=9.0))
    examples = [*noisy(30), bad]
    assert len(list(label(lambda: examples, config("one", agree=True)))) < 31
    assert len(list(label(lambda: examples, config("one")))) == 31


def test_where_nothing_but_answers_is_known_margins_are_the_log_odds() -> None:
    found = labels_of([example(passage(True, one=1.0)), example(passage(True, one=3.0))], config("one"))
    assert found == [[pytest.approx(1 / (1 + math.e))], [pytest.approx(math.e / (1 + math.e))]]


def test_a_teacher_that_was_not_asked() -> None:
    with pytest.raises(DataError, match="three was not asked"):
        next(label(lambda: noisy(3), config("one", "three")))


def test_teachers_that_turn_everything_round() -> None:
    turned = [example(passage(True, one=-1.0), passage(None, one=float(n))) for n in range(3)]
    with pytest.raises(DataError, match="no better"):
        next(label(lambda: turned, config("one")))


def test_examples_that_change_on_the_way() -> None:
    for second in (noisy(10)[:5], noisy(11)):
        readings = iter([noisy(10), second])
        with pytest.raises(DataError, match="changed"):
            list(label(lambda readings=readings: next(readings), config("one")))


def test_no_examples() -> None:
    assert list(label(lambda: [], config("one"))) == []


def test_real_questions_from_their_abstracts_to_labels(data_folder: Path) -> None:
    data = DataConfig(path="pubmedqa", limit=12)
    examples = list(open_examples(data, data_folder))
    texts = list(open_texts(DataConfig(path="pubmedqa", limit=100), data_folder))
    mined = mine(examples, lambda: iter(texts), MineConfig(negatives=4), BagOfWords())
    asked = list(ask_teachers(mined, {"overlap": WordOverlap(), "bag": EmbedderTeacher(BagOfWords())}))
    assert all(len(each.passages) == 5 for each in asked)
    assert all(len({passage.text for passage in each.passages}) == 5 for each in asked)
    found = list(label(lambda: asked, LabelConfig(teachers=("overlap", "bag"))))
    assert len(found) == 12
    first = [each.passages[0].label or 0 for each in found]
    assert np.mean(first) > np.mean([p.label or 0 for each in found for p in each.passages[1:]])
