"""From a model's name to a local folder: a folder as it is, a Hugging Face model downloaded once.

A name is ``ORG/NAME`` or ``ORG/NAME@REVISION``; a folder of that path wins over it. Known models are
pinned: without a revision they are taken at the commit that ``families/catalogue.py`` states, which
needs no question to the hub once they are cached. Branches are asked for each time; where the hub
does not answer, what is cached does, with a warning.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pertinent.engine.hub_cache import (
    COMMIT,
    CONFIG_FILE,
    DIGEST,
    MAIN,
    Repository,
    missing_files,
    model_files,
    shared_cache,
)
from pertinent.engine.hub_checks import HubRecord
from pertinent.errors import FetchError, ModelError
from pertinent.families.catalogue import known_model
from pertinent.types import Progress

MAX_NAME = 96
"""Characters of each half of a name, which is the hub's own bound, and of a revision."""

_NAME = re.compile(
    r"(?P<org>[A-Za-z0-9_][\w.-]*)/(?P<name>[A-Za-z0-9_][\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HubName:
    """``ORG/NAME``, and the revision where one was given."""

    repository: str
    revision: str | None = None

    @classmethod
    def parse(cls, name: str) -> HubName | None:
        """Read a name; None where it is none.

        Examples
        --------
        >>> HubName.parse("Qwen/Qwen3-Reranker-0.6B@main")
        HubName(repository='Qwen/Qwen3-Reranker-0.6B', revision='main')
        >>> HubName.parse("./models/mine") is None
        True
        """
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        halves, revision = (match["org"], match["name"]), match["revision"]
        for half in halves:
            if len(half) > MAX_NAME or "--" in half or ".." in half or half.endswith(("-", ".", ".git")):
                return None
        if revision and (
            len(revision) > MAX_NAME or ".." in revision or "//" in revision or revision[-1] in "/."
        ):
            return None
        return cls("/".join(halves), revision)


def is_hub_name(model: str | Path) -> bool:
    """Whether a model is named as the hub names it; a path that exists is a path.

    Examples
    --------
    >>> is_hub_name("Qwen/Qwen3-Reranker-0.6B@main"), is_hub_name("pertinent-mini-reranker")
    (True, False)
    """
    # os.path.exists says no where Path's raises: a folder that may not be looked into
    return isinstance(model, str) and HubName.parse(model) is not None and not os.path.exists(model)  # noqa: PTH110


def repository_of(model: str | Path) -> str | None:
    """The repository that a model's name stands for, without its revision; None of a folder.

    Examples
    --------
    >>> repository_of("Qwen/Qwen3-Reranker-0.6B@main"), repository_of(Path("models/mine"))
    ('Qwen/Qwen3-Reranker-0.6B', None)
    """
    name = HubName.parse(str(model)) if is_hub_name(model) else None
    return name.repository if name else None


def fetch_model(
    model: str | Path,
    *,
    offline: bool | None = None,
    progress: Progress | None = None,
    records: Path | None = None,
) -> Path:
    """Find a model's folder; download it first where it is a Hugging Face model that is not here yet.

    Only ``config.json``, the tokenizer, the chat template and safetensors are taken, never code or
    pickles. Files lie in the cache that Hugging Face's tools share; each is hashed once and compared
    with the hub's checksum. An interrupted download goes on where it stopped.

    Parameters
    ----------
    model : str | Path
        A folder that holds ``config.json``, or ``ORG/NAME``, or ``ORG/NAME@REVISION`` with a branch,
        a tag or a commit.
    offline : bool | None
        Never ask the hub; None takes the setting's. ``HF_HUB_OFFLINE=1`` also means offline.
    progress : Callable[[int, int], None] | None
        Called during a download with bytes that are here and bytes in all; never without one.
    records : Path | None
        Folder that remembers checksums; None is ``hub`` in Pertinent's cache. Where both it and
        `offline` are given, the settings are not read.

    Returns
    -------
    Path
        The folder. Of a downloaded model it is named by the commit.

    Raises
    ------
    ModelError
        If the name is neither a folder with a model nor a Hugging Face name.
    FetchError
        If the model is not cached and cannot be downloaded, or a file fails its checksum; such a
        file is removed, so that the next call downloads it again.
    """
    name = HubName.parse(str(model)) if is_hub_name(model) else None
    if name is None:
        return _own_folder(model)
    if offline is None or records is None:
        from pertinent.settings import load_settings

        settings = load_settings()
        offline = settings.offline if offline is None else offline
        records = settings.cache / "hub" if records is None else records
    repository = Repository(name.repository, shared_cache())
    record = HubRecord.read(records / f"{name.repository.replace('/', '--')}.json")
    if offline or _hub_is_off():
        commit = _cached_commit(repository, name, record)
        if commit is None:
            raise _not_here(name)
    else:
        commit = _current_commit(repository, name, record, progress)
    _verify(repository, commit, record)
    return repository.snapshot(commit)


def _own_folder(model: str | Path) -> Path:
    path = Path(os.path.expanduser(model))  # noqa: PTH111 (Path's own raises where there is no such user)
    if os.path.isfile(path / CONFIG_FILE):  # noqa: PTH113 (Path's own raises where a name is too long)
        return path
    if os.path.exists(path):  # noqa: PTH110
        raise ModelError(
            f"{path} is no model's folder: it holds no {CONFIG_FILE}.",
            hint="Give the folder that holds config.json, tokenizer.json and *.safetensors.",
        )
    raise ModelError(
        f"{model} is neither a folder nor a model's name.",
        hint="Names of Hugging Face models look like Qwen/Qwen3-Reranker-0.6B or ORG/NAME@REVISION.",
    )


def _hub_is_off() -> bool:
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in names)


def _default_revision(repository: str) -> str:
    known = known_model(repository)
    return known.revision if known and known.revision else MAIN


def _is_complete(repository: Repository, commit: str, record: HubRecord) -> bool:
    """Whether every file is here; what the hub listed counts where it is known."""
    folder = repository.snapshot(commit)
    listed = record.commits.get(commit, {})
    return all((folder / name).is_file() for name in listed) and not missing_files(folder)


def _cached_commit(repository: Repository, name: HubName, record: HubRecord) -> str | None:
    """The cached commit of a name; a known model without a revision may be here at another than its pin."""
    pinned = _default_revision(name.repository)
    for revision in (name.revision,) if name.revision else (pinned, MAIN):
        commit = repository.commit(revision)
        if commit and _is_complete(repository, commit, record):
            if not name.revision and revision != pinned:
                _log.warning("%s is cached at %s, not at its pinned commit", name.repository, commit)
            return commit
    return None


def _current_commit(
    repository: Repository, name: HubName, record: HubRecord, progress: Progress | None
) -> str:
    """The commit that a name means now, with all its files in the cache."""
    from pertinent.engine.hub_download import download, remember_reference
    from pertinent.engine.hub_faults import HubUnreachable
    from pertinent.engine.hub_listing import read_listing

    revision = name.revision or _default_revision(name.repository)
    if COMMIT.fullmatch(revision) and _is_complete(repository, revision, record):
        return revision
    try:
        listing = read_listing(repository, revision)
        # what another tool has downloaded may lack a file that it does not need and we do
        if listing.commit not in record.commits or not _is_complete(repository, listing.commit, record):
            download(repository, listing, record, progress)
            record.save()
    except HubUnreachable as error:
        commit = _cached_commit(repository, name, record)
        if commit is None:
            raise
        _log.warning("%s Taking %s as it is cached, at commit %s.", error.message, name.repository, commit)
        return commit
    remember_reference(repository, revision, listing.commit)
    return listing.commit


def _not_here(name: HubName) -> FetchError:
    spelled = name.repository + (f"@{name.revision}" if name.revision else "")
    return FetchError(
        f"{spelled} is not in the cache, and Pertinent is offline.",
        hint=f"Download it once while online (pertinent models fetch {spelled}), switch offline mode off "
        "(offline in pertinent.toml, PERTINENT_OFFLINE, HF_HUB_OFFLINE), or give a model's folder.",
    )


def _verify(repository: Repository, commit: str, record: HubRecord) -> None:
    """Compare every file with its checksum, once; a wrong one is removed from the cache."""
    folder = repository.snapshot(commit)
    listed = record.commits.get(commit, {})
    before = dict(record.checked)
    for file in model_files(folder):
        place = folder / file
        digest = listed.get(file) or _linked_digest(place)
        if digest is None or record.is_right(place, digest):
            continue
        _remove(repository, place)
        record.save()
        raise FetchError(
            f"{file} of {repository.name} is damaged: its checksum is not the hub's.",
            hint="It was removed from the cache; the next call downloads it again.",
        )
    if record.checked != before:
        record.save()


def _remove(repository: Repository, place: Path) -> None:
    """Remove a file of a snapshot with its content; what a link of the user's own leads to stays."""
    if place.is_symlink():
        blob = place.parent / place.readlink()
        if blob.parent.resolve() == repository.blob("").resolve():
            blob.unlink(missing_ok=True)
    place.unlink(missing_ok=True)


def _linked_digest(place: Path) -> str | None:
    """Digest of a file that another tool has downloaded: the name of what it links to."""
    name = place.readlink().name if place.is_symlink() else ""
    return name if DIGEST.fullmatch(name) else None
