"""All tools: their names, what they take and answer, and what does the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pertinent.mcp import answers, reading, searching, writing
from pertinent.mcp import arguments as asked
from pertinent.mcp.task import Task


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Parameters
    ----------
    name, title, description : str
        For the client and its model.
    arguments : type[Arguments]
        What it takes.
    answer : type[Answer]
        What it answers.
    work : Callable[[Any, Task], Answer]
        Does it, in a thread.
    writes : bool
        Whether it changes a collection.
    destroys : bool
        Whether it takes something away.
    """

    name: str
    title: str
    description: str
    arguments: type[asked.Arguments]
    answer: type[answers.Answer]
    work: Callable[[Any, Task], answers.Answer]
    writes: bool = False
    destroys: bool = False


TOOLS = (
    Tool(
        "search",
        "Search a collection",
        "Find the passages of a collection that answer a question: by vectors and by words, then reranked. "
        "Each hit has its document, source, score and ranks; `reranked` and `reason` tell how it went.",
        asked.SearchArguments,
        answers.SearchAnswer,
        searching.search,
    ),
    Tool(
        "rerank",
        "Rerank texts",
        "Put given texts in the order in which they answer a question; results name places in the list.",
        asked.RerankArguments,
        answers.RerankAnswer,
        searching.rerank,
    ),
    Tool(
        "read",
        "Read a document",
        "Read a document from a place on, or a passage with those before and after it.",
        asked.ReadArguments,
        answers.ReadAnswer,
        reading.read,
    ),
    Tool(
        "collections",
        "List collections",
        "The collections that can be searched, their sizes, and the fields that filters may ask for.",
        asked.CollectionsArguments,
        answers.CollectionsAnswer,
        reading.collections,
    ),
    Tool(
        "add",
        "Add a text",
        "Keep a text in a collection, with its time and source, so that later searches find it.",
        asked.AddArguments,
        answers.AddAnswer,
        writing.add,
        writes=True,
    ),
    Tool(
        "remove",
        "Remove a text",
        "Remove a text that `add` has kept. Documents that come from files cannot be removed here.",
        asked.RemoveArguments,
        answers.RemoveAnswer,
        writing.remove,
        writes=True,
        destroys=True,
    ),
)


def tools_for(*, writable: bool) -> tuple[Tool, ...]:
    """The tools of a server; those that write only where that is allowed.

    Examples
    --------
    >>> [tool.name for tool in tools_for(writable=False)]
    ['search', 'rerank', 'read', 'collections']
    """
    return tuple(tool for tool in TOOLS if writable or not tool.writes)
