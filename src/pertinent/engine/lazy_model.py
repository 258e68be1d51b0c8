"""A model that is named now and loaded at its first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pertinent.engine.catalogue import find_model
from pertinent.engine.model_folder import open_family
from pertinent.settings import load_settings

if TYPE_CHECKING:
    from pertinent.engine.local_model import LocalModel


class LazyModel:
    """A model's folder, and its weights once they are asked for.

    Parameters
    ----------
    model : str | Path
        Name of a carried model, or a folder in the same layout.
    family : str
        What it must be.
    check : Callable[[LocalModel], bool]
        Whether the loaded model says the right thing of the folder's canary texts.
    threads, batch_tokens : int | None
        CPU threads (0: the engine chooses) and tokens of one batch; None takes the settings'.

    Raises
    ------
    ModelError
        If there is no such model, or one of another family.

    Examples
    --------
    >>> LazyModel("pertinent-mini-reranker", "cross_encoder", lambda model: True).folder.info.max_tokens
    512
    """

    def __init__(
        self,
        model: str | Path,
        family: str,
        check: Callable[[LocalModel], bool],
        threads: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        self.folder = open_family(find_model(model), family)
        self._check = check
        self._threads = threads
        self._batch_tokens = batch_tokens
        self._model: LocalModel | None = None

    def loaded(self) -> LocalModel:
        """The model, ready to run; several threads may ask at once.

        Raises
        ------
        ModelError
            If a file is missing or damaged, or the model fails its check.
        """
        if self._model is None:
            from pertinent.engine.local_model import load_model

            settings = load_settings()
            self._model = load_model(
                self.folder,
                self._check,
                threads=settings.threads if self._threads is None else self._threads,
                token_budget=settings.batch_tokens if self._batch_tokens is None else self._batch_tokens,
            )
        return self._model
