"""What goes wrong while a library fetches a named set, told with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pertinent.errors import FetchError, PertinentError

_ELSEWHERE = "or give a folder with corpus.jsonl, queries.jsonl and qrels instead of a name."

FROM_HUB = (
    "Check the network, HF_ENDPOINT and HF_HUB_OFFLINE; for sets with conditions accept them on their page "
    "and set HF_TOKEN. On a machine without network bring the folder HF_HOME of one where the set was "
    "fetched, " + _ELSEWHERE
)
"""For what comes through Hugging Face ``datasets``."""

FROM_IR_DATASETS = (
    "Check the network. On a machine without network bring the folder IR_DATASETS_HOME of one where the set "
    "was fetched; some sets have to be asked for, as the ir_datasets catalogue says; " + _ELSEWHERE
)
"""For what comes through ``ir_datasets``."""


@contextmanager
def fetching(name: str, hint: str) -> Iterator[None]:
    """Turn every fault of a library that fetches and reads a set into a FetchError.

    The libraries pass on whatever the network, the hub, a cache or a file format raises, so all of it
    is caught. Its message is not repeated: it may hold a signed address or text of the set.

    Parameters
    ----------
    name : str
        The set, as it was asked for.
    hint : str
        :data:`FROM_HUB` or :data:`FROM_IR_DATASETS`.

    Raises
    ------
    FetchError
        If anything but an error of Pertinent is raised inside the block.
    """
    try:
        yield
    except PertinentError:
        raise
    except Exception as error:
        raise FetchError(f"{name} cannot be loaded ({type(error).__name__}).", hint=hint) from None
