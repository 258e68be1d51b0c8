"""Whether a model does what it should on this machine: loaded, asked about known texts, timed.

One report for rerankers and embedders, so that a person sees before the first search whether
weights, tokenizer, prompt, engine and machine belong together, and what to expect of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypeAlias

from pertinent.embedders.causal import CausalEmbedder
from pertinent.embedders.opening import EmbedderOptions, open_embedder
from pertinent.engine.catalogue import find_model, is_own_model
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.peak_memory import gpu_peak, process_peak
from pertinent.families import qwen3_embedding
from pertinent.families.catalogue import known_model
from pertinent.rerankers.causal import CANARY_ANSWER, CANARY_OTHER, CANARY_QUERY, CausalReranker
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.types import ModelInfo, Progress

Kind: TypeAlias = Literal["reranker", "embedder"]
Run: TypeAlias = Callable[[Sequence[str]], object]

TEXTS = 32
TOKENS = 128
"""The shape that is timed: so many texts of so many tokens each, with one query for a reranker."""

SECONDS = 6.0
"""About how long the timing may take; a slow model reads fewer texts."""

ENOUGH_SECONDS = 1.0
MOST_ROUNDS = 20
"""A fast model reads all texts again until it took this long, or this often; the median round counts."""

_SUBJECTS = (
    "glucose",
    "blood pressure",
    "sleep",
    "the heart",
    "a small child",
    "the kidney",
    "pain",
    "memory",
)
_SENTENCE = (
    "In the second year of the study {} was measured every month by two nurses who did not know the group. "
)


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
    known = known_model(str(model).partition("@")[0])
    if known is not None:
        return known.kind
    if folder is None:
        from pertinent.engine.model_folder import open_model_folder

        return open_model_folder(find_model(model)).info.kind
    checkpoint = open_checkpoint(folder)
    called = f"{model} {folder.resolve().name} {checkpoint.config.get('_name_or_path', '')}".casefold()
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
    scorer = open_scorer(model, options)
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


def sample_texts(tokenizer: Path, count: int = TEXTS, tokens: int = TOKENS) -> tuple[list[str], int]:
    """Different texts that a model's tokenizer reads as so many tokens each.

    Parameters
    ----------
    tokenizer : Path
        A ``tokenizer.json``.
    count, tokens : int
        How many texts, of how many tokens.

    Returns
    -------
    texts : list[str]
        The texts.
    tokens : int
        Tokens of the longest, without special ones; cutting in a word may make it one more or less.
    """
    from tokenizers import Tokenizer

    reader = Tokenizer.from_file(str(tokenizer))
    reader.no_truncation()
    reader.no_padding()
    sentences = [_SENTENCE.format(subject) for subject in _SUBJECTS]
    whole = "".join(sentences) * (2 + tokens // 64)
    starts = [sum(map(len, sentences[: place % len(sentences)])) for place in range(count)]
    texts = []
    for place, start in enumerate(starts):
        text = f"{place}. {whole[start:]}"
        ends = [end for _, end in reader.encode(text, add_special_tokens=False).offsets]
        texts.append(text[: ends[tokens - 1]])
    read = [len(reader.encode(text, add_special_tokens=False).ids) for text in texts]
    return texts, max(read)


def measure(run: Run, texts: Sequence[str], seconds: float = SECONDS) -> tuple[int, float]:
    """Time a call on as many texts as it reads within some seconds.

    Parameters
    ----------
    run : Callable[[Sequence[str]], object]
        What is timed; its first call, which warms up, does not count.
    texts : Sequence[str]
        At most so many; at least one is timed, however slow.
    seconds : float
        About how long it may take.

    Returns
    -------
    texts : int
        How many were read at once.
    per_second : float
        How many in a second: of the median round.
    """
    each = _time(run, texts[:1])
    if each < seconds / 2:
        few = texts[:4]
        each = _time(run, few) / len(few)
    chosen = texts[: max(1, min(len(texts), int(seconds / each)))]
    times = [_time(run, chosen)]
    while sum(times) < min(ENOUGH_SECONDS, seconds) and len(times) < MOST_ROUNDS:
        times.append(_time(run, chosen))
    return len(chosen), len(chosen) / statistics.median(times)


def _time(run: Run, texts: Sequence[str]) -> float:
    started = perf_counter()
    run(texts)
    return max(perf_counter() - started, 1e-9)


def _own_tokenizer(model: str | Path) -> Path:
    from pertinent.engine.model_folder import open_model_folder

    folder = open_model_folder(find_model(model))
    return folder.path / folder.tokenizer
