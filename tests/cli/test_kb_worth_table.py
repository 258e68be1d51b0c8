from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from pertinent.cli.kb_worth_table import worth_block
from pertinent.kb.evaluating import METRICS
from pertinent.kb.settings import PipelineSettings
from pertinent.kb.worth import Asked, Evaluation, Gain, Models

GAIN = Gain(0.5, (0.4, 0.6), 0.625, (0.5, 0.75), 0.125, (-0.01, 0.25), 12, 3, 1_985, 0.75)
EMBEDDER = {"name": "mini-embedder"}


def asked(id: str, without: int | None, reranked: int | None, question: str = "Why?") -> Asked:
    return Asked(id, question, without, reranked, {})


def shown(
    *questions: Asked, width: int = 120, rerankers: dict[str, int] | None = None, **settings: Any
) -> str:
    told = {name: {"name": name, "questions": count} for name, count in (rerankers or {"mini": 1}).items()}
    found = Evaluation(
        dict.fromkeys(METRICS, GAIN),
        questions or (asked("q1", 1, 1),),
        PipelineSettings(**settings),
        Models(EMBEDDER, told),
    )
    stream = io.StringIO()
    screen = Console(file=stream, width=width, highlight=False, emoji=False)
    screen.print(worth_block("no[b]tes\n", found))
    return stream.getvalue()


def line_of(told: str, word: str) -> str:
    return next(line for line in told.splitlines() if word in line)


@pytest.mark.parametrize("width", [80, 120])
def test_every_figure_stands_whole_in_the_width(width: int) -> None:
    told = shown(asked("long", 1, 2, "Wherefore " * 30), width=width)
    assert max(map(cell_len, told.splitlines())) <= width
    for metric in METRICS:
        line = line_of(told, metric)
        for figure in ("0.500", "0.625", "+0.125", "12/3/1,985", "0.750"):
            assert figure in line
    assert told.count("0.400–0.600") == told.count("−0.010 to +0.250") == len(METRICS)


def test_questions_that_changed_come_with_the_most_gained_first() -> None:
    told = shown(
        asked("same", 2, 2), asked("lost", 1, None), asked("won", None, 1), asked("up", 3, 2), top_k=7
    )
    lines = told[told.index("question ") :].splitlines()
    assert [line.split()[0] for line in lines if ": Why?" in line] == ["won:", "up:", "lost:"]
    assert line_of(told, "lost:").split()[-2:] == ["1", "–"]
    assert "is none among 7. Unchanged: 1." in " ".join(told.split())
    assert "4 questions, 7 hits each" in told


def test_of_many_that_changed_those_that_changed_most_are_shown() -> None:
    ranks = [*((10, 1),) * 30, *((1, None),) * 30]
    told = shown(*(asked(f"q{n}", *pair) for n, pair in enumerate(ranks)))
    assert told.count(": Why?") == 40
    assert (told.count("q0:"), told.count("q19:"), told.count("q20:"), told.count("q39:")) == (1, 1, 0, 0)
    assert (told.count("q40:"), told.count("q59:")) == (1, 1)
    assert "Not shown: 20 that changed less" in " ".join(told.split())


def test_what_the_intervals_say_is_told_in_words() -> None:
    assert "Fewer than 20 questions show nothing" in shown()
    many = [asked(f"q{n}", 1, 1) for n in range(20)]
    assert "No difference is more than chance" in shown(*many)


def test_where_nothing_moved_that_is_told() -> None:
    told = shown(asked("same", 2, 2), asked("none", None, None))
    assert "same rank for every question" in told


def test_who_searched_is_told() -> None:
    assert "Found by mini-embedder and words, reranked by mini." in shown()
    both = shown(rerankers={"large": 3, "mini": 1})
    assert "reranked by large (3), mini (1)." in both


def test_a_threshold_is_told() -> None:
    assert "threshold" not in shown()
    told = " ".join(shown(rerank_threshold=0.25).split())
    assert "below the threshold of 0.25 are left out" in told


def test_nothing_of_a_name_or_question_steers_the_terminal() -> None:
    told = shown(asked("a\nb", 1, 2, "What\x1b[2J [bold]?"))
    assert "no[b]tes" in told
    assert "a b: What�[2J [bold]?" in told
