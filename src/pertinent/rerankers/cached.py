"""A reranker that remembers what it said: scores come from a cache on disk where it has them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.errors import UsageError
from pertinent.rerankers.protocol import Scorer, checked
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.rerankers.wrapping import WrappedScorer
from pertinent.types import Progress, Score, Scores

CACHE_FILE = "scores.sqlite"

COMPUTING = ("pertinent", "tokenizers", "torch", "openvino")
"""Packages whose code makes numbers: a score is found again while all are of the same versions."""


class FingerprintedScorer(Scorer, Protocol):
    """A scorer whose numbers can be found again."""

    @property
    def fingerprint(self) -> str:
        """Everything that scores depend on besides the texts; the same over processes."""
        ...


class CachedScorer(WrappedScorer):
    """Scores what the cache does not know, and keeps it; implements ``Scorer``.

    A score that is found is to the last bit the one that was computed then. Texts that stand twice
    in a call are scored once. What was scored is kept piece by piece, so an interrupted call goes
    on from there.

    Parameters
    ----------
    scorer : FingerprintedScorer
        What scores.
    scores : ScoreCache
        Where they are kept.
    """

    def __init__(self, scorer: FingerprintedScorer, scores: ScoreCache) -> None:
        super().__init__(scorer)
        self.scorer = scorer
        self.cache = scores

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
    ) -> Scores:
        """Score each document (see ``Scorer.score``); the model is loaded even where all is known."""
        require_texts([query, *([instruction] if instruction is not None else [])], "query and instruction")
        require_texts(documents, "documents")
        if not documents:
            return ()
        keys = self.keys(query, documents, instruction)
        scores = self.cache.find(list(dict.fromkeys(keys)), self.model)
        texts = {key: text for key, text in zip(keys, documents, strict=True) if key not in scores}
        waiting = iter(texts)
        done = len(documents) - len(texts)
        if progress and done:
            progress(done, len(documents))
        for chunk in chunk_texts(list(texts.values())):
            report = (lambda n, _, done=done: progress(done + n, len(documents))) if progress else None
            found = checked(self.scorer.score(query, chunk, instruction, progress=report), chunk)
            fresh: dict[bytes, Score] = {next(waiting): score for score in found}
            self.cache.keep(fresh)
            scores |= fresh
            done += len(chunk)
        return tuple(scores[key] for key in keys)

    def keys(self, query: str, documents: Sequence[str], instruction: str | None) -> list[bytes]:
        """Under what the score of each document is kept: a hash of all that it depends on."""
        used = self.model.default_instruction if instruction is None else instruction
        shared = blake2b(digest_size=32)
        for part in (*_versions(), self.scorer.fingerprint, used, query):
            text = part.encode("utf-8", "surrogatepass")
            shared.update(len(text).to_bytes(8, "little") + text)
        keys = []
        for document in documents:
            own = shared.copy()
            own.update(document.encode("utf-8", "surrogatepass"))
            keys.append(own.digest())
        return keys


def with_cache(scorer: Scorer, where: bool | str | Path) -> CachedScorer:
    """Give a scorer a cache.

    Parameters
    ----------
    scorer : Scorer
        One with a ``fingerprint``.
    where : bool | str | Path
        The cache's file; True takes the one in the cache folder of the settings.

    Raises
    ------
    UsageError
        If nothing tells the scorer's numbers from another's, or settings cannot be read here.
    """
    # Asked of the class: to ask the object would load its model.
    if not hasattr(type(scorer), "fingerprint"):
        raise UsageError(
            f"Scores of {scorer.model.name} cannot be kept: it does not say what they depend on.",
            hint="Leave cache out; of a cascade, give it to the two models.",
        )
    if isinstance(where, bool):
        try:
            from pertinent.settings import load_settings
        except ImportError as error:  # a machine with torch and little else
            raise UsageError(
                f"The settings, which say where caches lie, need {error.name}.",
                hint="Install it, or name the cache's file.",
            ) from error
        where = load_settings().cache / CACHE_FILE
    return CachedScorer(scorer, ScoreCache(Path(where)))  # type: ignore[arg-type]


@cache
def _versions() -> tuple[str, ...]:
    """Versions of the code that computes scores; empty for what is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return ""

    return tuple(map(installed, COMPUTING))
