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

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from pertinent.errors import UsageError
from pertinent.providers.answers import read_complaint, read_model, read_scores, read_usage, read_vectors
from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer, RerankCall

Json: TypeAlias = Any
"""What a JSON body holds."""

MODEL_IN_PATH = "{model}"
INSTRUCTION = ("instruction", "instruct", "task")
"""Names of an instruction; the server reads one in every dialect, whether the service itself would or not."""


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
    query, documents, model, instruction, limit, with_documents, raw_scores, truncate : tuple[str, ...]
        Empty where the dialect cannot say it.
    """

    query: tuple[str, ...] = ("query", "queries")
    documents: tuple[str, ...] = ("documents", "passages", "texts", "input")
    model: tuple[str, ...] = ("model",)
    instruction: tuple[str, ...] = ()
    limit: tuple[str, ...] = ("top_n", "top_k")
    with_documents: tuple[str, ...] = ("return_documents",)
    raw_scores: tuple[str, ...] = ()
    truncate: tuple[str, ...] = ()


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
    truncates : bool
        Whether texts that are too long are cut by default; else they are refused.
    paired : bool
        Whether each document may have a query of its own.
    fault_status : int
        HTTP status of a request that cannot be read.
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
    truncates: ClassVar[bool] = True
    paired: ClassVar[bool] = False
    fault_status: ClassVar[int] = 400
    limits: ClassVar[Limits] = Limits()
    prices: ClassVar[Mapping[str, float]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        cls.mount = cls.__dict__.get("mount", cls.name)

    # Client.

    def headers(self, key: str) -> dict[str, str]:
        """Headers that carry the key; none without one."""
        return {"Authorization": f"{self.key_scheme} {key}"} if key else {}

    def rerank_request(self, call: RerankCall) -> Request:
        """What is posted for a call, in documented names alone.

        A limit that the dialect cannot say is kept by :meth:`rerank_answer`.

        Raises
        ------
        UsageError
            If the dialect cannot say what the call asks for, such as an instruction.
        """
        names = self.fields
        if len(call.queries) != 1 and not self.paired:
            raise self.cannot("one query for each document")
        body: dict[str, Json] = {
            names.query[0]: list(call.queries) if self.paired else call.queries[0],
            names.documents[0]: list(call.documents),
        }
        if call.model and names.model:
            body[names.model[0]] = call.model
        if call.limit is not None and names.limit:
            body[names.limit[0]] = call.limit
        if call.with_documents is not None and names.with_documents:
            body[names.with_documents[0]] = call.with_documents
        said = {
            "an instruction": (names.instruction, call.instruction, None),
            "raw scores": (names.raw_scores, call.raw_scores, self.raw),
            "whether to truncate": (names.truncate, call.truncate, self.truncates),
        }
        for what, (field, value, default) in said.items():
            if value == default:
                continue
            if not field:
                raise self.cannot(what)
            body[field[0]] = value
        return Request(self.path(self.rerank_paths, call.model), body)

    def rerank_answer(self, body: Json, call: RerankCall) -> RerankAnswer:
        """Read an answer, by the dialect's names and by aliases of others.

        Raises
        ------
        ProviderError
            If it has too few or too many scores, an index twice or out of range, or a score that is no
            finite number.
        """
        ranked = read_scores(body, len(call.documents), call.limit)
        best = sorted(ranked, key=lambda item: (-item.score, item.index))[: call.limit]
        if not self.sorted:
            best.sort(key=lambda item: item.index)
        return RerankAnswer(tuple(best), read_usage(body), read_model(body))

    def embed_request(self, call: EmbedCall) -> Request:
        """What is posted for texts to embed."""
        body: dict[str, Json] = {"input": list(call.texts)}
        if call.model:
            body["model"] = call.model
        if call.dimensions is not None:
            body["dimensions"] = call.dimensions
        if call.base64:
            body["encoding_format"] = "base64"
        return Request(self.path(self.embed_paths, call.model), body)

    def embed_answer(self, body: Json, call: EmbedCall) -> EmbedAnswer:
        """Read vectors, in the order of the texts.

        Raises
        ------
        ProviderError
            If there is not one finite vector for each text, all of one width.
        """
        return EmbedAnswer(read_vectors(body, len(call.texts)), read_usage(body), read_model(body))

    def complaint(self, body: Json) -> str:
        """What an error body says, shortened; empty where it says nothing that is understood."""
        return read_complaint(body)

    def path(self, paths: tuple[str, ...], model: str) -> str:
        """The documented path with the model's name in it."""
        if not paths:
            raise self.cannot("that")
        return paths[0].replace(MODEL_IN_PATH, quote(model, safe="/"))

    def cannot(self, what: str) -> UsageError:
        """The error of a call that this dialect has no words for."""
        return UsageError(
            f"The dialect {self.name} cannot say: {what}.", hint="Leave it out, or name another service."
        )

    # Server.

    def rerank_call(self, body: Mapping[str, Json], model: str = "") -> RerankCall:
        """Read a request; ``model`` is the one named in the path.

        Raises
        ------
        RequestFault
            If it is none; with the status and the message that the client gets.
        """
        asked = Asked(body, self.fault_status)
        names = self.fields
        queries, _ = asked.texts(names.query)
        documents, _ = asked.texts(names.documents, objects=True)
        if len(queries) != 1 and not (self.paired and len(queries) == len(documents)):
            pairing = f"1 or {len(documents)}" if self.paired else "1"
            raise asked.fault(
                f"There are {len(queries)} queries for {len(documents)} documents; there must be {pairing}."
            )
        call = RerankCall(
            queries=queries,
            documents=documents,
            model=model or asked.text(names.model) or "",
            instruction=asked.text(names.instruction or INSTRUCTION),
            limit=asked.count(names.limit),
            with_documents=asked.flag(names.with_documents),
            raw_scores=_chosen(asked.flag(names.raw_scores), self.raw),
            truncate=_chosen(asked.flag(names.truncate), self.truncates),
        )
        self.read_more(asked)
        return call

    def read_more(self, asked: Asked) -> None:
        """Check what else a rerank request may hold; others ignore what they do not know."""

    def rerank_result(self, answer: RerankAnswer, call: RerankCall) -> Json:
        """Write an answer: ``answer.ranked`` holds all that are returned, best first or in order."""
        wanted = _chosen(call.with_documents, self.with_documents)
        rows: list[dict[str, Json]] = []
        for item in answer.ranked:
            row: dict[str, Json] = {"index": item.index, self.score: item.score}
            rows.append({**row, **self.shown(call.documents[item.index])} if wanted else row)
        return self.envelope(rows, answer)

    def shown(self, text: str) -> dict[str, Json]:
        """How a result repeats its text."""
        return {"document": {"text": text}}

    def envelope(self, rows: list[dict[str, Json]], answer: RerankAnswer) -> Json:
        """What stands around the results."""
        return {
            "id": answer.usage.request_id,
            "model": answer.model,
            self.results: rows,
            "usage": {"total_tokens": answer.usage.tokens or 0},
        }

    def embed_call(self, body: Mapping[str, Json], model: str = "") -> EmbedCall:
        """Read a request for vectors.

        Raises
        ------
        RequestFault
            If it is none.
        """
        asked = Asked(body, self.fault_status)
        texts, _ = asked.texts(("input",))
        return EmbedCall(
            texts=texts,
            model=model or asked.text(("model",)) or "",
            dimensions=asked.count(("dimensions",)),
            base64=asked.choice(("encoding_format",), ("float", "base64")) == "base64",
        )

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Json:
        """Write vectors."""
        tokens = answer.usage.tokens or 0
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": at, "embedding": written(vector, call.base64)}
                for at, vector in enumerate(answer.vectors)
            ],
            "model": answer.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    def error(self, status: int, message: str) -> Json:
        """Write an error in the shape of this dialect."""
        return {"error": {"message": message, "type": error_type(status), "param": None, "code": status}}


def written(vector: npt.NDArray[np.float32], base64: bool) -> list[float] | str:
    """A vector as JSON has it: numbers, or base64 of little-endian float32."""
    if base64:
        return b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    numbers: list[float] = vector.astype(np.float32).tolist()
    return numbers


def error_type(status: int) -> str:
    """The word that OpenAI and those who follow it have for a status."""
    words = {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        429: "rate_limit_error",
    }
    return words.get(status, "invalid_request_error" if status < 500 else "server_error")


def _chosen(value: bool | None, default: bool) -> bool:
    return default if value is None else value
