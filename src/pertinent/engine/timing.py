"""Timing a model on texts of one stated shape, within a stated time."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

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
