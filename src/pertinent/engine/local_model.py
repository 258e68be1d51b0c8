"""Loading a local model: found, verified, compiled once per process, and shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pertinent.engine.model_folder import GRAPH_FILE, ModelFolder
from pertinent.engine.openvino_engine import OpenVinoEngine
from pertinent.engine.tokenization import TextTokenizer
from pertinent.errors import ModelError
from pertinent.families.bert import CONTROL_TOKENS


@dataclass(frozen=True, slots=True, eq=False)
class LocalModel:
    """A model ready to run.

    Parameters
    ----------
    folder : ModelFolder
        What it is.
    tokenizer : TextTokenizer
        Texts to ids.
    engine : OpenVinoEngine
        Ids to numbers.
    """

    folder: ModelFolder
    tokenizer: TextTokenizer
    engine: OpenVinoEngine


_loaded: dict[tuple[Path, str, int, int], LocalModel] = {}
_lock = Lock()


def load_model(
    folder: ModelFolder, check: Callable[[LocalModel], bool], *, threads: int, token_budget: int
) -> LocalModel:
    """Load the model of a folder, or return it where this process has it already.

    Parameters
    ----------
    folder : ModelFolder
        Which model.
    check : Callable[[LocalModel], bool]
        Whether the model tells the folder's canary texts apart; asked once, after loading.
    threads : int
        CPU threads; 0 lets OpenVINO choose.
    token_budget : int
        Tokens of one batch, padding included.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or the model fails the check.
    """
    key = (folder.path.resolve(), folder.info.revision, threads, token_budget)
    with _lock:
        if key not in _loaded:
            tokenizer = TextTokenizer(folder.read(folder.tokenizer), CONTROL_TOKENS)
            engine = OpenVinoEngine(
                folder.read(GRAPH_FILE), folder.read_weights(), threads=threads, token_budget=token_budget
            )
            model = LocalModel(folder, tokenizer, engine)
            if not check(model):
                raise ModelError(
                    f"Model {folder.info.name} does not tell a right answer from a wrong one.",
                    hint="Its files do not belong together: build the folder again.",
                )
            _loaded[key] = model
        return _loaded[key]
