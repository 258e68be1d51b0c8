from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.evaluate.report.wording import (
    ALPHA,
    KINDS,
    NOTHING,
    amount,
    counted,
    duration,
    is_significant,
    number,
    plain,
    price,
    probability,
    shortened,
    signed,
    signed_span,
    span,
)
from pertinent.evaluate.result import Comparison
from pertinent.evaluate.task import Kind

COMPARISON = Comparison("final", "rrf", "MAP", 0.1, (0.0, 0.2), 0.01, 0.02, 3, 2, 1)
UNKNOWN = (math.nan, math.inf, -math.inf)


def read(text: str) -> float:
    return float(text.replace("−", "-").replace("+", ""))


@pytest.mark.parametrize("write", [number, signed, probability, duration, amount, price])
@pytest.mark.parametrize("value", UNKNOWN)
def test_what_is_not_known_is_never_a_number(write: Callable[[float], str], value: float) -> None:
    assert write(value) == NOTHING


@pytest.mark.parametrize("write", [duration, amount, price])
def test_none_is_not_known_and_zero_is_zero(write: Callable[[float | None], str]) -> None:
    assert write(None) == NOTHING
    assert write(0.0).startswith("0")


@given(st.floats(-1, 1))
def test_a_measure_is_rounded_and_zero_has_no_sign(value: float) -> None:
    assert re.fullmatch(r"−?[01]\.\d{3}", number(value))
    assert read(number(value)) == pytest.approx(value, abs=0.000501)
    assert number(value) != "−0.000"
    assert signed(value)[0] == ("+" if read(number(value)) > 0 else number(value)[0])


@given(st.floats(0, 1))
def test_a_p_value_is_never_zero_and_keeps_its_side_of_the_mark(p: float) -> None:
    assert read(probability(p).removeprefix("<\N{NO-BREAK SPACE}")) > 0
    assert probability(p).startswith("<") == (p < 0.001)
    assert is_significant(replace(COMPARISON, p_holm=p)) == (p < ALPHA)


def test_intervals_are_read_in_one_way() -> None:
    assert span((0.1, 0.25)) == "0.100–0.250"
    assert span((-0.2, -0.1)) == "−0.200 to −0.100"
    assert signed_span((0.0, 0.5)) == "0.000 to +0.500"
    assert span((math.nan, math.nan)) == signed_span((0.1, math.nan)) == NOTHING


@given(st.floats(1e-5, 1e5))
def test_a_time_can_be_read_back(seconds: float) -> None:
    figure, unit = duration(seconds).replace(",", "").split()
    told = float(figure) / (1000 if unit == "ms" else 1)
    assert told == pytest.approx(seconds, rel=0.06)
    assert "e" not in figure


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.9994, "999 ms"), (0.9996, "1.0 s"), (0.00996, "10 ms"), (99.97, "100 s"), (3600, "3,600 s")],
)
def test_times_at_the_edge_of_a_unit(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(("value", "told"), [(99.97, "100"), (100.4, "100"), (0.25, "0.2"), (7, "7")])
def test_counts_at_the_edge_of_a_form(value: float, told: str) -> None:
    assert amount(value) == told


@given(st.floats(1e-9, 1e6))
def test_a_price_keeps_three_leading_digits(value: float) -> None:
    assert float(price(value)) == pytest.approx(value, rel=0.0051, abs=0.0051 if value > 1 else 0)
    assert "e" not in price(value)


def test_one_is_counted_in_the_singular() -> None:
    assert [counted(count, "set", "sets") for count in (0, 1, 1000)] == ["0 sets", "1 set", "1,000 sets"]


@given(st.text(), st.integers(3, 40))
def test_a_shortened_name_fits_and_keeps_both_ends(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    if len(text) <= most:
        assert short == text
    else:
        start, end = short.split("…", 1) if "…" not in text else (short[:1], short[-1:])
        assert text.startswith(start)
        assert text.endswith(end)


@given(st.text())
def test_a_foreign_name_stays_on_one_visible_line(text: str) -> None:
    told = plain(text)
    assert told == " ".join(told.split())
    assert not set(told) & {"\x00", "\x1b", "\u202e", "\u2066", "\ufffe", "\uffff"}


def test_every_kind_of_task_has_words() -> None:
    assert set(KINDS) == set(get_args(Kind))
