from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import UsageError
from pertinent.mcp import arguments
from pertinent.mcp.arguments import (
    LONGEST_QUERY,
    LONGEST_TEXT,
    MOST_DEADLINE_MS,
    MOST_DOCUMENTS,
    AddArguments,
    Arguments,
    ReadArguments,
    RerankArguments,
    SearchArguments,
    read_arguments,
)

KINDS = [kind for kind in vars(arguments).values() if isinstance(kind, type) and issubclass(kind, Arguments)]
SECRET = "the patient's name"


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [
        (SearchArguments, {}, "query"),
        (SearchArguments, {"query": 3}, "query"),
        (SearchArguments, {"query": "q" * (LONGEST_QUERY + 1)}, "query"),
        (SearchArguments, {"query": "q", "top_k": "3"}, "top_k"),
        (SearchArguments, {"query": "q", "top_k": True}, "top_k"),
        (SearchArguments, {"query": "q", "top_k": 51}, "top_k"),
        (SearchArguments, {"query": "q", "deadline_ms": MOST_DEADLINE_MS + 1}, "deadline_ms"),
        (SearchArguments, {"query": "q", "threshold": float("nan")}, "threshold"),
        (SearchArguments, {"query": "q", "rerank": "required"}, "rerank"),
        (SearchArguments, {"query": "q", SECRET: 1}, SECRET),
        (RerankArguments, {"query": "q", "documents": []}, "documents"),
        (RerankArguments, {"query": "q", "documents": ["d"] * (MOST_DOCUMENTS + 1)}, "documents"),
        (RerankArguments, {"query": "q", "documents": ["d" * (LONGEST_TEXT + 1)]}, "documents.0"),
        (ReadArguments, {"document": ""}, "document"),
        (ReadArguments, {"document": "d", "max_characters": 99}, "max_characters"),
        (AddArguments, {"text": "t", "time": "yesterday"}, "time"),
        (AddArguments, {"text": "t", "time": "2026-01-31\n"}, "time"),
    ],
)
def test_what_is_not_right_is_told_by_its_name(
    kind: type[Arguments], given: dict[str, Any], name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_arguments(kind, given)
    assert f"{name}: " in caught.value.message


def test_what_was_given_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        read_arguments(SearchArguments, {"query": "q", "filters": [3, {"a": SECRET}], "top_k": SECRET})
    assert SECRET not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        read_arguments(
            SearchArguments, {"query": "q", **{f"{number}{SECRET * 99}": 1 for number in range(99)}}
        )
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("time", ["2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31 12:00+02:00", None])
def test_times_as_people_write_them(time: str | None) -> None:
    assert read_arguments(AddArguments, {"text": "t", "time": time}).time == time


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_schema_is_closed_and_every_text_and_list_has_a_bound(kind: type[Arguments]) -> None:
    schema = kind.model_json_schema()
    assert schema["additionalProperties"] is False

    def bounded(part: dict[str, Any]) -> bool:
        if "anyOf" in part:
            return all(map(bounded, part["anyOf"]))
        match part.get("type"):
            case "string":
                return "maxLength" in part or "enum" in part
            case "array":
                return "maxItems" in part and bounded(part["items"])
            case "integer" | "number":
                return "minimum" in part and "maximum" in part
        return True

    assert [name for name, part in schema.get("properties", {}).items() if not bounded(part)] == []
