"""Settings of all commands, and how settings are read from files and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import (
    Field,
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
from pertinent.settings.services import ProviderSettings, ServiceName

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
        return (
            init_settings,
            env_settings,
            _OwnNames(settings_cls, dotenv_settings),
            _OwnTable(settings_cls),
        )


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


class _OwnTable(TomlConfigSettingsSource):
    """What ``pertinent.toml`` says to these settings: all but the names of knowledge bases."""

    def __call__(self) -> dict[str, Any]:
        others = {name.lower() for name in KNOWLEDGE_BASES}
        return {name: value for name, value in super().__call__().items() if name not in others}


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
