"""Loading a decoder: folder, tokenizer and engine, chosen and checked once per process."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from pertinent.engine.causal import CausalEngine
from pertinent.engine.checkpoint import Checkpoint
from pertinent.engine.quantized import FloatArray
from pertinent.engine.shared import OncePerKey
from pertinent.engine.text_tokens import TextTokens
from pertinent.errors import ModelError, UsageError
from pertinent.types import Progress

TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENIZER_BYTES = 64 << 20

MAX_THREADS = 1024

EngineName: TypeAlias = Literal["auto", "torch", "openvino"]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a decoder runs on.

    Parameters
    ----------
    engine : {"auto", "torch", "openvino"}
        Auto takes torch on a GPU and for bfloat16 and float16, else OpenVINO where it is installed.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``; several with commas between them run side by
        side, each in a process of its own.
    dtype : str
        ``"auto"``: bfloat16 in torch where the device has it, int8 in OpenVINO. Torch knows float32,
        bfloat16 and float16; OpenVINO int8, float32 and bfloat16.
    batch_tokens : int | None
        Tokens of one batch at most; None lets the engine plan.
    threads : int
        CPU threads; 0 takes the setting's, which may be all that this process may use.
    compiled : bool
        Whether torch compiles the layers, which makes the first batches slow and later ones faster.

    Raises
    ------
    UsageError
        If there is no such engine.
    """

    engine: EngineName = "auto"
    device: str = "auto"
    dtype: str = "auto"
    batch_tokens: int | None = None
    threads: int = 0
    compiled: bool = False

    @property
    def beyond_carried(self) -> Mapping[str, bool]:
        """Which options ask for what carried models have not: they run in int8 on OpenVINO."""
        return {
            "engine": self.engine not in ("auto", "openvino"),
            "device": self.device not in ("auto", "cpu"),
            "dtype": self.dtype not in ("auto", "int8"),
            "compiled": self.compiled,
        }

    def __post_init__(self) -> None:
        if self.engine not in get_args(EngineName):
            known = ", ".join(get_args(EngineName))
            raise UsageError(f"There is no engine {self.engine!r}.", hint=f"Give one of: {known}.")
        for name in ("device", "dtype"):
            if not isinstance(getattr(self, name), str):
                raise UsageError(f"{name} is {getattr(self, name)!r}.", hint='Give a name, or "auto".')
        if self.batch_tokens is not None and not (
            isinstance(self.batch_tokens, int) and self.batch_tokens > 0
        ):
            raise UsageError(f"batch_tokens is {self.batch_tokens!r}.", hint="Give 1 or more.")
        if not (isinstance(self.threads, int) and 0 <= self.threads <= MAX_THREADS):
            raise UsageError(
                f"threads is {self.threads!r}.", hint=f"Give 1 to {MAX_THREADS}, or 0 for the setting's."
            )


@dataclass(frozen=True, slots=True, eq=False)
class CausalModel:
    """A decoder ready to run.

    Parameters
    ----------
    checkpoint : Checkpoint
        What it is.
    tokens : TextTokens
        Texts to ids.
    engine : CausalEngine
        Ids to numbers.
    """

    checkpoint: Checkpoint
    tokens: TextTokens
    engine: CausalEngine


_loaded = OncePerKey[CausalModel]()
_passed = OncePerKey[bool]()


def load_causal_model(
    checkpoint: Checkpoint,
    options: EngineOptions,
    answers: tuple[str, str] | None,
    check: Callable[[CausalModel], None] | None = None,
    *,
    asked_as: Hashable = None,
    progress: Progress | None = None,
) -> CausalModel:
    """Load a decoder, or return it where this process has it already.

    Parameters
    ----------
    checkpoint : Checkpoint
        Which model.
    options : EngineOptions
        What it runs on.
    answers : tuple[str, str] | None
        The words for yes and no, of one token each; None for a model that only gives states.
    check : Callable[[CausalModel], None] | None
        Raises where the loaded model says wrong things of known texts; asked once for each ``asked_as``.
    asked_as : Hashable
        What else the check's outcome depends on, such as the prompt.
    progress : Callable[[int, int], None] | None
        Called with (layers done, layers in all) where the model has to be converted first.

    Raises
    ------
    ModelError
        If tokenizer and weights do not fit, an answer is not one token, or the check fails.
    UsageError
        If the engine, device or dtype is not there.
    """
    key = (checkpoint.path.resolve(), checkpoint.revision, options, answers)

    def pass_check(model: CausalModel) -> None:
        if check is not None:
            _passed.get((key, asked_as), lambda: check(model) is None)

    def load() -> CausalModel:
        tokens = TextTokens(read_tokenizer(checkpoint.path))
        # Embedders read one control token; published ones have fewer rows than Qwen3 has ids.
        require_rows(checkpoint, tokens.largest_text_id if answers is None else tokens.largest_id)
        vector = None
        if answers is not None:
            yes, no = map(tokens.single_id, answers)
            vector = checkpoint.margin_vector(yes, no)
        model = CausalModel(checkpoint, tokens, _make_engine(checkpoint, vector, options, progress))
        pass_check(model)  # here too, so that a model that fails is not kept
        return model

    model = _loaded.get(key, load)
    pass_check(model)
    return model


def require_rows(checkpoint: Checkpoint, largest_id: int) -> None:
    """Refuse a tokenizer that gives ids beyond the weights' vocabulary.

    Raises
    ------
    ModelError
        If it does.
    """
    if largest_id >= checkpoint.shape.vocabulary:
        raise ModelError(
            f"The tokenizer of {checkpoint.path.name} has ids that its weights have no rows for.",
            hint="Tokenizer and weights do not belong together: download the model again.",
        )


def read_tokenizer(folder: Path) -> bytes:
    """Read a decoder's ``tokenizer.json``.

    Raises
    ------
    ModelError
        If it is missing or too large.
    """
    file = folder / TOKENIZER_FILE
    try:
        if file.stat().st_size > MAX_TOKENIZER_BYTES:
            raise ModelError(
                f"{TOKENIZER_FILE} of {folder.name} is too large.", hint="Download the model again."
            )
        return file.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{TOKENIZER_FILE} of {folder.name} cannot be read ({type(error).__name__}).",
            hint="A model's folder holds config.json, tokenizer.json and safetensors.",
        ) from error


def _make_engine(
    checkpoint: Checkpoint, vector: FloatArray | None, options: EngineOptions, progress: Progress | None
) -> CausalEngine:
    threads = options.threads or _threads_of_settings()
    if _choose(options) == "torch":
        devices = options.device.split(",")
        how: dict[str, Any] = {
            "dtype": options.dtype,
            "batch_tokens": options.batch_tokens,
            "threads": threads,
            "compiled": options.compiled,
        }
        if len(devices) > 1:
            from pertinent.engine.data_parallel import DataParallelEngine

            return DataParallelEngine(checkpoint, vector, devices, **how)
        from pertinent.engine.torch_engine import TorchEngine

        return TorchEngine(checkpoint, vector, device=options.device, **how)
    if options.device not in ("auto", "cpu"):
        raise UsageError(f"OpenVINO does not run on {options.device!r} here.", hint='Use engine="torch".')
    from pertinent.engine.openvino_causal import OpenVinoCausalEngine
    from pertinent.settings import load_settings

    return OpenVinoCausalEngine(
        checkpoint,
        vector,
        cache=load_settings().cache / "openvino",
        dtype=options.dtype,
        batch_tokens=options.batch_tokens,
        threads=threads,
        progress=progress,
    )


def _threads_of_settings() -> int:
    """What the settings say; 0, for all, where a machine with torch and little else cannot read them."""
    try:
        from pertinent.settings import load_settings
    except ImportError:
        return 0
    return load_settings().threads


def _choose(options: EngineOptions) -> Literal["torch", "openvino"]:
    if options.engine != "auto":
        _require(options.engine)
        return options.engine
    has_torch, has_openvino = (find_spec(name) is not None for name in ("torch", "openvino"))
    if options.device not in ("auto", "cpu") or options.dtype == "float16":
        chosen: Literal["torch", "openvino"] = "torch"
    elif options.dtype == "int8":
        chosen = "openvino"
    else:
        better = has_torch and (options.dtype == "bfloat16" or (options.device == "auto" and _has_gpu()))
        chosen = "torch" if better or not has_openvino else "openvino"
    _require(chosen)
    return chosen


def _require(engine: str) -> None:
    if find_spec(engine) is None:
        extra = "pip install 'pertinent[torch]'" if engine == "torch" else "pip install pertinent"
        raise UsageError(f"This needs {engine}, which is not installed.", hint=f"Install it: {extra}.")


def _has_gpu() -> bool:
    """Whether torch sees a GPU; it is not imported where the machine has none."""
    if not any(Path(f"/dev/{name}").exists() for name in ("nvidiactl", "kfd", "dxg")):
        return False
    import torch

    return torch.cuda.is_available()
