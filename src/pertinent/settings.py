"""Settings: ``pertinent.toml``, then ``.env``, then the environment (``PERTINENT_*``); later ones win.

=====================  ====================================================  =================
setting                what it says                                          default
=====================  ====================================================  =================
home                   folder that holds collections and caches              XDG data folder
threads                CPU threads for inference; 0 lets the engine choose   0
batch_tokens           tokens in one batch, padding included                 4096
top_k                  hits returned                                         10
candidate_multiplier   candidates per first-stage list = this x top_k        4
rerank_limit           candidates reranked at most                           40
max_per_document       passages of one document at most                      3
offline                never download a model: only what is cached           false
rerank_enabled         whether searches ask the reranker                     true
qdrant_url             the Qdrant server that ``collections push`` takes     none
qdrant_timeout         seconds for one request to a Qdrant server            30
providers              services that rerank and embed (``ProviderSettings``) none
=====================  ====================================================  =================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pertinent.errors import SettingsError

AnySettings = TypeVar("AnySettings", bound=BaseSettings)

SETTINGS_FILE = "pertinent.toml"
PREFIX = "PERTINENT_"
KNOWLEDGE_BASES = {
    "RERANK_MODEL",
    "EMBEDDING_MODEL",
    "MAX_PER_FILE",
    "RRF_K",
    "RERANK_THRESHOLD",
    "RERANK_DEADLINE_MS",
    "MCP_COLLECTIONS",
}
"""Names after the prefix that ``kb`` and ``mcp`` alone read (``kb/settings.py``)."""

NOT_SETTINGS = {"DATA", "WEIGHTS", "MAX_SKIPS", "DEBUG", "API_KEY", "QDRANT_API_KEY", *KNOWLEDGE_BASES}
"""Names after the prefix that others read: tests, tools, the command line, the client, knowledge bases."""


def default_home() -> Path:
    """Folder for collections and caches by the XDG base directory specification.

    Raises
    ------
    SettingsError
        If the user has no home folder.
    """
    data = os.environ.get("XDG_DATA_HOME", "")
    try:
        base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError:
        raise SettingsError(
            "This user has no home folder.", hint=f"Set {PREFIX}HOME to a folder for collections."
        ) from None
    return base / "pertinent"


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


class Settings(BaseSettings):
    """Validated settings; unknown names in ``pertinent.toml`` are refused.

    Examples
    --------
    >>> Settings(top_k=5).top_k
    5
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        toml_file=SETTINGS_FILE,
        extra="forbid",
        frozen=True,
    )

    home: Path = Field(default_factory=default_home)
    threads: int = Field(default=0, ge=0, le=1024)
    batch_tokens: int = Field(default=4096, ge=512, le=1 << 20)
    top_k: int = Field(default=10, ge=1, le=1000)
    candidate_multiplier: int = Field(default=4, ge=1, le=100)
    rerank_limit: int = Field(default=40, ge=1, le=10_000)
    max_per_document: int = Field(default=3, ge=1, le=1000)
    offline: bool = False
    rerank_enabled: bool = True
    qdrant_url: str = ""
    qdrant_timeout: float = Field(default=30.0, ge=1, le=3600)
    providers: Mapping[ServiceName, ProviderSettings] = Field(default_factory=dict)

    @field_validator("home", mode="before")
    @classmethod
    def _expand(cls, home: object) -> object:
        if home == "":
            raise ValueError("the name is empty")
        try:
            return Path(home).expanduser() if isinstance(home, str | Path) else home
        except RuntimeError:
            raise ValueError("~ stands before a user who does not exist") from None

    @property
    def collections(self) -> Path:
        """Folder that holds the named collections."""
        return self.home / "collections"

    @property
    def cache(self) -> Path:
        """Folder for what can be made or fetched again."""
        return self.home / "cache"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the hook's signature)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the sources, strongest first."""
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, _OwnNames(settings_cls, dotenv_settings), toml


class _OwnNames(PydanticBaseSettingsSource):
    """What ``.env`` says to these settings; the file may hold other names too."""

    def __init__(self, settings: type[BaseSettings], whole: PydanticBaseSettingsSource) -> None:
        super().__init__(settings)
        self._whole = whole

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Leave single fields to the source inside."""
        return self._whole.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        return {
            name: value
            for name, value in self._whole().items()
            if name in fields or (_own_name(name) and _own_name(name) not in NOT_SETTINGS)
        }


def _own_name(name: str) -> str:
    """What follows the prefix, in capitals: case does not matter; empty for names of other programs."""
    return name.upper().removeprefix(PREFIX) if name.upper().startswith(PREFIX) else ""


def _refuse_unknown_names() -> None:
    known = {name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    if unknown := sorted(name for name in os.environ if _own_name(name) and _own_name(name) not in known):
        raise SettingsError(
            f"The environment sets {', '.join(unknown)}, which Pertinent does not know.",
            hint=f"Known names: {', '.join(sorted(PREFIX + name for name in known - NOT_SETTINGS))}.",
        )


@cache
def load_settings() -> Settings:
    """Read the settings once for this process.

    Raises
    ------
    SettingsError
        If a value is not valid, or a name in ``pertinent.toml`` or with the prefix is unknown.
    """
    _refuse_unknown_names()
    return read_settings(Settings)


def read_settings(kind: type[AnySettings]) -> AnySettings:
    """Read settings from their sources.

    Raises
    ------
    SettingsError
        If a value is not valid, or a file cannot be read.
    """
    try:
        return kind()
    except ValidationError as error:
        # Only names and rules are told: a value may be a secret put under the wrong name.
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise SettingsError(
            f"Settings are not valid ({faults}).",
            hint=f"Correct {SETTINGS_FILE}, .env or the PERTINENT_* variables.",
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{SETTINGS_FILE} or .env cannot be read ({type(error).__name__}).",
            hint="Check that it is a readable, valid file.",
        ) from None
