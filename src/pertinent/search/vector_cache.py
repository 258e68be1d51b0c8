"""Vectors of texts that were embedded before, so that a corpus is embedded once and not with every search."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from threading import Lock

import numpy as np

from pertinent.embedders.protocol import Vectors

CACHE_BYTES = 512 << 20
"""Memory that vectors take at most: some 50,000 of 2,560 dimensions."""


class VectorCache:
    """Keeps vectors in memory, by a hash of their text; those that were asked for least recently go first.

    Parameters
    ----------
    most_bytes : int
        Bytes that they take at most; 0 keeps none.
    """

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def embed(self, texts: Sequence[str], embed: Callable[[list[str]], Vectors]) -> Vectors:
        """Vectors of texts, embedding each text once that is not kept.

        Parameters
        ----------
        texts : Sequence[str]
            At least one.
        embed : Callable[[list[str]], Vectors]
            Gives one vector for each of the texts that are new.

        Examples
        --------
        >>> cache, asked = VectorCache(), []
        >>> for texts in (["a", "b", "a"], ["b", "c"]):
        ...     _ = cache.embed(texts, lambda new: asked.append(new) or np.ones((len(new), 2), np.float32))
        >>> asked
        [['a', 'b'], ['c']]
        """
        keys = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        by_key = dict(zip(keys, texts, strict=True))
        found = self._found(by_key)
        new = [key for key in by_key if key not in found]
        if new:
            for key, vector in zip(new, embed([by_key[key] for key in new]), strict=True):
                found[key] = vector
                self._keep(key, vector.copy())  # a view would keep the whole batch alive
        return np.stack([found[key] for key in keys])

    def _found(self, keys: dict[bytes, str]) -> dict[bytes, Vectors]:
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: bytes, vector: Vectors) -> None:
        with self._lock:
            if key in self._kept or vector.nbytes > self._most:
                return
            self._kept[key] = vector
            self._bytes += vector.nbytes
            while self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
