from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import ModelError
from pertinent.search.final import FinalFormula
from pertinent.search.fusion import RRF_BEST
from pertinent.types import Candidate, ModelInfo, Passage, Score

margins = st.floats(-50, 50)
rrfs = st.floats(0, RRF_BEST)
formulas = st.builds(FinalFormula, weight=st.floats(0.01, 1), temperature=st.floats(0.1, 10))


@given(formulas, rrfs, margins)
def test_final_is_between_0_and_1(formula: FinalFormula, rrf: float, margin: float) -> None:
    assert 0 <= formula.of(rrf, margin) <= 1 + 1e-12


@given(formulas, rrfs, margins, margins)
def test_a_higher_margin_never_lowers_it(formula: FinalFormula, rrf: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert formula.of(rrf, low) <= formula.of(rrf, high)


@given(formulas, rrfs, rrfs, margins)
def test_better_first_stage_evidence_never_lowers_it(
    formula: FinalFormula, a: float, b: float, margin: float
) -> None:
    low, high = sorted((a, b))
    assert formula.of(low, margin) <= formula.of(high, margin)


def test_equal_values_keep_the_first_stage_order() -> None:
    model = ModelInfo("m", "1", "cross_encoder", "reranker", 512, 1, "CC0-1.0")
    scored = [
        (Candidate(Passage(str(n), str(n), "x"), 0.01, rank=n), Score.from_margin(1.0, model))
        for n in (3, 1, 2)
    ]
    assert [c.rank for c, _, _ in FinalFormula().order(scored)] == [1, 2, 3]


def test_constants_come_from_the_model() -> None:
    assert FinalFormula.from_constants({"weight": 0.4, "temperature": 2.0}) == FinalFormula(0.4, 2.0)
    assert FinalFormula.from_constants({}) == FinalFormula()


@pytest.mark.parametrize(
    "constants", [{"weight": 0.0}, {"weight": 1.1}, {"temperature": 0.0}, {"other": 1.0}]
)
def test_wrong_constants_are_refused(constants: dict[str, float]) -> None:
    with pytest.raises(ModelError):
        FinalFormula.from_constants(constants)
