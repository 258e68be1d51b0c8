"""What is said of a service that reranks or embeds: the sections ``[providers.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class ServiceLimits(BaseModel):
    """What a service takes at most; None leaves it to what its dialect knows.

    Parameters
    ----------
    documents, texts : int | None
        Of one rerank call, and of one embedding call.
    query_tokens, pair_tokens, call_tokens : int | None
        Of a query, of a query with one document, and of a whole call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: int | None = Field(default=None, ge=1, le=100_000)
    texts: int | None = Field(default=None, ge=1, le=100_000)
    query_tokens: int | None = Field(default=None, ge=16)
    pair_tokens: int | None = Field(default=None, ge=64)
    call_tokens: int | None = Field(default=None, ge=64)


class Timeouts(BaseModel):
    """Seconds for the steps of one request; a provider's ``deadline`` bounds all of them together.

    Parameters
    ----------
    connect, read, write : float
        Until a connection stands, and between two pieces of what is read or written.
    pool : float
        Until one of the provider's connections is free.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect: float = Field(default=5.0, gt=0, le=600)
    read: float = Field(default=30.0, gt=0, le=600)
    write: float = Field(default=30.0, gt=0, le=600)
    pool: float = Field(default=30.0, gt=0, le=600)


def _require_free(name: str) -> str:
    if name in {"local", "http", "https"}:
        raise ValueError("the name means something else before a colon")
    return name


ServiceName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$"), AfterValidator(_require_free)
]
"""What stands before the colon in ``deepinfra:Qwen/Qwen3-Reranker-8B``."""


class ProviderSettings(BaseModel):
    """A service that reranks or embeds: a section ``[providers.NAME]``.

    Parameters
    ----------
    dialect : str
        How it is spoken to; empty where the section has the name of a dialect, or the address ends in the
        path of one.
    address : str
        Where it is; empty takes the dialect's own.
    key_variable : str | None
        Environment variable (or line of ``.env``) that holds the key. None takes the dialect's own where
        the address is the dialect's own too, else no key is sent; empty sends none.
    reranker, embedder : str
        Models that are taken where a name has none (``"NAME:"``); ``pertinent providers check`` tries them.
    scale : {"probability", "margin"} | None
        What its scores are; None takes what the dialect says.
    prices : dict[str, float]
        US dollars for a million tokens, by model.
    limits : ServiceLimits
        What it takes at most.
    timeouts : Timeouts
        For the steps of a request.
    deadline : float
        Seconds for a whole call, all attempts and waits included.
    attempts : int
        How often one request is sent at most.
    connections : int
        Requests that are under way at the same time.
    spend_cap : float | None
        US dollars that this process may spend there; a call that could exceed it is not sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: str = ""
    address: str = ""
    key_variable: str | None = Field(default=None, pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    reranker: str = ""
    embedder: str = ""
    scale: Literal["probability", "margin"] | None = None
    prices: Mapping[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    limits: ServiceLimits = ServiceLimits()
    timeouts: Timeouts = Timeouts()
    deadline: float = Field(default=60.0, gt=0, le=3600)
    attempts: int = Field(default=4, ge=1, le=20)
    connections: int = Field(default=8, ge=1, le=256)
    spend_cap: float | None = Field(default=None, ge=0, allow_inf_nan=False)
