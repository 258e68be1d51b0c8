"""What tools are asked: typed, bounded, nothing unknown; the schemas that clients see are made from these."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pertinent.errors import UsageError

LONGEST_QUERY = 8_192
LONGEST_TEXT = 200_000
MOST_DOCUMENTS = 200
MOST_DEADLINE_MS = 55_000
"""Clients may give a call up after 60 seconds; an answer must be there before."""

NAME_SHOWN = 80

CollectionName = Annotated[
    str | None,
    Field(max_length=200, description="A collection's name; may be left out where there is only one."),
]
Deadline = Annotated[
    int | None,
    Field(ge=50, le=MOST_DEADLINE_MS, description="Milliseconds; answers with what there is by then."),
]
Identity = Annotated[str, Field(min_length=1, max_length=2_000)]


class Arguments(BaseModel):
    """Arguments of a tool."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SearchArguments(Arguments):
    """What is searched for, and where."""

    query: Annotated[str, Field(max_length=LONGEST_QUERY, description="The question, in words.")]
    collection: CollectionName = None
    top_k: Annotated[int | None, Field(ge=1, le=50, description="Hits at most.")] = None
    filters: Annotated[
        list[Annotated[str, Field(max_length=2_000)]] | None,
        Field(
            max_length=64,
            description="All must hold: FIELD=VALUE, FIELD=A|B, FIELD>=N, FIELD=LOW..HIGH, FIELD?.",
        ),
    ] = None
    instruction: Annotated[
        str | None,
        Field(max_length=4_000, description="What counts as an answer, for models that read instructions."),
    ] = None
    rerank: Annotated[
        Literal["auto", "off"], Field(description="auto: as configured; off: first-stage order, faster.")
    ] = "auto"
    threshold: Annotated[
        float | None, Field(ge=0, le=1, description="Leave out hits with a lower probability.")
    ] = None
    deadline_ms: Deadline = None


class RerankArguments(Arguments):
    """What is put in order."""

    query: Annotated[str, Field(max_length=LONGEST_QUERY, description="The question, in words.")]
    documents: Annotated[
        list[Annotated[str, Field(max_length=LONGEST_TEXT)]],
        Field(min_length=1, max_length=MOST_DOCUMENTS, description="Texts to put in order."),
    ]
    top_k: Annotated[int | None, Field(ge=1, le=MOST_DOCUMENTS, description="Documents returned.")] = None
    instruction: Annotated[
        str | None,
        Field(max_length=4_000, description="What counts as an answer, for models that read instructions."),
    ] = None
    deadline_ms: Deadline = None


class ReadArguments(Arguments):
    """What is read: a document from a place on, or a passage with what stands around it."""

    collection: CollectionName = None
    document: Annotated[Identity | None, Field(description="Id of a document, as a hit tells it.")] = None
    passage: Annotated[
        Identity | None, Field(description="Id of a passage, as a hit tells it, instead of a document.")
    ] = None
    around: Annotated[int, Field(ge=0, le=20, description="Passages before and after that passage.")] = 1
    offset: Annotated[int, Field(ge=0, le=100_000_000, description="First character of the document.")] = 0
    max_characters: Annotated[int, Field(ge=100, le=50_000, description="Length at most.")] = 10_000


class CollectionsArguments(Arguments):
    """Nothing."""


class AddArguments(Arguments):
    """A text to keep."""

    collection: CollectionName = None
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, description="What to keep.")]
    title: Annotated[str, Field(max_length=500, description="Shown with each hit.")] = ""
    source: Annotated[str, Field(max_length=2_000, description="Where it comes from.")] = ""
    time: Annotated[
        str | None,
        Field(
            max_length=40,
            pattern=r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$",
            description="When it was so, as 2026-01-31 or 2026-01-31T12:00:00Z; now, where it is left out.",
        ),
    ] = None
    deadline_ms: Deadline = None


class RemoveArguments(Arguments):
    """A text to keep no longer."""

    collection: CollectionName = None
    document: Annotated[Identity, Field(description="The id that `add` returned.")]


Known = TypeVar("Known", bound=Arguments)


def read_arguments(kind: type[Known], given: dict[str, Any]) -> Known:
    """Check what a client sent.

    Raises
    ------
    UsageError
        If something is unknown, missing, too long or of another type; only names and rules are told.

    Examples
    --------
    >>> read_arguments(SearchArguments, {"query": "glucose", "top_k": 3}).top_k
    3
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))[:NAME_SHOWN] or 'arguments'}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_context=False)[:5]
        ]
        raise UsageError(
            f"The arguments are not right. {'; '.join(faults)}.",
            hint="The tool's schema tells what it takes.",
        ) from None
