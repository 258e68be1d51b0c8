"""Loading a local model: found, verified, compiled once per process, and shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pertinent.engine.model_folder import DESCRIPTION_FILE, GRAPH_FILE, ModelFolder
from pertinent.engine.openvino_engine import OpenVinoEngine
from pertinent.engine.shared import OncePerKey
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


_loaded = OncePerKey[LocalModel]()


def load_model(
    folder: ModelFolder, check: Callable[[LocalModel], bool], *, threads: int, token_budget: int
) -> LocalModel:
    """Load the model of a folder, or return it where this process has it already.

    Two threads may load two models at the same time; of two that load the same one, the second
    waits for the first.

    Parameters
    ----------
    folder : ModelFolder
        Which model.
    check : Callable[[LocalModel], bool]
        Whether the model says the right thing of the folder's canary texts; asked once, after loading.
    threads : int
        CPU threads; 0 takes all that this process may use.
    token_budget : int
        Tokens of one batch, padding included.

    Raises
    ------
    ModelError
        If a file is missing or damaged, the graph is not what the description says, or the model
        fails the check.
    """
    key = (folder.path.resolve(), folder.info.revision, threads, token_budget)
    return _loaded.get(key, lambda: _load(folder, check, threads, token_budget))


def _load(
    folder: ModelFolder, check: Callable[[LocalModel], bool], threads: int, token_budget: int
) -> LocalModel:
    tokenizer = _tokenizer(folder.read(folder.tokenizer))
    engine = OpenVinoEngine(
        folder.read(GRAPH_FILE), folder.read_weights(), threads=threads, token_budget=token_budget
    )
    _compare(folder, engine)
    model = LocalModel(folder, tokenizer, engine)
    if not check(model):
        raise ModelError(
            f"Model {folder.info.name} gives known texts other scores than it should.",
            hint="Its files do not belong together, or this openvino computes wrongly: reinstall both.",
        )
    return model


def _compare(folder: ModelFolder, engine: OpenVinoEngine) -> None:
    """Refuse a description that promises what the graph has not: past its table it reads anything."""
    name, promised = folder.info.name, folder.info.max_tokens
    if engine.positions is not None and promised > engine.positions:
        raise ModelError(
            f"Model {name} is said to read {promised} tokens, but its graph reads {engine.positions}.",
            hint=f"Set max_tokens in {DESCRIPTION_FILE} to {engine.positions} or less.",
        )
    if engine.outputs != folder.outputs:
        raise ModelError(
            f"Model {name} is said to give {folder.outputs} numbers, but its graph gives {engine.outputs}.",
            hint=f"{DESCRIPTION_FILE} and {GRAPH_FILE} do not belong together: build the folder again.",
        )


@cache
def _tokenizer(definition: bytes) -> TextTokenizer:
    """One tokenizer for all models that share a definition."""
    return TextTokenizer(definition, CONTROL_TOKENS)
