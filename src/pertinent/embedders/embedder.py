"""The embedder that people use: ``Embedder()`` is the carried model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pertinent.embedders.opening import EmbedderOptions, open_embedder
from pertinent.embedders.protocol import TextEmbedder, Vectors
from pertinent.engine.causal_model import EngineName, EngineOptions
from pertinent.engine.identity import RunsOn, prompt_hash_of, runs_on_of
from pertinent.engine.loading import load_now
from pertinent.errors import UsageError
from pertinent.families.carried import CARRIED_EMBEDDER
from pertinent.providers.leaving import services_of
from pertinent.types import ModelInfo, Progress


class Embedder:
    """Turns texts into unit vectors whose dot product is their similarity.

    Parameters
    ----------
    model : str | Path | TextEmbedder | None
        A carried model's name, ``ORG/NAME`` or ``ORG/NAME@REVISION`` of a Qwen3-Embedding model at
        Hugging Face, a folder of either, each perhaps behind ``local:``; a model at a service
        (``"siliconflow:Qwen/Qwen3-Embedding-4B"``) or the address of an endpoint, whose texts then leave
        this machine; or anything that embeds. None is the carried model.
    dimensions : int | None
        Width of the vectors, for models whose vectors may be cut; None takes them whole.
    query_instruction : str | None
        What queries ask for, in words or as a name of ``families/instructions.py``, for models that
        read instructions. None takes what the model was published with; the empty string embeds
        queries without an instruction, whatever a call says.
    device, dtype, engine : str
        Where, in which numbers and by what a Qwen3-Embedding model runs (see ``EngineOptions``).
    threads : int
        CPU threads; 0 takes the setting's, which may be all that this process may use.
    batch_tokens : int | None
        Tokens of one batch at most; None lets the engine plan.
    compiled : bool
        Whether torch compiles the layers (see ``EngineOptions``).
    max_tokens : int | None
        Tokens of a text that are read; None takes all that the model reads.
    check : bool
        Whether known texts must come out as they should when the weights are loaded.
    offline : bool | None
        Never ask the hub; None takes the setting's.
    progress : Callable[[int, int], None] | None
        Called with (bytes here, bytes in all) while the model is downloaded.

    Raises
    ------
    UsageError
        If the model cannot do what was asked for.
    ModelError, FetchError
        If there is no such model, or it cannot be downloaded.

    Examples
    --------
    >>> embedder = Embedder()
    >>> question = embedder.embed_queries(["what lowers glucose?"])
    >>> near, far = (embedder.embed_documents(["Metformin lowers glucose.", "It rained."]) @ question.T)[:, 0]
    >>> bool(near > far)
    True
    """

    def __init__(
        self,
        model: str | Path | TextEmbedder | None = None,
        *,
        dimensions: int | None = None,
        query_instruction: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        engine: EngineName = "auto",
        threads: int = 0,
        batch_tokens: int | None = None,
        compiled: bool = False,
        max_tokens: int | None = None,
        check: bool = True,
        offline: bool | None = None,
        progress: Progress | None = None,
    ) -> None:
        options = EmbedderOptions(
            dimensions=dimensions,
            query_instruction=query_instruction,
            engine=EngineOptions(engine, device, dtype, batch_tokens, threads, compiled),
            max_tokens=max_tokens,
            check=check,
            offline=offline,
        )
        if model is None or isinstance(model, str | Path):
            model = open_embedder(CARRIED_EMBEDDER if model is None else model, options, progress=progress)
        elif options != EmbedderOptions():
            raise UsageError(
                "Options were given for an embedder that is made already.",
                hint="Give them where it is made, or give the name of a model.",
            )
        elif not isinstance(model, TextEmbedder):
            raise UsageError(
                f"The model is of type {type(model).__name__}.",
                hint="Give a name, a folder or anything with the methods of TextEmbedder.",
            )
        self._embedder: TextEmbedder = model

    @property
    def model(self) -> ModelInfo:
        """Which weights embed; ``model.dimensions`` is the width of the vectors."""
        return self._embedder.model

    @property
    def services(self) -> tuple[str, ...]:
        """Who is sent texts (see ``services_of``)."""
        return services_of(self._embedder)

    @property
    def truncated(self) -> int:
        """Texts that were cut at the end of the window so far; embedders that read windows cut none."""
        return int(getattr(self._embedder, "truncated", 0))

    @property
    def runs_on(self) -> RunsOn:
        """What computes the vectors, empty where the embedder does not tell; loads a local model."""
        return runs_on_of(self._embedder)

    def prompt_hash(self, instruction: str | None = None) -> str:
        """Hash of the token ids that a fixed query and a fixed document become; loads a local model.

        Template, instruction, control tokens and tokenizer all have their part in it: with another hash
        texts are read otherwise, and vectors cannot be compared. Empty where the embedder does not tell.

        Examples
        --------
        >>> Embedder().prompt_hash()
        'e3d164526090083df0894a7c79a15310'
        """
        return prompt_hash_of(self._embedder, instruction)

    def load(self, *, progress: Progress | None = None) -> None:
        """Load a local model now rather than at the first text; a no-op for others.

        Parameters
        ----------
        progress : Callable[[int, int], None] | None
            Called with (layers done, layers in all) where the model has to be converted first.
        """
        load_now(self._embedder, progress=progress)

    def embed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions: float32, shape (len(texts), dimensions), each row of length 1."""
        return self._embedder.embed_queries(texts, instruction)

    def embed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found: float32, shape (len(texts), dimensions), each row of length 1."""
        return self._embedder.embed_documents(texts, progress=progress)

    async def aembed_queries(self, texts: Sequence[str], instruction: str | None = None) -> Vectors:
        """Embed questions in a thread, so that an event loop goes on meanwhile."""
        return await asyncio.to_thread(self.embed_queries, texts, instruction)

    async def aembed_documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Embed texts to be found in a thread; ``progress`` is called from there."""
        return await asyncio.to_thread(self.embed_documents, texts, progress=progress)
