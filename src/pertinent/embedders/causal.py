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
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from pertinent.embedders.protocol import Vectors
from pertinent.embedders.states import passes_canary, read_states, read_texts
from pertinent.engine.causal import CausalEngine
from pertinent.engine.causal_model import CausalModel, EngineOptions, load_causal_model
from pertinent.engine.checkpoint import Checkpoint, open_checkpoint
from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.engine.identity import SENTINEL_DOCUMENT, SENTINEL_QUERY, RunsOn, hash_prompts
from pertinent.errors import ModelError
from pertinent.families import qwen3_embedding as family
from pertinent.families.catalogue import known_model
from pertinent.families.instructions import find_instruction
from pertinent.types import ModelInfo, Progress

log = logging.getLogger(__name__)


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

    @property
    def runs_on(self) -> RunsOn:
        """What computes the vectors; loads the model."""
        return RunsOn.of(self.engine)

    def prompt_hash(self, instruction: str | None = None) -> str:
        """Hash of the ids that a fixed query and document become (see ``Embedder.prompt_hash``)."""
        texts = [family.query_text(SENTINEL_QUERY, self._wording(instruction)), SENTINEL_DOCUMENT]
        sequences, _ = read_texts(self._ready(), texts, self._info.max_tokens)
        return hash_prompts(*sequences)

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
        """Embed questions (see ``TextEmbedder``).

        The instruction may be given in words or as a name; None takes the embedder's standing one. An
        embedder without a standing instruction reads none.
        """
        require_texts(texts, "texts")
        wording = self._wording(instruction)
        return self._embed([family.query_text(text, wording) for text in texts], None)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found (see ``TextEmbedder``); what exceeds the window is not read."""
        require_texts(texts, "texts")
        return self._embed(texts, progress)

    def _wording(self, instruction: str | None) -> str:
        standing = self._info.default_instruction
        return find_instruction(instruction) if standing and instruction is not None else standing

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


def _require_family(checkpoint: Checkpoint) -> None:
    kind = checkpoint.config.get("model_type")
    if kind != "qwen3" or checkpoint.head == "score":
        what = "a reranker" if checkpoint.head == "score" else f"a model of type {kind}"
        raise ModelError(
            f"{checkpoint.path.name} is {what}, not a Qwen3-Embedding model.",
            hint="Give a Qwen3-Embedding model, such as Qwen/Qwen3-Embedding-0.6B.",
        )
