"""An embedder on this machine: family ``qwen3_embedding`` on a decoder engine.

A text longer than the window is cut at its end, because the family was trained to say in one last
state what the whole text before it holds; the end token that gives this state always stays. Texts
that were cut are logged and counted.

Queries are read in one of two modes, which belongs to an embedder as the width of its vectors does.
With a standing instruction every query stands behind one: that of the call where it gives one, else
the standing one. With an empty standing instruction queries are read as they are, whatever a call
says. Documents never have an instruction, so no vector of an index depends on its wording.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.engine.causal import CausalEngine
from pertinent.engine.causal_model import CausalModel, EngineOptions, load_causal_model
from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.errors import ModelError
from pertinent.families import qwen3_embedding as family
from pertinent.families.catalogue import known_model
from pertinent.families.instructions import find_instruction
from pertinent.types import ModelInfo, Progress

log = logging.getLogger(__name__)

CANARY_DIFFERENCE = 0.05
"""By how much the canary's question must be nearer to its answer than to the other text."""


class CausalEmbedder:
    """Embeds texts with a Qwen3-Embedding model; implements ``TextEmbedder``.

    Making one reads headers alone: weights are loaded at the first text, or by ``load``. Several
    threads may embed at the same time, and embedder objects of one model share its weights.

    Parameters
    ----------
    folder : Path
        ``config.json``, ``tokenizer.json`` and safetensors.
    name : str | None
        Name at Hugging Face, without a revision; None where the folder is a person's own, and its
        name is the model's.
    dimensions : int | None
        Width of the vectors, from 32 to the model's own, which None takes.
    query_instruction : str | None
        What queries ask for, in words or as a name of ``families/instructions.py``. None takes what
        the model was published with; the empty string embeds queries without an instruction.
    options : EngineOptions | None
        What it runs on; None chooses.
    max_tokens : int | None
        Tokens of a text that are read, the end token included; None takes all that the model reads.
    check : bool
        Whether known texts must come out as they should when the weights are loaded.

    Attributes
    ----------
    truncated : int
        Texts that were cut so far.

    Raises
    ------
    UsageError
        If the model has no vectors of that width or no window of that length, or there is no
        instruction of that name.
    ModelError
        If the folder holds no embedder of this family.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        dimensions: int | None = None,
        query_instruction: str | None = None,
        options: EngineOptions | None = None,
        max_tokens: int | None = None,
        check: bool = True,
    ) -> None:
        self._checkpoint = open_checkpoint(folder)
        _require_family(self._checkpoint)
        shape = self._checkpoint.shape
        known = known_model(name) if name else None
        wording = family.DEFAULT_INSTRUCTION if query_instruction is None else query_instruction
        self._info = ModelInfo(
            name=name or folder.resolve().name,
            revision=self._checkpoint.revision,
            family=family.NAME,
            kind="embedder",
            max_tokens=family.checked_window(max_tokens, shape.context),
            parameters=sum(map(math.prod, shape.tensor_shapes().values())),
            licence=known.licence if known else "",
            dimensions=family.checked_dimensions(dimensions, shape.hidden),
            description=known.description if known else "",
            default_instruction=find_instruction(wording),
            source=f"{name}@{self._checkpoint.revision}" if name else str(folder.resolve()),
        )
        self._options = options or EngineOptions()
        self._check = passes_canary if check else None
        self._loaded: CausalModel | None = None
        self._counting = Lock()
        self.truncated = 0

    @property
    def model(self) -> ModelInfo:
        """Which weights embed; ``model.dimensions`` is the width of the vectors."""
        return self._info

    @property
    def engine(self) -> CausalEngine:
        """What runs the model; loads it."""
        return self._ready().engine

    def load(self, *, progress: Progress | None = None) -> None:
        """Load and check the weights now rather than at the first text.

        Parameters
        ----------
        progress : Callable[[int, int], None] | None
            Called with (layers done, layers in all) where the model has to be converted first.

        Raises
        ------
        ModelError
            If tokenizer and weights do not fit, or known texts come out wrong.
        UsageError
            If the engine, device or dtype is not there.
        """
        self._ready(progress)

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions.

        Parameters
        ----------
        texts : Sequence[str]
            Questions.
        instruction : str | None
            What these ask for, in words or as a name; None takes the embedder's standing
            instruction. An embedder without a standing instruction reads none.

        Returns
        -------
        float32, shape (len(texts), dimensions)
            Rows of length 1.

        Raises
        ------
        UsageError
            If something given is not a string, or there is no instruction of that name.
        ModelError
            If the model cannot be loaded.
        """
        require_texts(texts, "texts")
        standing = self._info.default_instruction
        wording = find_instruction(instruction) if standing and instruction is not None else standing
        return self._embed([family.query_text(text, wording) for text in texts], None)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found.

        Parameters
        ----------
        texts : Sequence[str]
            Texts of any length; what exceeds the window is not read.
        progress : Callable[[int, int], None] | None
            Called with (texts done, texts in all).

        Returns
        -------
        float32, shape (len(texts), dimensions)
            Rows of length 1.

        Raises
        ------
        UsageError
            If something given is not a string.
        ModelError
            If the model cannot be loaded.
        """
        require_texts(texts, "texts")
        return self._embed(texts, progress)

    def _ready(self, progress: Progress | None = None) -> CausalModel:
        if self._loaded is None:
            self._loaded = load_causal_model(
                self._checkpoint, self._options, None, self._check, progress=progress
            )
        return self._loaded

    def _embed(self, texts: Sequence[str], progress: Progress | None) -> Vectors:
        width = self._info.dimensions
        vectors = np.empty((len(texts), width), np.float32)
        if not texts:
            return vectors
        model = self._ready()
        done = truncated = 0
        for chunk in chunk_texts(texts):
            report = (lambda n, done=done: progress(done + n, len(texts))) if progress else None
            states, cut = read_states(model, chunk, self._info.max_tokens, report)
            vectors[done : done + len(chunk)] = family.to_vectors(states, width)
            done += len(chunk)
            truncated += cut
        if truncated:
            log.warning(
                "%d of %d texts are longer than %d tokens; their ends were not read.",
                truncated,
                len(texts),
                self._info.max_tokens,
            )
            with self._counting:
                self.truncated += truncated
        return vectors


def read_states(
    model: CausalModel, texts: Sequence[str], max_tokens: int, report: Callable[[int], None] | None = None
) -> tuple[Vectors, int]:
    """Read texts with a loaded model.

    Returns
    -------
    states : float32, shape (texts, hidden)
        Final state of each text's end token.
    truncated : int
        How many texts were cut.
    """
    end = _end_token(model)
    read = model.tokens.text_ids(texts, max_tokens - 1)
    sequences = [family.close_text(text.ids, end, max_tokens) for text in read]
    states: Vectors = np.empty((len(texts), model.checkpoint.shape.hidden), np.float32)
    done = 0
    for places, rows in model.engine.states(sequences):
        states[list(places)] = rows
        done += len(places)
        if report:
            report(done)
    return states, sum(text.cut > 0 for text in read)


def passes_canary(model: CausalModel) -> None:
    """Refuse a model whose vectors say nothing of the canary's texts.

    Raises
    ------
    ModelError
        If the question is not clearly nearer to its answer than to the other text.
    """
    question, answer, other = family.CANARY
    texts = [family.query_text(question, family.DEFAULT_INSTRUCTION), answer, other]
    states, _ = read_states(model, texts, model.checkpoint.shape.context)
    vectors = family.to_vectors(states, states.shape[1])
    near, far = (vectors[1:] @ vectors[0]).tolist()
    if not near - far >= CANARY_DIFFERENCE:
        raise ModelError(
            f"{model.checkpoint.path.name} does not tell an answer from another text "
            f"(similarities {near:.3f} and {far:.3f}).",
            hint="It is no Qwen3-Embedding model, its files are damaged, or this engine computes wrongly.",
        )


def _end_token(model: CausalModel) -> int:
    ids = model.tokens.encode_control(family.END)
    if len(ids) == 1 and ids[0] < model.checkpoint.shape.vocabulary:
        return int(ids[0])
    raise ModelError(
        f"The tokenizer of {model.checkpoint.path.name} has no {family.END}, which closes every text.",
        hint="Give the folder of a Qwen3-Embedding model with its own tokenizer.json.",
    )


def _require_family(checkpoint: Checkpoint) -> None:
    kind = checkpoint.config.get("model_type")
    if kind != "qwen3" or checkpoint.head == "score":
        what = "a reranker" if checkpoint.head == "score" else f"a model of type {kind}"
        raise ModelError(
            f"{checkpoint.path.name} is {what}, not a Qwen3-Embedding model.",
            hint="Give a Qwen3-Embedding model, such as Qwen/Qwen3-Embedding-0.6B.",
        )
