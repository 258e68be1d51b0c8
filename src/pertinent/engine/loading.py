"""Loading a model before its first use, whoever made it."""

from __future__ import annotations

from pertinent.types import Progress


def load_now(model: object, *, progress: Progress | None = None) -> None:
    """Load a reranker or embedder that would load at its first use; nothing for one that has nothing to load.

    Parameters
    ----------
    model : object
        Perhaps with ``load(progress=)``.
    progress : Callable[[int, int], None] | None
        Called with (layers done, layers in all) where the model has to be converted first.
    """
    load = getattr(model, "load", None)
    if load is not None:
        load(progress=progress)
