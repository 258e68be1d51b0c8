"""Whether a model does what it should on this machine: loaded, asked about known texts, timed.

One report for rerankers and embedders, so that a person sees before the first search whether
weights, tokenizer, prompt, engine and machine belong together, and what to expect of them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypeAlias

from pertinent.embedders.causal import CausalEmbedder
from pertinent.embedders.opening import EmbedderOptions, open_embedder
from pertinent.engine.catalogue import find_model, is_own_model
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.peak_memory import gpu_peak, process_peak
from pertinent.engine.timing import Run, measure, sample_texts
from pertinent.families import qwen3_embedding
from pertinent.families.catalogue import known_model
from pertinent.rerankers.causal import CausalReranker
from pertinent.rerankers.judge_run import CANARY_ANSWER, CANARY_OTHER, CANARY_QUERY
from pertinent.rerankers.opening import ModelOptions, open_local
from pertinent.types import ModelInfo, Progress

Kind: TypeAlias = Literal["reranker", "embedder"]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What was found of a model.

    Parameters
    ----------
    model : ModelInfo
        What it is.
    engine, dtype, device : str
        What it ran on, in which numbers.
    load_seconds : float
        To load and check it; where OpenVINO had no conversion of it yet, converting it included.
    answer, other : float | None
        Margins (reranker) or cosines (embedder) of a text that answers a question and one that does
        not; None where it is no finite number.
    texts, tokens : int
        How many texts were timed, and the tokens of each.
    per_second : float
        Texts per second; for a reranker, pairs with one query.
    peak_bytes : int | None
        Most memory of this process so far.
    gpu_peak_bytes : int | None
        Most memory of the GPU that was given to this process; None without one.
    """

    model: ModelInfo
    engine: str
    dtype: str
    device: str
    load_seconds: float
    answer: float | None
    other: float | None
    texts: int
    tokens: int
    per_second: float
    peak_bytes: int | None
    gpu_peak_bytes: int | None

    @property
    def passed(self) -> bool:
        """Whether the answer comes before the other text."""
        return self.answer is not None and self.other is not None and self.answer > self.other

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "passed": self.passed}


def model_kind(model: str | Path, folder: Path | None, family: str | None = None) -> Kind:
    """Tell a reranker from an embedder.

    Parameters
    ----------
    model : str | Path
        What it was called.
    folder : Path | None
        Where its ``config.json`` lies; None for a model in the carried ones' layout.
    family : str | None
        What a person says that it is; it decides.

    Returns
    -------
    {"reranker", "embedder"}
        By what is known of its name; else an embedder has no head, or "embed" in its name.

    Raises
    ------
    ModelError
        If there is no such model.

    Examples
    --------
    >>> model_kind("pertinent-mini-embedder", None)
    'embedder'
    """
    if family is not None:
        return "embedder" if family == qwen3_embedding.NAME else "reranker"
    if folder is None:
        from pertinent.engine.model_folder import open_model_folder

        return open_model_folder(find_model(model)).info.kind
    checkpoint = open_checkpoint(folder)
    known = known_model(checkpoint.name)
    if known is not None:
        return known.kind
    called = f"{checkpoint.name} {checkpoint.config.get('_name_or_path', '')}".casefold()
    return "embedder" if checkpoint.head == "none" or "embed" in called else "reranker"


def check_model(
    model: str | Path,
    options: ModelOptions | None = None,
    *,
    progress: Progress | None = None,
) -> ModelReport:
    """Load a model, ask it about known texts and time it.

    Parameters
    ----------
    model : str | Path
        A carried model's name, a folder, or a Hugging Face name, which is downloaded first.
    options : ModelOptions | None
        How to run it. With ``check=False`` a model that puts the wrong text first is timed as well,
        and ``ModelReport.passed`` is False.
    progress : Callable[[int, int], None] | None
        Called with (layers done, layers in all) where the model has to be converted first.

    Raises
    ------
    ModelError
        If it cannot be loaded, or fails the check.
    FetchError
        If it cannot be downloaded.
    UsageError
        If an option is not one, or the model has no choice of it.
    """
    options = options or ModelOptions()
    if is_own_model(model):
        folder, tokenizer = None, _own_tokenizer(model)
    else:
        from pertinent.engine.hub import fetch_model

        folder = fetch_model(model, offline=options.offline)
        tokenizer = folder / "tokenizer.json"
    kind = model_kind(model, folder, options.family)
    check = _check_reranker if kind == "reranker" else _check_embedder
    return check(model, options, tokenizer, progress)


def _check_reranker(
    model: str | Path, options: ModelOptions, tokenizer: Path, progress: Progress | None
) -> ModelReport:
    scorer = open_local(model, options)
    started = perf_counter()
    scorer.load(progress=progress)
    seconds = perf_counter() - started
    answer, other = scorer.score(CANARY_QUERY, [CANARY_ANSWER, CANARY_OTHER])
    causal = scorer if isinstance(scorer, CausalReranker) else None
    return _report(
        scorer.model,
        causal.engine if causal else None,
        seconds,
        (answer.margin, other.margin),
        lambda texts: scorer.score(CANARY_QUERY, texts),
        tokenizer,
    )


def _check_embedder(
    model: str | Path, options: ModelOptions, tokenizer: Path, progress: Progress | None
) -> ModelReport:
    wanted = EmbedderOptions(
        engine=options.engine, max_tokens=options.max_tokens, check=options.check, offline=options.offline
    )
    embedder = open_embedder(model, wanted)
    causal = embedder if isinstance(embedder, CausalEmbedder) else None
    question, answer, other = qwen3_embedding.CANARY
    started = perf_counter()
    if causal:
        causal.load(progress=progress)
    vectors = embedder.embed_documents([answer, other])
    seconds = perf_counter() - started
    near, far = (vectors @ embedder.embed_queries([question])[0]).tolist()
    return _report(
        embedder.model,
        causal.engine if causal else None,
        seconds,
        (near, far),
        embedder.embed_documents,
        tokenizer,
    )


def _report(
    model: ModelInfo,
    engine: Any,
    load_seconds: float,
    known: tuple[float, float],
    run: Run,
    tokenizer: Path,
) -> ModelReport:
    texts, tokens = sample_texts(tokenizer)
    count, per_second = measure(run, texts)
    device = str(getattr(engine, "device", "cpu"))
    answer, other = (value if math.isfinite(value) else None for value in known)
    return ModelReport(
        model=model,
        engine=engine.name if engine else "openvino",
        dtype=engine.dtype if engine else "int8",
        device=device,
        load_seconds=load_seconds,
        answer=answer,
        other=other,
        texts=count,
        tokens=tokens,
        per_second=per_second,
        peak_bytes=process_peak(),
        gpu_peak_bytes=gpu_peak(device),
    )


def _own_tokenizer(model: str | Path) -> Path:
    from pertinent.engine.model_folder import open_model_folder

    folder = open_model_folder(find_model(model))
    return folder.path / folder.tokenizer
