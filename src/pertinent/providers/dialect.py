"""A wire dialect: how a service wants to be asked, what it answers, how it complains.

The client writes requests and reads answers with it, the server reads requests and writes answers with it,
so the two cannot drift apart. A dialect says its facts in class attributes; the methods here do the work for
all that differ in names alone, and a file overrides what else it does in its own way.

==================  ===============================================  ====================================
side                writes                                           reads
==================  ===============================================  ====================================
client              ``rerank_request``, ``embed_request``,           ``rerank_answer``, ``embed_answer``,
                    ``headers``                                      ``complaint``
server              ``rerank_result``, ``embed_result``, ``error``   ``rerank_call``, ``embed_call``
==================  ===============================================  ====================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer, RerankCall

Json: TypeAlias = Any
"""What a JSON body holds."""

MODEL_IN_PATH = "{model}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes at most; None where it names no bound.

    Parameters
    ----------
    documents : int | None
        Of one rerank call.
    texts : int | None
        Of one embedding call.
    query_tokens, pair_tokens, call_tokens : int | None
        Of a query, of a query with one document, and of a whole call.
    """

    documents: int | None = None
    texts: int | None = None
    query_tokens: int | None = None
    pair_tokens: int | None = None
    call_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of a rerank request: the documented name first, then those that are read as well.

    Parameters
    ----------
    query, documents, model, instruction, limit, with_documents : tuple[str, ...]
        Empty where the dialect cannot say it.
    """

    query: tuple[str, ...] = ("query",)
    documents: tuple[str, ...] = ("documents", "passages", "texts", "input")
    model: tuple[str, ...] = ("model",)
    instruction: tuple[str, ...] = ("instruction", "instruct", "task")
    limit: tuple[str, ...] = ("top_n", "top_k")
    with_documents: tuple[str, ...] = ("return_documents",)


class Dialect:
    """One way of asking over HTTP; see the table above for who calls what.

    Attributes
    ----------
    name : str
        Before the colon in ``deepinfra:Qwen/Qwen3-Reranker-8B``.
    mount : str
        The server answers below ``/MOUNT``: the name, but that two dialects of one service share theirs.
    address : str
        The service's own address; empty for servers that people run themselves.
    rerank_paths, embed_paths : tuple[str, ...]
        The documented path first; ``{model}`` stands for the model's name. The server answers at all of them.
    key_variable : str
        Environment variable of the key by the service's own documentation.
    key_scheme : str
        Before the key in the header ``Authorization``.
    fields : Fields
        Names of a rerank request.
    results : str
        Under which name an answer lists its results; empty where the list stands alone.
    score : str
        A result's score.
    sorted : bool
        Whether answers come best first.
    with_documents : bool
        Whether results repeat their texts by default.
    raw : bool
        Whether scores are margins by default; else probabilities.
    limits : Limits
        What the service takes at most.
    prices : Mapping[str, float]
        US dollars for a million tokens by model, as last seen; settings may say otherwise.
    """

    name: ClassVar[str]
    mount: ClassVar[str]
    address: ClassVar[str] = ""
    rerank_paths: ClassVar[tuple[str, ...]] = ()
    embed_paths: ClassVar[tuple[str, ...]] = ()
    key_variable: ClassVar[str] = ""
    key_scheme: ClassVar[str] = "Bearer"
    fields: ClassVar[Fields] = Fields()
    results: ClassVar[str] = "results"
    score: ClassVar[str] = "relevance_score"
    sorted: ClassVar[bool] = True
    with_documents: ClassVar[bool] = False
    raw: ClassVar[bool] = False
    limits: ClassVar[Limits] = Limits()
    prices: ClassVar[Mapping[str, float]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        cls.mount = cls.__dict__.get("mount", cls.name)

    # Client.

    def headers(self, key: str) -> dict[str, str]:
        """Headers that carry the key; none without one."""
        raise NotImplementedError

    def rerank_request(self, call: RerankCall) -> Request:
        """What is posted for a call, in documented names alone.

        Raises
        ------
        UsageError
            If the dialect cannot say what the call asks for, such as an instruction.
        """
        raise NotImplementedError

    def rerank_answer(self, body: Json, call: RerankCall) -> RerankAnswer:
        """Read an answer, by the dialect's names and by aliases of others.

        Raises
        ------
        ProviderError
            If it has too few or too many scores, an index twice or out of range, or a score that is no
            finite number.
        """
        raise NotImplementedError

    def embed_request(self, call: EmbedCall) -> Request:
        """What is posted for texts to embed."""
        raise NotImplementedError

    def embed_answer(self, body: Json, call: EmbedCall) -> EmbedAnswer:
        """Read vectors, in the order of the texts.

        Raises
        ------
        ProviderError
            If there is not one finite vector for each text, all of one width.
        """
        raise NotImplementedError

    def complaint(self, body: Json) -> str:
        """What an error body says, shortened; empty where it says nothing that is understood."""
        raise NotImplementedError

    # Server.

    def rerank_call(self, body: Mapping[str, Json], model: str = "") -> RerankCall:
        """Read a request; ``model`` is the one named in the path.

        Raises
        ------
        RequestFault
            If it is none; with the status and the message that the client gets.
        """
        raise NotImplementedError

    def rerank_result(self, answer: RerankAnswer, call: RerankCall) -> Json:
        """Write an answer: ``answer.ranked`` holds all that are returned, best first or in order."""
        raise NotImplementedError

    def embed_call(self, body: Mapping[str, Json], model: str = "") -> EmbedCall:
        """Read a request for vectors.

        Raises
        ------
        RequestFault
            If it is none.
        """
        raise NotImplementedError

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Json:
        """Write vectors."""
        raise NotImplementedError

    def error(self, status: int, message: str) -> Json:
        """Write an error in the shape of this dialect."""
        raise NotImplementedError
