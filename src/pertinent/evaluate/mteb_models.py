"""Rerankers and embedders of ours as models of mteb: cascades, remote ones and those that run here.

mteb calls ``predict`` of a cross-encoder with pairs and ``encode`` of an encoder with texts, both in
batches of columns (``mteb.models.models_protocols``). The classes here answer to these protocols. ::

    import mteb
    from pertinent.evaluate.mteb_models import mteb_embedder

    mteb.evaluate(mteb_embedder("Qwen/Qwen3-Embedding-0.6B"), mteb.get_tasks(["SciFact"]))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.evaluate.extra import require
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.reranker import Reranker
from pertinent.types import ModelInfo, Passage, content_hash

HELD = 8192
"""Pairs or texts that are held at a time: engines plan better batches over many than over mteb's 32."""

ORGANISATION = "pertinent"
"""Stands before names without one, as mteb wants one."""

Batches = Iterable[Mapping[str, Any]]
"""mteb's loaders: columns ``text``, of documents also ``title`` and ``body``, of queries ``query``."""


def mteb_reranker(
    model: str | Path | Scorer | None = None, *, instruction: str | None = None
) -> MtebReranker:
    """Make a cross-encoder for ``mteb.evaluate``.

    Parameters
    ----------
    model : str | Path | Scorer | None
        As for ``Reranker``: a name, a folder, or anything that scores; None is the carried model.
    instruction : str | None
        What counts as an answer, in words or by name; None takes each query's own or the task's, else
        the model's.

    Returns
    -------
    MtebReranker
        mteb asks it on tasks that come with ranked documents: reranking tasks, and others after
        ``convert_to_reranking``.

    Raises
    ------
    UsageError
        If mteb is not installed, or the model is none.
    ModelError, FetchError
        As for ``Reranker``.
    """
    return MtebReranker(
        Reranker(model), instruction=None if instruction is None else find_instruction(instruction)
    )


def mteb_embedder(
    model: str | Path | TextEmbedder | None = None, *, instruction: str | None = None
) -> MtebEmbedder:
    """Make an encoder for ``mteb.evaluate``.

    Parameters
    ----------
    model : str | Path | TextEmbedder | None
        As for ``Embedder``: a name, a folder, or anything that embeds; None is the carried model.
    instruction : str | None
        What queries ask for, in words or by name; None takes the task's, else the model's.

    Returns
    -------
    MtebEmbedder
        For all tasks over texts.

    Raises
    ------
    UsageError
        If mteb is not installed, or the model is none.
    ModelError, FetchError
        As for ``Embedder``.
    """
    return MtebEmbedder(
        Embedder(model), instruction=None if instruction is None else find_instruction(instruction)
    )


class MtebReranker:
    """A ``Scorer`` as mteb's ``CrossEncoderProtocol``; see :func:`mteb_reranker`.

    The pairs of a query are scored in one call, so what they share is computed once; scores come back
    in the order of the pairs and are margins.
    """

    def __init__(self, scorer: Scorer, *, instruction: str | None = None) -> None:
        self._scorer = scorer
        self._instruction = instruction
        self.mteb_model_meta = model_meta(scorer.model, instruction)

    def predict(
        self,
        inputs1: Batches,
        inputs2: Batches,
        *,
        task_metadata: Any,
        hf_split: str,  # noqa: ARG002 (the protocol's signature)
        hf_subset: str,  # noqa: ARG002
        prompt_type: str | None = None,  # noqa: ARG002
        **_encode_kwargs: Any,
    ) -> npt.NDArray[np.float64]:
        """Score pairs of queries (``inputs1``) and documents (``inputs2``): margins, shape (pairs,)."""
        pairs = zip(self._questions(inputs1, task_metadata), documents(inputs2), strict=True)
        scored: list[npt.NDArray[np.float64]] = [np.empty(0)]
        while held := list(islice(pairs, HELD)):
            scored.append(self._margins(held))
        return np.concatenate(scored)

    def _questions(self, inputs: Batches, task_metadata: Any) -> Iterator[tuple[str, str | None]]:
        """Queries, each with its instruction.

        mteb appends a query's own instruction to its text; a model that reads instructions is given
        the two apart.
        """
        standing = self._instruction if self._instruction is not None else task_prompt(task_metadata)
        reads = instruction_read(self._scorer.model, "?") is not None and self._instruction is None
        for batch in inputs:
            if reads and "instruction" in batch and "query" in batch:
                yield from zip(batch["query"], batch["instruction"], strict=True)
            else:
                yield from ((text, standing) for text in batch["text"])

    def _margins(self, pairs: Sequence[tuple[tuple[str, str | None], str]]) -> npt.NDArray[np.float64]:
        places: dict[tuple[str, str | None], list[int]] = {}
        for place, (question, _) in enumerate(pairs):
            places.setdefault(question, []).append(place)
        margins = np.empty(len(pairs))
        for (query, instruction), own in places.items():
            texts = [pairs[place][1] for place in own]
            found = checked(self._scorer.score(query, texts, instruction), texts)
            margins[own] = [score.margin for score in found]
        return margins


class MtebEmbedder:
    """A ``TextEmbedder`` as mteb's ``EncoderProtocol``; see :func:`mteb_embedder`."""

    def __init__(self, embedder: TextEmbedder, *, instruction: str | None = None) -> None:
        self._embedder = embedder
        self._instruction = instruction
        self.mteb_model_meta = model_meta(embedder.model, instruction)

    def encode(
        self,
        inputs: Batches,
        *,
        task_metadata: Any,
        hf_split: str,  # noqa: ARG002 (the protocol's signature)
        hf_subset: str,  # noqa: ARG002
        prompt_type: str | None = None,
        **_encode_kwargs: Any,
    ) -> Vectors:
        """Embed texts: float32, shape (texts, dimensions), rows of length 1.

        Where texts are neither queries nor documents, as in classification, a model that reads
        instructions reads the task's, and another embeds them as documents.
        """
        asked = self._instruction if self._instruction is not None else task_prompt(task_metadata)
        reads = instruction_read(self._embedder.model, asked) is not None
        texts = documents(inputs) if prompt_type == "document" else _texts(inputs)
        vectors = [np.empty((0, self._embedder.model.dimensions), np.float32)]
        while held := list(islice(texts, HELD)):
            if prompt_type == "query" or (prompt_type is None and reads):
                vectors.append(self._embedder.embed_queries(held, asked))
            else:
                vectors.append(self._embedder.embed_documents(held))
        return np.concatenate(vectors)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Dot products of all pairs, which for rows of length 1 are cosines: a torch tensor."""
        return require("mteb.similarity_functions").dot_score(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Dot products of row with row: a torch tensor."""
        return require("mteb.similarity_functions").pairwise_dot_score(embeddings1, embeddings2)


def documents(inputs: Batches) -> Iterator[str]:
    """Texts as our models read them: title and text on lines of their own (``Passage.content``).

    mteb joins the two by a space in ``text`` and gives them apart for corpora.

    Examples
    --------
    >>> list(documents([{"text": ["A b"], "title": ["A"], "body": ["b"]}, {"text": ["c"]}]))
    ['A\\nb', 'c']
    """
    for batch in inputs:
        if "body" in batch:
            titles = batch.get("title", [""] * len(batch["body"]))
            for title, body in zip(titles, batch["body"], strict=True):
                yield Passage("", "", body, title=title).content
        else:
            yield from batch["text"]


def _texts(inputs: Batches) -> Iterator[str]:
    for batch in inputs:
        yield from batch["text"]


def task_prompt(task_metadata: Any) -> str | None:
    """What a task's queries ask for, in its own words; None where it says nothing."""
    prompt = task_metadata.prompt
    if isinstance(prompt, Mapping):
        prompt = prompt.get("query")
    return str(prompt) if prompt else None


def model_meta(info: ModelInfo, instruction: str | None = None) -> Any:
    """What mteb writes of a model beside its results, and keeps them under: a ``ModelMeta``.

    Parameters
    ----------
    info : ModelInfo
        A reranker or an embedder.
    instruction : str | None
        One given for all tasks; results with it are kept apart from others.

    Raises
    ------
    UsageError
        If mteb is not installed.
    """
    licence = info.licence.casefold()
    known = get_args(require("mteb.types").Licenses)
    reranker = info.kind == "reranker"
    return require("mteb.models").ModelMeta(
        loader=None,
        name=info.name if "/" in info.name else f"{ORGANISATION}/{info.name}",
        revision=info.revision or None,
        release_date=None,
        languages=None,
        n_parameters=info.parameters or None,
        memory_usage_mb=None,
        max_tokens=info.max_tokens,
        embed_dim=info.dimensions or None,
        license=licence if licence in known else None,
        open_weights=None,
        public_training_code=None,
        public_training_data=None,
        framework=[],
        similarity_fn_name=None if reranker else "cosine",
        use_instructions=instruction_read(info, "?") is not None,
        training_datasets=None,
        model_type=["cross-encoder" if reranker else "dense"],
        modalities=["text"],
        # mteb makes a folder's name of it.
        experiment_kwargs=instruction
        and {"instruction": f"{instruction[:60]} {content_hash(instruction)[:8]}"},
    )
