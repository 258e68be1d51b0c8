"""Any map from margin to probability, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from pertinent.rerankers.margin_map import MarginMap

SLOPES = st.floats(1e-6, 1e6)
KNOTS = st.lists(
    st.tuples(st.floats(-1e6, 1e6), st.floats(1e-9, 1 - 1e-9)),
    min_size=1,
    max_size=8,
    unique_by=lambda k: k[0],
).map(lambda knots: tuple(zip(sorted(m for m, _ in knots), sorted(p for _, p in knots), strict=True)))


def margin_maps() -> st.SearchStrategy[MarginMap]:
    return st.one_of(
        SLOPES.map(lambda slope: MarginMap("temperature", slope)),
        st.builds(lambda slope, bias: MarginMap("platt", slope, bias), SLOPES, st.floats(-1e6, 1e6)),
        KNOTS.map(lambda knots: MarginMap("isotonic", knots=knots)),
    )
