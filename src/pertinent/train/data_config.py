"""What a configuration says of its sources, and of queries that are written for texts (see ``config``)."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

QueryKind = Literal["title", "heading", "sentence", "template", "keywords", "provider"]

_ADDRESS = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:]+\])(:\d{1,5})?(/[\w./~-]*)?", re.ASCII)


class Section(BaseModel):
    """Of a configuration: no other names than those it has, finite numbers, and no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """One source of queries and passages.

    Parameters
    ----------
    path : str
        Under the folder of data: a judged set (see ``evaluate.sources``), a folder with
        ``pairs.SPLIT.jsonl``, or texts to write queries for.
    split : str
        Which judgements.
    queries : {"judged", "synthesise"}
        Whether its own queries are used or new ones are written for its texts.
    limit : int | None
        So many queries: those of the smallest hashes, the same choice each time.
    skip : int
        So many of the smallest hashes are passed over first. What a configuration learns from with
        ``limit = 2000``, another one with ``skip = 2000`` never reads.
    licence : str
        For the model card.
    """

    path: str
    split: str = "train"
    queries: Literal["judged", "synthesise"] = "judged"
    limit: Annotated[int, Field(ge=1)] | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    licence: str = ""


class ProviderConfig(Section):
    """A language model that writes queries (see ``provider``).

    Parameters
    ----------
    address : str
        What stands before ``/chat/completions``, such as ``http://127.0.0.1:8000/v1``.
    model : str
        As the address knows it.
    key_variable : str
        Environment variable that holds the key, in capitals; the key itself stands in no file. None is
        sent if empty.
    queries : int
        Asked for of one passage.
    temperature, max_tokens
        Of an answer.
    timeout : float
        Seconds for one answer.
    attempts : int
        For one passage, with growing waits between them.
    """

    address: str
    model: Annotated[str, Field(min_length=1)]
    key_variable: Annotated[str, Field(pattern=r"^([A-Z_][A-Z0-9_]*)?$")] = ""
    queries: Annotated[int, Field(ge=1, le=20)] = 3
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_tokens: Annotated[int, Field(ge=16, le=32_768)] = 512
    timeout: Annotated[float, Field(gt=0, le=3600)] = 60.0
    attempts: Annotated[int, Field(ge=1, le=20)] = 5

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        if not _ADDRESS.fullmatch(address):
            raise ValueError("an address is http(s)://HOST[:PORT]/PATH, without user, key or query")
        return address


class SynthesiseConfig(Section):
    """How queries are written for texts (see ``synthesise``).

    Parameters
    ----------
    kinds : tuple[QueryKind, ...]
        Which kinds of queries.
    per_text : int
        Queries for a passage.
    provider : ProviderConfig | None
        Who writes those of the kind ``provider``.
    """

    kinds: tuple[QueryKind, ...] = ("title", "sentence", "keywords")
    per_text: Annotated[int, Field(ge=1, le=20)] = 1
    provider: ProviderConfig | None = None

    @model_validator(mode="after")
    def _the_provider_has_something_to_do(self) -> Self:
        if self.provider is not None and "provider" not in self.kinds:
            raise ValueError("there is a provider, and kinds does not name it")
        return self
