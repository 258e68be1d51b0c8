from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertinent.errors import FilterError
from pertinent.store import collection
from pertinent.store.filters import MAX_CONDITIONS, MAX_VALUES, Condition, check, parse_filters
from support.tiny_documents import EMBEDDER, encode

FIELDS = {
    "year": "integer",
    "score": "float",
    "journal": "keyword",
    "mesh": "keywords",
    "open": "boolean",
    "title": "keyword",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("year=2020", [("year", "eq", "2020")]),
        (" journal = The Lancet ", [("journal", "eq", "The Lancet")]),
        ("mesh=A|B|A", [("mesh", "in", ("A", "B"))]),
        ("mesh=A|A", [("mesh", "eq", "A")]),
        (r"mesh=A\|B", [("mesh", "eq", "A|B")]),
        ("year>=2000", [("year", "gte", "2000")]),
        ("year>2000", [("year", "gt", "2000")]),
        ("year<=1980", [("year", "lte", "1980")]),
        ("year < 1980", [("year", "lt", "1980")]),
        ("year=1976..1980", [("year", "gte", "1976"), ("year", "lte", "1980")]),
        ("score=-1.5e3..", [("score", "gte", "-1.5e3")]),
        ("score=..0.5", [("score", "lte", "0.5")]),
        ("title=wait..", [("title", "eq", "wait..")]),
        ("title=..", [("title", "eq", "..")]),
        ("title=a=b", [("title", "eq", "a=b")]),
        ("doi?", [("doi", "exists", True)]),
        ("title=Why?", [("title", "eq", "Why?")]),
        ("título=né", [("título", "eq", "né")]),
    ],
)
def test_expressions(expression, expected):
    assert parse_filters(expression) == tuple(Condition(*parts) for parts in expected)


@pytest.mark.parametrize(
    "expression",
    ["", "year", "=2020", ">=2", "year=", "year>=", "?", "year!=2020", "mesh=A||B", "x" * 40_000, 7, None],
)
def test_bad_expressions(expression):
    with pytest.raises(FilterError):
        parse_filters([expression])


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"year": {"gte": 2000, "lt": 2010}}, [("year", "gte", 2000), ("year", "lt", 2010)]),
        ({"journal": "Lancet"}, [("journal", "eq", "Lancet")]),
        ({"mesh": ["A", "B"]}, [("mesh", "in", ("A", "B"))]),
        ({"mesh": {"in": ("A",)}}, [("mesh", "eq", "A")]),
        ({"mesh": {"B", "A"}}, [("mesh", "in", ("A", "B"))]),
        ({"doi": {"exists": False}}, [("doi", "exists", False)]),
        ({"open": True, "year": {"eq": 3}}, [("open", "eq", True), ("year", "eq", 3)]),
    ],
)
def test_mappings(mapping, expected):
    assert parse_filters(mapping) == tuple(Condition(*parts) for parts in expected)


@pytest.mark.parametrize(
    "mapping",
    [
        {"year": None},
        {"year": {}},
        {"year": {"near": 3}},
        {"year": {"gte": [1]}},
        {"year": {"exists": "yes"}},
        {"year": {"in": 3}},
        {"year": []},
        {"year": [[1]]},
        {"year": list(range(MAX_VALUES + 1))},
        {3: 4},
        {"": 4},
        {f"f{n}": n for n in range(MAX_CONDITIONS + 1)},
    ],
)
def test_bad_mappings(mapping):
    with pytest.raises(FilterError):
        parse_filters(mapping)


def test_nothing():
    assert parse_filters(None) == parse_filters([]) == parse_filters({}) == ()


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("year=2020", 2020),
        ("year=+7", 7),
        ("year>=1999.5", 1999.5),
        ({"year": 2020.0}, 2020),
        ("score=3", 3.0),
        ({"score": 3}, 3.0),
        ("open=True", True),
        ({"open": False}, False),
        ("journal=2020", "2020"),
        ("mesh=A|B", ("A", "B")),
        ("year=1|2", (1, 2)),
    ],
)
def test_values_take_the_fields_type(source, value):
    (condition,) = check(parse_filters(source), FIELDS)
    assert condition.value == value
    assert type(condition.value) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "year=abc",
        "year=2020.5",
        "year=1e99",
        "year=99999999999999999999",
        "year=１９８０年",
        {"year": True},
        {"year": 2**63},
        {"year": {"gte": "soon"}},
        {"score": float("nan")},
        {"score": 10**400},
        "score=inf",
        "open=yes",
        {"open": 1},
        {"journal": 2020},
        {"journal": "\ud800"},
        "journal>=A",
        "open>=0",
        {"mesh": ["A", 3]},
    ],
)
def test_wrongly_typed_values(source):
    with pytest.raises(FilterError):
        check(parse_filters(source), FIELDS)


@pytest.mark.parametrize("op", ["gte", "gt", "lte", "lt"])
@pytest.mark.parametrize("bound", [2**53, -(2**53), 2**53 + 1, 2**63 - 1, 1e300, str(2**53)])
def test_bounds_that_the_engine_would_round_are_refused(op, bound):
    with pytest.raises(FilterError, match="'year'") as caught:
        check((Condition("year", op, bound),), FIELDS)
    assert "9007199254740991" in caught.value.hint
    assert check((Condition("score", op, bound),), FIELDS)[0].value == float(bound)


@pytest.mark.parametrize("bound", [2**53 - 1, 1 - 2**53, "9007199254740991", 1999.5])
def test_bounds_that_the_engine_keeps(bound):
    (condition,) = check((Condition("year", "gte", bound),), FIELDS)
    assert condition.value == float(bound)


def test_as_many_values_as_a_parsed_filter():
    check((Condition("year", "in", tuple(range(MAX_VALUES))),), FIELDS)
    with pytest.raises(FilterError):
        check((Condition("year", "in", tuple(range(MAX_VALUES + 1))),), FIELDS)


@pytest.mark.parametrize(
    "expression",
    ["Jane Roe", "patient!=Jane Roe", "patient=Jane Roe||x", "=Jane Roe", "Jane Roe=" + "x" * 40_000],
)
def test_what_was_asked_for_never_stands_in_the_message(expression):
    with pytest.raises(FilterError) as caught:
        parse_filters(expression)
    assert "Jane" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("expression", ["patient=", "patient>=", "patient=A||B", "patient!=A"])
def test_a_bad_expression_names_its_field(expression):
    with pytest.raises(FilterError, match="patient"):
        parse_filters(expression)


def test_unknown_field_lists_the_known_ones():
    with pytest.raises(FilterError, match="'jornal'") as caught:
        check(parse_filters("jornal=Lancet"), FIELDS)
    assert "Did you mean 'journal'?" in caught.value.hint
    assert all(name in caught.value.hint for name in FIELDS)


def test_values_never_stand_in_the_message():
    with pytest.raises(FilterError) as caught:
        check(parse_filters({"year": "Jane Roe"}), FIELDS)
    assert "Jane" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text):
    try:
        conditions = parse_filters([text])
    except FilterError:
        return
    assert 1 <= len(conditions) <= 2
    assert all(condition.field for condition in conditions)


# --- the engine against plain Python -----------------------------------------------------------------

JOURNALS = ["Lancet", "BMJ", "日本医事新報", 'Quo"te', "a.b[0]", ""]
NAMES = {"year": "year", "score": "sco.re", "journal": 'jour"nal', "mesh": "me sh", "open": "offen"}


def random_metadata(chance: random.Random) -> dict:
    values = {
        NAMES["year"]: chance.choice([1976, 1980, 2000, 2020, -5, 2**53 + 1]),
        NAMES["score"]: chance.choice([0, 1, 0.5, -2.25, 1e300]),
        NAMES["journal"]: chance.choice(JOURNALS),
        NAMES["mesh"]: tuple(chance.sample(["Adult", "Aged", "Male", "Ärztin"], chance.randrange(4))),
        NAMES["open"]: chance.random() < 0.5,
    }
    return {name: value for name, value in values.items() if chance.random() < 0.7}


def passes(metadata: dict, condition: Condition) -> bool:
    """The oracle: what the words of the filter say, in plain Python."""
    value = metadata.get(condition.field)
    if condition.op == "exists":
        return (value not in (None, ())) == condition.value
    if value is None:
        return False
    values = value if isinstance(value, tuple) else (value,)
    wanted = condition.value
    if condition.op in ("eq", "in"):
        accepted = wanted if isinstance(wanted, tuple) else (wanted,)
        return any(one == other for one in values for other in accepted)
    return {
        "gte": value >= wanted,
        "gt": value > wanted,
        "lte": value <= wanted,
        "lt": value < wanted,
    }[condition.op]


numbers = st.sampled_from([1976, 1980, 2000, 2020, -5, 0])
decimals = st.sampled_from([0.0, 1.0, 0.5, -2.25, 1e300, 3.0])
conditions = st.one_of(
    st.builds(Condition, st.sampled_from(list(NAMES.values())), st.just("exists"), st.booleans()),
    st.builds(Condition, st.just(NAMES["year"]), st.sampled_from(["eq", "gte", "gt", "lte", "lt"]), numbers),
    st.builds(
        Condition, st.just(NAMES["score"]), st.sampled_from(["eq", "gte", "gt", "lte", "lt"]), decimals
    ),
    st.builds(Condition, st.just(NAMES["year"]), st.just("in"), st.lists(numbers, min_size=2).map(tuple)),
    st.builds(Condition, st.just(NAMES["score"]), st.just("in"), st.lists(decimals, min_size=2).map(tuple)),
    st.builds(Condition, st.just(NAMES["journal"]), st.just("eq"), st.sampled_from([*JOURNALS, "Unknown"])),
    st.builds(
        Condition,
        st.just(NAMES["journal"]),
        st.just("in"),
        st.lists(st.sampled_from(JOURNALS), min_size=2, unique=True).map(tuple),
    ),
    st.builds(Condition, st.just(NAMES["mesh"]), st.just("eq"), st.sampled_from(["Adult", "Ärztin", "None"])),
    st.builds(Condition, st.just(NAMES["mesh"]), st.just("in"), st.just(("Adult", "Male"))),
    st.builds(Condition, st.just(NAMES["open"]), st.just("eq"), st.booleans()),
    st.builds(Condition, st.just(NAMES["open"]), st.just("in"), st.just((True, False))),
)


@pytest.fixture(scope="module")
def corpus():
    chance = random.Random(7)
    metadata = [random_metadata(chance) for _ in range(80)]
    with TemporaryDirectory() as folder, collection.create(Path(folder) / "c", EMBEDDER) as writer:
        for number, values in enumerate(metadata):
            writer.replace([encode(str(number), "one text", metadata=values)])
        yield writer, metadata


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(filters=st.lists(conditions, min_size=1, max_size=3).map(tuple))
def test_engine_agrees_with_plain_python(corpus, filters):
    writer, metadata = corpus
    expected = sum(all(passes(values, condition) for condition in filters) for values in metadata)
    assert writer.count(filters) == expected


def test_filters_of_a_wrong_type_are_refused() -> None:
    with pytest.raises(FilterError, match="int"):
        parse_filters(5)  # type: ignore[arg-type]
