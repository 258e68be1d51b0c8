"""Texts to BM25 vectors, in any script.

The engine's multilingual tokenizer cuts Chinese, Japanese, Thai and other scripts without spaces into
words; its default one would make a single token of a whole sentence. Inverse document frequency is
applied by the engine at query time, so a stored vector does not depend on the other documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import qdrant_edge as qe

from pertinent.errors import UsageError
from pertinent.store.vectors import Bm25Settings

NEUTRAL = "none"
"""Language without stop words and stemmer."""

_ASSUMED_LENGTH = 256.0
_FOLDED = "english"


class Bm25Encoder:
    """Encodes texts by a collection's settings.

    Parameters
    ----------
    settings : Bm25Settings
        From the manifest. While ``average_length`` is 0 (nothing stored yet) queries can be encoded all the
        same, because their vectors do not depend on it.

    Raises
    ------
    UsageError
        If the language is not known.

    Examples
    --------
    >>> encoder = Bm25Encoder(Bm25Settings())
    >>> len(encoder.encode_query("the treatment of treatments").indices)
    1
    >>> encoder.encode_query("of the").indices
    []
    """

    def __init__(self, settings: Bm25Settings) -> None:
        self._model = _model(
            settings.language, k=settings.k, b=settings.b, avg_len=settings.average_length or _ASSUMED_LENGTH
        )
        # Without length normalisation and with a huge k the weight of a token is its frequency,
        # so the weights of a text add up to its length in tokens.
        self._counter = _model(settings.language, k=1e6, b=0.0, avg_len=_ASSUMED_LENGTH)

    def encode_document(self, text: str) -> qe.SparseVector:
        """Weights of the text's tokens; empty where it has none."""
        return self._model.embed_document(_encodable(text))

    def encode_query(self, text: str) -> qe.SparseVector:
        """Weight 1 for each token of the question; empty where only stop words or signs are in it."""
        return self._model.embed_query(_encodable(text))

    def average_length(self, texts: Iterable[str]) -> float:
        """Mean number of tokens in texts that have any, at least 1; 0 where none has."""
        lengths = [sum(self._counter.embed_document(_encodable(text)).values) for text in texts]
        counted = [length for length in lengths if length > 0]
        return max(1.0, round(sum(counted) / len(counted), 1)) if counted else 0.0


def check_language(language: str) -> None:
    """Refuse a language that has neither stop words nor a stemmer.

    Raises
    ------
    UsageError
        If it is not known.
    """
    _model(language, avg_len=_ASSUMED_LENGTH)


def _model(language: str, **options: Any) -> qe.Bm25:
    if language == NEUTRAL:
        options.update(stopwords=qe.StopwordsSet(languages=set(), custom=set()), stemmer=qe.DisabledStemmer())
    else:
        options["language"] = language
    # English texts write names both ways (Sjögren, Sjogren); elsewhere accents tell words apart.
    options["ascii_folding"] = language == _FOLDED
    try:
        return qe.Bm25(qe.Bm25Config(tokenizer=qe.TokenizerType.Multilingual, **options))
    except ValueError as error:
        raise UsageError(
            f"BM25 settings are not usable: {error}.",
            hint="Give the language as an English word in lower case, such as 'german', or 'none'.",
        ) from None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
