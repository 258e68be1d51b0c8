"""Which embedder a collection is searched with: the one it was made with, found again."""

from __future__ import annotations

from pathlib import Path

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.errors import CollectionMismatch, ModelError, UsageError
from pertinent.store import collection as stored
from pertinent.types import Progress


def embedder_for(
    collection: Path,
    chosen: TextEmbedder | str | Path | None = None,
    *,
    dimensions: int | None = None,
    query_instruction: str | None = None,
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
    if not stored.exists(collection):
        return Embedder(chosen, dimensions=dimensions, query_instruction=query_instruction, progress=progress)
    made_with = stored.describe(collection).embedder
    try:
        return Embedder(
            chosen or made_with.source or made_with.name,
            dimensions=made_with.dimensions if dimensions is None else dimensions,
            query_instruction=made_with.query_instruction if query_instruction is None else query_instruction,
            progress=progress,
        )
    except (ModelError, UsageError) as error:
        raise CollectionMismatch(
            f"The collection was made with embedder {made_with}. {error.message}",
            hint="Say where that embedder is: --embedder NAME_OR_FOLDER, or embedder=... in Python.",
        ) from error
