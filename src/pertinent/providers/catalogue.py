"""All dialects: by name, by path, by the shape of an answer; and every path that the server answers at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from pertinent.errors import UsageError
from pertinent.providers.bare_paths import EMBED_DEFAULTS, RERANK_DEFAULTS, spoken_at
from pertinent.providers.dialect import Dialect
from pertinent.providers.dialects.cohere import Cohere
from pertinent.providers.dialects.deepinfra import DeepInfra
from pertinent.providers.dialects.fireworks import Fireworks
from pertinent.providers.dialects.jina import Jina
from pertinent.providers.dialects.openai import OpenAI
from pertinent.providers.dialects.openmem import OpenMem
from pertinent.providers.dialects.pertinent import Pertinent
from pertinent.providers.dialects.sglang import SGLang
from pertinent.providers.dialects.siliconflow import SiliconFlow, SiliconFlowChina
from pertinent.providers.dialects.tei import TextEmbeddingsInference
from pertinent.providers.dialects.vllm import Vllm, VllmScore
from pertinent.providers.dialects.voyage import Voyage
from pertinent.providers.facts import MODEL_IN_PATH
from pertinent.providers.shapes import shape_of

Task: TypeAlias = Literal["rerank", "embed"]

DIALECTS: tuple[Dialect, ...] = (
    DeepInfra(),
    Fireworks(),
    SiliconFlow(),
    SiliconFlowChina(),
    Cohere(),
    Jina(),
    Voyage(),
    Vllm(),
    VllmScore(),
    TextEmbeddingsInference(),
    SGLang(),
    OpenMem(),
    OpenAI(),
    Pertinent(),
)
_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the server.

    Parameters
    ----------
    path : str
        ``{model}`` in it stands for a name that may have slashes.
    task : {"rerank", "embed"}
        What is asked there.
    dialect : Dialect | None
        Which is spoken there; None where the body decides, see :meth:`spoken`.
    """

    path: str
    task: Task
    dialect: Dialect | None

    def spoken(self, body: Any) -> Dialect:
        """The dialect of a request with this body."""
        return self.dialect or find_dialect(spoken_at(self.path, body))


def find_dialect(name: str) -> Dialect:
    """The dialect of that name.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> find_dialect("cohere").rerank_paths
    ('/v2/rerank',)
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = get_close_matches(name, _BY_NAME, n=1)
    known = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(_BY_NAME))}."
    raise UsageError(f"There is no dialect named {name[:40]!r}.", hint=known)


def _paths(dialect: Dialect) -> Iterator[tuple[str, Task]]:
    for path in dialect.rerank_paths:
        yield path, "rerank"
    for path in dialect.embed_paths:
        yield path, "embed"


def routes() -> tuple[Route, ...]:
    """Every path of the server: each dialect's own below its mount, and all documented paths bare.

    Examples
    --------
    >>> {route.path: route.dialect.name for route in routes() if route.dialect}["/voyage/v1/rerank"]
    'voyage'
    >>> [route.path for route in routes() if route.dialect is None]
    ['/v1/rerank', '/v2/rerank', '/rerank', '/score', '/v1/score', '/v1/embeddings', '/embed', '/']
    """
    found: dict[str, Route] = {}
    for dialect in DIALECTS:
        for path, task in _paths(dialect):
            mounted = f"/{dialect.mount}{path}"
            found.setdefault(mounted, Route(mounted, task, dialect))
            if path == "/":
                found.setdefault(mounted.rstrip("/"), Route(mounted.rstrip("/"), task, dialect))
            if path not in RERANK_DEFAULTS and path not in EMBED_DEFAULTS:
                found.setdefault(path, Route(path, task, dialect))
    for path in RERANK_DEFAULTS:
        found[path] = Route(path, "rerank", None)
    for path in EMBED_DEFAULTS:
        found[path] = Route(path, "embed", None)
    return tuple(found.values())


def dialect_of_path(path: str) -> Dialect | None:
    """The dialect to ask an address in that names none itself.

    A mount in the path (``/voyage/v1/rerank``) or a path that one service alone has tells which it is.
    ``/v1/rerank`` and ``/v1/embeddings`` are asked in Pertinent's own dialect, which writes what most have
    in common; the other shared paths by the table of the server.

    Parameters
    ----------
    path : str
        Path of the address; what stands before a known path does not matter.

    Returns
    -------
    Dialect | None
        None where the path is none that is known.

    Examples
    --------
    >>> dialect_of_path("/proxy/v1/inference/Qwen/Qwen3-Reranker-8B").name
    'deepinfra'
    >>> dialect_of_path("/v1/rerank").name
    'pertinent'
    """
    path = "/" + path.strip("/")
    for dialect in DIALECTS:
        if any(_ends(path, f"/{dialect.mount}{known}") for known, _ in _paths(dialect)):
            return dialect
    for dialect in DIALECTS:
        for known, _ in _paths(dialect):
            if known not in RERANK_DEFAULTS and known not in EMBED_DEFAULTS and _ends(path, known):
                return dialect
    if path.endswith(("/v1/rerank", "/v1/embeddings")):
        return _BY_NAME["pertinent"]
    shared = {**RERANK_DEFAULTS, **EMBED_DEFAULTS}
    names = (name for known, name in shared.items() if known != "/" and path.endswith(known))
    return next((_BY_NAME[name] for name in names), None)


def _ends(path: str, known: str) -> bool:
    start, _, rest = known.partition(MODEL_IN_PATH)
    if start != known:
        return start in path and not path.endswith(start) and path.endswith(rest)
    return path.endswith(known.rstrip("/"))


def detect(body: Any) -> Dialect | None:
    """The dialect of an answer to a rerank request, by its shape.

    Every dialect reads all shapes; this is for addresses whose dialect nobody named, so that the next
    request is written as the service likes it.

    Returns
    -------
    Dialect | None
        None where the shape is none that is known.

    Examples
    --------
    >>> detect({"scores": [0.5], "input_tokens": 7}).name
    'deepinfra'
    >>> detect([{"index": 0, "score": 0.5}]).name
    'tei'
    """
    name = shape_of(body)
    return _BY_NAME[name] if name else None
