"""Which embedder a collection is searched with: the one it was made with, found again."""

from __future__ import annotations

from pathlib import Path

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.catalogue import is_own_model
from pertinent.engine.causal_model import EngineOptions
from pertinent.errors import CollectionMismatch, ModelError, UsageError
from pertinent.providers.remote_name import remote_name
from pertinent.store import collection as stored
from pertinent.types import Progress


def embedder_for(
    collection: Path,
    chosen: TextEmbedder | str | Path | None = None,
    *,
    dimensions: int | None = None,
    query_instruction: str | None = None,
    runs_on: EngineOptions | None = None,
    progress: Progress | None = None,
) -> TextEmbedder:
    """Give the embedder that a collection is to be used with.

    Parameters
    ----------
    collection : Path
        The collection's folder, which need not exist.
    chosen : TextEmbedder | str | Path | None
        An embedder, which is taken as it is; or the name or folder of one; None takes the one that
        the collection was made with, or the carried one where there is no collection yet.
    dimensions, query_instruction
        For one that is not made yet (see ``Embedder``); None takes what the collection was made with.
    runs_on : EngineOptions | None
        What it runs on where it is a Hugging Face model; carried ones have no choice. None chooses.
    progress : Callable[[int, int], None] | None
        Called with (bytes here, bytes in all) while a model is downloaded.

    Raises
    ------
    CollectionMismatch
        If the collection's embedder is not found, or the named one cannot be it.
    ModelError, FetchError
        If there is no model of that name, or it cannot be downloaded.

    Examples
    --------
    >>> embedder_for(Path("not-made-yet")).model.name
    'pertinent-mini-embedder'
    """
    if not (chosen is None or isinstance(chosen, str | Path)):
        return chosen
    made_with = stored.describe(collection).embedder if stored.exists(collection) else None
    if made_with is None:
        return _opened(chosen, dimensions, query_instruction, runs_on, progress)
    try:
        return _opened(
            chosen if chosen is not None else made_with.source or made_with.name,
            made_with.dimensions if dimensions is None else dimensions,
            made_with.query_instruction if query_instruction is None else query_instruction,
            runs_on,
            progress,
        )
    except (ModelError, UsageError) as error:
        raise CollectionMismatch(
            f"The collection was made with embedder {made_with}. {error.message}",
            hint="Say where that embedder is: --embedder NAME_OR_FOLDER, or embedder=... in Python.",
        ) from error


def _opened(
    model: str | Path | None,
    dimensions: int | None,
    query_instruction: str | None,
    runs_on: EngineOptions | None,
    progress: Progress | None,
) -> Embedder:
    no_choice = model is None or is_own_model(model) or remote_name(model) is not None
    wanted = EngineOptions() if runs_on is None or no_choice else runs_on
    return Embedder(
        model,
        dimensions=dimensions,
        query_instruction=query_instruction,
        engine=wanted.engine,
        device=wanted.device,
        dtype=wanted.dtype,
        threads=wanted.threads,
        batch_tokens=wanted.batch_tokens,
        compiled=wanted.compiled,
        progress=progress,
    )
