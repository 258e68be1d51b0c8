"""How a provider is configured: its section in the settings, its dialect's own facts, its key.

A key comes from the environment, or from ``.env``, and goes to the address it belongs to: a dialect's own
variable is read for the dialect's own address alone, so that no other server is shown the key.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from pertinent.errors import SettingsError, UsageError
from pertinent.providers.catalogue import DIALECTS, dialect_of_path, find_dialect
from pertinent.providers.dialect import Dialect
from pertinent.providers.facts import MODEL_IN_PATH, Limits
from pertinent.settings import ProviderSettings, load_settings

Kind = Literal["reranker", "embedder"]

_NAMED = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]*):(?P<model>.*)", re.DOTALL)
_URL = re.compile(r"https?://", re.IGNORECASE)
LONGEST_NAME = 2048


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider that can be asked.

    Parameters
    ----------
    name : str
        Of its section, of its dialect, or host and port of a bare address.
    dialect : Dialect
        How it is spoken to.
    address : str
        Where; the dialect's paths come behind it.
    url : str
        The one endpoint, where a whole one was given; else empty.
    certain : bool
        Whether the dialect was named; else it was guessed from a path, and an answer may tell better.
    settings : ProviderSettings
        Its section, or the defaults.
    key_variable : str
        Where the key is read; empty where none is sent.
    key : str
        The key; in no repr.
    """

    name: str
    dialect: Dialect
    address: str
    url: str = ""
    certain: bool = True
    settings: ProviderSettings = field(default_factory=ProviderSettings)
    key_variable: str = ""
    key: str = field(default="", repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel without the key, which is read anew where this arrives."""
        values = (getattr(self, each.name) for each in fields(self) if each.name != "key")
        return _arrived, tuple(values)

    @property
    def limits(self) -> Limits:
        """What it takes at most: the settings' word, else the dialect's."""
        said = {name: value for name, value in self.settings.limits.model_dump().items() if value is not None}
        return replace(self.dialect.limits, **said)

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for providers that may share connections, breaker and purse."""
        return (
            *(self.name, self.dialect.name, self.address, self.url, self.key, str(self.certain)),
            self.settings.model_dump_json(),
        )

    def endpoint(self, path: str) -> str:
        """The whole address of a path."""
        return self.url or self.address.rstrip("/") + path


@dataclass(frozen=True, slots=True)
class RemoteName:
    """``NAME:MODEL``, or a whole address with ``#MODEL`` where the server has several."""

    provider: str
    model: str
    address: str = ""

    @classmethod
    def parse(cls, name: str) -> RemoteName | None:
        """Read a name; None where it names no service.

        Raises
        ------
        UsageError
            If it has the form, and there is no such service, or the address is none.

        Examples
        --------
        >>> RemoteName.parse("deepinfra:Qwen/Qwen3-Reranker-8B")
        RemoteName(provider='deepinfra', model='Qwen/Qwen3-Reranker-8B', address='')
        >>> RemoteName.parse("Qwen/Qwen3-Reranker-8B") is None
        True
        """
        if len(name) > LONGEST_NAME or not name.isprintable():
            return None
        if _URL.match(name):
            parts = checked_address(name)
            address = parts._replace(fragment="").geturl()
            return cls(parts.netloc, parts.fragment, address)
        match = _NAMED.fullmatch(name)
        # A folder of that name wins, as it does over a name of the hub.
        if match is None or match["name"] == "local" or os.path.exists(name):  # noqa: PTH110
            return None
        if match["name"] not in provider_names():
            raise UsageError(
                f"There is no provider named {match['name']!r}.",
                hint=f"Add a section [providers.{match['name']}] to pertinent.toml, or name one of: "
                f"{', '.join(provider_names())}.",
            )
        return cls(match["name"], match["model"])


def provider_names() -> tuple[str, ...]:
    """Names that may stand before a colon: sections of the settings, and dialects of services."""
    known = {dialect.name for dialect in DIALECTS if dialect.address}
    return tuple(sorted(known | set(load_settings().providers)))


def configured_for(name: RemoteName, kind: Kind) -> tuple[Configured, str]:
    """The provider of a name, with its key, and the model to ask for.

    Raises
    ------
    SettingsError
        If its settings do not fit together, or there is no key where one is needed.
    UsageError
        If no model is named where one is needed, or the service has none of this kind.
    """
    found = _bare(name.address) if name.address else configure(name.provider)
    model = name.model or getattr(found.settings, kind)
    paths = found.dialect.rerank_paths if kind == "reranker" else found.dialect.embed_paths
    if not paths and found.certain:
        raise UsageError(
            f"The dialect {found.dialect.name} has no {kind}s.",
            hint="Name another provider, or another dialect in its section.",
        )
    in_path = not found.url and any(MODEL_IN_PATH in path for path in paths[:1])
    if not model and (in_path or found.address == found.dialect.address):
        raise UsageError(
            f"No model of {found.name} is named.",
            hint=f'Give "{found.name}:MODEL", or set {kind} under [providers.{found.name}].',
        )
    return with_key(found), model


def configure(name: str) -> Configured:
    """A provider by the name of its section or dialect, without its key.

    Raises
    ------
    SettingsError
        If its settings do not fit together.
    """
    settings = load_settings().providers.get(name, ProviderSettings())
    section = f"[providers.{name}]"
    dialect = _dialect_of(name, settings, section)
    if dialect is None:
        parts = _address_of(settings.address, section)
        dialect = dialect_of_path(parts.path)
        if dialect is None:
            raise SettingsError(
                f"The dialect of {section} is not named.",
                hint=f"Set dialect there to one of: {', '.join(one.name for one in DIALECTS)}.",
            )
        return _placed(name, dialect, settings.address, settings, certain=False)
    address = settings.address or dialect.address
    if not address:
        raise SettingsError(f"{section} has no address.", hint="Set address there, such as http://host:port.")
    _address_of(address, section)
    return _placed(name, dialect, address, settings, certain=True)


def with_key(found: Configured) -> Configured:
    """The same provider with its key.

    Raises
    ------
    SettingsError
        If the variable that should hold it does not.
    """
    if not found.key_variable:
        return found
    key = read_variable(found.key_variable)
    if not key:
        raise SettingsError(
            f"{found.name} needs a key, and {found.key_variable} holds none.",
            hint=f"Set {found.key_variable} in the environment or in .env, or name another variable as "
            f"key_variable under [providers.{found.name}].",
        )
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"{found.key_variable} holds characters that no key has.", hint="Copy the key there again."
        )
    return replace(found, key=key)


def _arrived(*values: Any) -> Configured:
    return with_key(Configured(*values))


def has_key(found: Configured) -> bool:
    """Whether the key is there, or none is needed."""
    return not found.key_variable or bool(read_variable(found.key_variable))


def checked_address(address: str, of: str = "a provider") -> SplitResult:
    """Take an address apart; ``of`` says whose in the error.

    Raises
    ------
    UsageError
        If it is no address of http or https, or holds a name, a password or a question mark.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            f"The address of {of} cannot be used.",
            hint="Give http(s)://HOST[:PORT][/PATH], without user, password and query; a key goes into the "
            "environment.",
        )
    return parts


def _bare(address: str) -> Configured:
    parts = checked_address(address)
    dialect = dialect_of_path(parts.path)
    if dialect is None:
        raise UsageError(
            f"No dialect is known by the path {parts.path[:80] or '/'!r}.",
            hint="Give the whole address of an endpoint, such as http://host/v1/rerank, or name address and "
            "dialect in a section [providers.NAME] of pertinent.toml.",
        )
    return _placed(parts.netloc, dialect, address, ProviderSettings(), certain=False)


def _placed(
    name: str, dialect: Dialect, address: str, settings: ProviderSettings, *, certain: bool
) -> Configured:
    path = urlsplit(address).path
    paths = (*dialect.rerank_paths, *dialect.embed_paths)
    whole = not certain or any(MODEL_IN_PATH not in one and path.endswith(one) for one in paths)
    own = address == dialect.address
    variable = settings.key_variable
    if variable is None:
        variable = dialect.key_variable if own else ""
    return Configured(name, dialect, address, address if whole else "", certain, settings, variable)


def _dialect_of(name: str, settings: ProviderSettings, section: str) -> Dialect | None:
    wanted = settings.dialect or (name if any(dialect.name == name for dialect in DIALECTS) else "")
    if not wanted:
        return None
    try:
        return find_dialect(wanted)
    except UsageError as error:
        raise SettingsError(f"{section}: {error.message}", hint=error.hint) from None


def _address_of(address: str, section: str) -> SplitResult:
    try:
        return checked_address(address)
    except UsageError as error:
        raise SettingsError(f"{section}: {error.message}", hint=error.hint) from None


def read_variable(name: str) -> str:
    """A variable of the environment, else of ``.env``."""
    from dotenv import dotenv_values

    value = os.environ.get(name, "").strip()
    if value:
        return value
    try:
        return (dotenv_values(".env").get(name) or "").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(".env cannot be read.", hint="Check that it is text in UTF-8.") from None
