"""Which known models are present on this machine, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from pertinent.engine.hub_cache import MAIN, Repository, missing_files, shared_cache, size_on_disk
from pertinent.engine.model_folder import DESCRIPTION_FILE, open_model_folder
from pertinent.errors import ModelError
from pertinent.families.catalogue import CARRIED_MODELS, PUBLISHED_MODELS
from pertinent.types import ModelInfo

CARRIED = Path(__file__).parents[1] / "carried"
"""The folder of the models that travel in the package."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model and its presence.

    Parameters
    ----------
    info : ModelInfo
        What it is; the revision is known where it is present.
    present : bool
        Whether it can be loaded without a download.
    size : int
        Bytes on disk, a shared tokenizer included; 0 where absent.
    """

    info: ModelInfo
    present: bool
    size: int


def known_models() -> tuple[KnownModel, ...]:
    """List the models that Pertinent knows, with what is on disk: carried, or in Hugging Face's cache."""
    return (*map(_carried, CARRIED_MODELS), *map(_published, PUBLISHED_MODELS))


def _carried(info: ModelInfo) -> KnownModel:
    try:
        folder = open_model_folder(CARRIED / info.name)
        return KnownModel(folder.info, True, folder.size)
    except (ModelError, OSError):
        return KnownModel(info, False, 0)


def _published(info: ModelInfo) -> KnownModel:
    repository = Repository(info.name, shared_cache())
    for revision in filter(None, (info.revision, MAIN)):
        commit = repository.commit(revision)
        if commit and not missing_files(folder := repository.snapshot(commit)):
            return KnownModel(replace(info, revision=commit), True, size_on_disk(folder))
    return KnownModel(info, False, 0)


def is_own_model(model: str | Path) -> bool:
    """Whether a model is a carried one, or a folder in their layout.

    Examples
    --------
    >>> is_own_model("pertinent-mini-reranker"), is_own_model("Qwen/Qwen3-Reranker-0.6B")
    (True, False)
    """
    if any(model == info.name for info in CARRIED_MODELS):
        return True
    return os.path.isfile(os.path.join(os.path.expanduser(model), DESCRIPTION_FILE))  # noqa: PTH111, PTH113, PTH118


def find_model(model: str | Path) -> Path:
    """Find a model's folder by name or path.

    Parameters
    ----------
    model : str | Path
        The name of a carried model, or a folder that holds ``model.json``.

    Raises
    ------
    ModelError
        If there is no such model.

    Examples
    --------
    >>> find_model("pertinent-mini-reranker").name
    'pertinent-mini-reranker'
    """
    names = [info.name for info in CARRIED_MODELS]
    if model in names:
        return CARRIED / model
    path = Path(model).expanduser()
    if (path / DESCRIPTION_FILE).is_file():
        return path
    raise ModelError(
        f"There is no model {model!s}.",
        hint=f"Give a folder that holds {DESCRIPTION_FILE}, or one of: {', '.join(names)}.",
    )
