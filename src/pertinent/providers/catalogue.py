"""All dialects by name."""

from __future__ import annotations

from difflib import get_close_matches

from pertinent.errors import UsageError
from pertinent.providers.dialect import Dialect
from pertinent.providers.dialects.cohere import Cohere
from pertinent.providers.dialects.deepinfra import DeepInfra
from pertinent.providers.dialects.openai import OpenAI
from pertinent.providers.dialects.tei import TextEmbeddingsInference

DIALECTS: tuple[Dialect, ...] = (DeepInfra(), Cohere(), TextEmbeddingsInference(), OpenAI())
_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def find_dialect(name: str) -> Dialect:
    """The dialect of that name.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> find_dialect("cohere").rerank_paths
    ('/v2/rerank',)
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = get_close_matches(name, _BY_NAME, n=1)
    known = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(_BY_NAME))}."
    raise UsageError(f"There is no dialect named {name[:40]!r}.", hint=known)
