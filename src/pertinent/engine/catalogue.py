"""Which known models are present on this machine, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pertinent.engine.model_folder import DESCRIPTION_FILE, open_model_folder
from pertinent.errors import ModelError
from pertinent.families.catalogue import KNOWN_MODELS, known_model
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
    """List the models that Pertinent knows, with what is on disk."""
    found = []
    for info in KNOWN_MODELS:
        try:
            folder = open_model_folder(CARRIED / info.name)
            found.append(KnownModel(folder.info, True, folder.size))
        except (ModelError, OSError):
            found.append(KnownModel(info, False, 0))
    return tuple(found)


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
    if isinstance(model, str) and known_model(model):
        return CARRIED / model
    path = Path(model).expanduser()
    if (path / DESCRIPTION_FILE).is_file():
        return path
    names = ", ".join(info.name for info in KNOWN_MODELS)
    raise ModelError(
        f"There is no model {model!s}.",
        hint=f"Give a folder that holds {DESCRIPTION_FILE}, or one of: {names}.",
    )
