"""A wire dialect: how a service wants to be asked, what it answers, how it complains.

The client writes requests and reads answers with it, the server reads requests and writes answers with it,
so the two cannot drift apart. A dialect says its :class:`Facts` in class attributes; the methods here do the
work for all that differ in names alone, and a file overrides what else it does in its own way.

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
from typing import Any, TypeAlias
from urllib.parse import quote

from pertinent.errors import UsageError
from pertinent.providers.answers import read_complaint, read_model, read_scores, read_usage, read_vectors
from pertinent.providers.asked import Asked
from pertinent.providers.calls import EmbedAnswer, EmbedCall, Request, RerankAnswer, RerankCall
from pertinent.providers.facts import MODEL_IN_PATH, Facts
from pertinent.providers.fields import INSTRUCTION
from pertinent.providers.writing import error_type, token_counts, written_vector

Json: TypeAlias = Any
"""What a JSON body holds."""


class Dialect(Facts):
    """One way of asking over HTTP; see the table above for who calls what."""

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
        # Equal scores stay as they came: a service may have sorted by more than it shows.
        best = sorted(ranked, key=lambda item: -item.score)[: call.limit]
        if not self.sorted:
            best.sort(key=lambda item: item.index)
        return RerankAnswer(tuple(best), read_usage(body), read_model(body))

    def embed_request(self, call: EmbedCall) -> Request:
        """What is posted for texts to embed."""
        names = self.embed_fields
        body: dict[str, Json] = {names.texts[0]: list(call.texts)}
        if call.model and names.model:
            body[names.model[0]] = call.model
        if call.dimensions is not None:
            body[names.dimensions[0]] = call.dimensions
        if call.base64 and names.encoding:
            body[names.encoding[0]] = "base64"
        word = next((word for word, kind in names.kinds.items() if kind == call.kind), None)
        if call.kind and word:
            body[names.kind[0]] = word
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
        queries = asked.texts(names.query, lone=True)
        documents = asked.texts(names.documents, lone=self.lone_document, objects=True)
        if len(queries) != 1 and not (self.paired and len(queries) == len(documents)):
            pairing = f"1 or {len(documents)}" if self.paired else "1"
            raise asked.fault(
                f"There are {len(queries)} queries for {len(documents)} documents; there must be {pairing}."
            )
        call = RerankCall(
            queries=queries,
            documents=documents,
            model=_model(asked, names.model, model),
            instruction=asked.text(names.instruction or INSTRUCTION),
            limit=asked.count(names.limit, self.least_limit) or None,
            with_documents=asked.flag(names.with_documents),
            raw_scores=_chosen(asked.flag(names.raw_scores), self.raw),
            truncate=_chosen(asked.flag(names.truncate), self.truncates),
        )
        return self.rerank_rest(asked, call)

    def rerank_rest(self, asked: Asked, call: RerankCall) -> RerankCall:  # noqa: ARG002 (for those who have more)
        """Read what only this dialect has; others ignore what they do not know."""
        return call

    def rerank_result(self, answer: RerankAnswer, call: RerankCall) -> Json:
        """Write an answer: ``answer.ranked`` holds all that are returned, best first or in order."""
        wanted = _chosen(call.with_documents, self.with_documents)
        rows: list[dict[str, Json]] = []
        ranked = answer.ranked if self.sorted else sorted(answer.ranked, key=lambda item: item.index)
        for item in ranked:
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
            "usage": token_counts(answer.usage),
        }

    def embed_call(self, body: Mapping[str, Json], model: str = "") -> EmbedCall:
        """Read a request for vectors.

        Raises
        ------
        RequestFault
            If it is none.
        """
        asked = Asked(body, self.fault_status)
        names = self.embed_fields
        word = asked.choice(names.kind, names.kinds)
        call = EmbedCall(
            texts=asked.texts(names.texts, lone=True, objects=True),
            model=_model(asked, names.model, model),
            dimensions=asked.count(names.dimensions),
            kind=names.kinds[word] if word else None,
            base64=asked.choice(names.encoding, ("float", "base64")) == "base64",
        )
        return self.embed_rest(asked, call)

    def embed_rest(self, asked: Asked, call: EmbedCall) -> EmbedCall:  # noqa: ARG002 (for those who have more)
        """Read what only this dialect has; others ignore what they do not know."""
        return call

    def embed_result(self, answer: EmbedAnswer, call: EmbedCall) -> Json:
        """Write vectors."""
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": at, "embedding": written_vector(vector, call.base64)}
                for at, vector in enumerate(answer.vectors)
            ],
            "model": answer.model,
            "usage": token_counts(answer.usage),
        }

    def error(self, status: int, message: str) -> Json:
        """Write an error in the shape of this dialect."""
        return {"error": {"message": message, "type": error_type(status), "param": None, "code": status}}


def _model(asked: Asked, names: tuple[str, ...], in_path: str) -> str:
    in_body = asked.text(names)
    return in_path or in_body or ""


def _chosen(value: bool | None, default: bool) -> bool:
    return default if value is None else value
