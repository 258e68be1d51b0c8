"""What a collection is made of, kept as one small JSON file beside the shard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from pertinent.errors import CollectionMismatch, CollectionNotFound, DataError, StoreError
from pertinent.store.files import disk_faults, write_atomically
from pertinent.store.schema import BUILT_IN, KINDS, FieldKind, Fields
from pertinent.store.vectors import Bm25Settings, EmbedderIdentity
from pertinent.types import ModelInfo

FORMAT_VERSION = 2
"""The newest there is. Collections that are local-only have it, so that a Pertinent which would not heed that
refuses them; all others have format 1.
"""

MANIFEST_FILE = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a collection is made of.

    Parameters
    ----------
    embedder : EmbedderIdentity
        Who made the dense vectors.
    bm25 : Bm25Settings
        How BM25 vectors are made.
    fields : Mapping[str, FieldKind]
        Metadata fields and their kinds.
    documents, passages : int
        How many there are.
    generation : int
        Grows by one with every publication; readers watch it.
    identity : str
        Random, to tell a collection from another one made later at the same place.
    local_only : bool
        Whether its texts, and queries to it, never go to a service; once said, said for good.
    copied : int
        The last generation that was made equal to a copy of the collection elsewhere; 0 where none was.
    copying : bool
        Whether it is being made equal to one, which was not published yet.
    """

    embedder: EmbedderIdentity
    bm25: Bm25Settings = field(default=Bm25Settings())
    fields: Fields = field(default_factory=lambda: MappingProxyType({}))
    documents: int = 0
    passages: int = 0
    generation: int = 0
    identity: str = ""
    local_only: bool = False
    copied: int = 0
    copying: bool = False

    @property
    def format_version(self) -> int:
        """Of the folder's layout."""
        return FORMAT_VERSION if self.local_only else 1

    @property
    def filterable(self) -> Fields:
        """All fields that filters may name: the metadata's and the built-in ones."""
        return {**BUILT_IN, **self.fields, **BUILT_IN}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "format_version": self.format_version,
            "embedder": asdict(self.embedder),
            "bm25": asdict(self.bm25),
            "fields": dict(self.fields),
            "documents": self.documents,
            "passages": self.passages,
            "generation": self.generation,
            "identity": self.identity,
            **({"local_only": True} if self.local_only else {}),
            **({"copied": self.copied} if self.copied else {}),
            **({"copying": True} if self.copying else {}),
        }

    def emptied(self) -> Manifest:
        """Of a collection with nothing in it yet that is to become equal to this one."""
        return replace(self, documents=0, passages=0, generation=0, copied=0, copying=True)

    def as_copy_of(self, source: Manifest | None) -> Manifest:
        """The same with the generation of what it was made equal to; unchanged for None."""
        if source is None:
            return self
        return replace(self, generation=source.generation, copied=source.generation, copying=False)

    def check_complete(self) -> None:
        """Refuse to read a copy of which the making has not come to its end.

        Raises
        ------
        StoreError
            If it has not.
        """
        if self.generation == 0:
            raise StoreError(
                "The collection is not complete: it is being copied, or that was broken off.",
                hint="Wait until it is copied, or push or pull it again, which goes on.",
            )

    def check_settled(self) -> None:
        """Refuse to write what is half a copy: a publication would show it so.

        Raises
        ------
        StoreError
            If a push or pull was broken off.
        """
        if self.copying:
            raise StoreError(
                "A copy into the collection was broken off, and would be published half.",
                hint="Push or pull it again, which goes on.",
            )

    def check_embedder(self, model: ModelInfo) -> None:
        """Refuse vectors of another embedder.

        Raises
        ------
        CollectionMismatch
            If name, revision, dimensions or the instruction of queries differ; a folder may be renamed.
        """
        given = EmbedderIdentity.of(model)
        # Where both were found at a place, the name is but a folder's, and the revision tells what it holds.
        renamed = given.source and self.embedder.source
        if replace(given, name=self.embedder.name if renamed else given.name) != self.embedder:
            raise CollectionMismatch(
                f"The collection was made with embedder {self.embedder}, not with {given}.",
                hint="Open it with that embedder, or index the documents into a new collection.",
            )


def parse_manifest(text: str | bytes) -> Manifest:
    """Read a manifest from JSON.

    Raises
    ------
    CollectionMismatch
        If a newer Pertinent wrote it.
    StoreError
        If it is damaged.

    Examples
    --------
    >>> manifest = Manifest(EmbedderIdentity("mini", "1", 384))
    >>> parse_manifest(json.dumps(manifest.to_dict())) == manifest
    True
    """
    try:
        values = json.loads(text)
        version = int(values["format_version"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise _damaged() from None
    if version > FORMAT_VERSION:
        raise CollectionMismatch(
            f"The collection has format {version}; this Pertinent knows formats up to {FORMAT_VERSION}.",
            hint="Upgrade Pertinent to read it.",
        )
    try:
        return _from_dict(values)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
        raise _damaged() from None


def _from_dict(values: Mapping[str, Any]) -> Manifest:
    embedder, bm25 = values["embedder"], values["bm25"]
    fields = {str(name): cast(FieldKind, kind) for name, kind in values["fields"].items()}
    if any(kind not in KINDS for kind in fields.values()):
        raise ValueError("unknown kind")
    manifest = Manifest(
        embedder=EmbedderIdentity(
            str(embedder["name"]),
            str(embedder["revision"]),
            int(embedder["dimensions"]),
            # Collections of the first release lack these; their embedder has neither.
            str(embedder.get("query_instruction", "")),
            str(embedder.get("source", "")),
        ),
        bm25=Bm25Settings(
            str(bm25["language"]), float(bm25["average_length"]), float(bm25["k"]), float(bm25["b"])
        ),
        fields=MappingProxyType(fields),
        documents=int(values["documents"]),
        passages=int(values["passages"]),
        generation=int(values["generation"]),
        identity=str(values["identity"]),
        local_only=values.get("local_only", False) is True,
        copied=int(values.get("copied", 0)),
        copying=values.get("copying") is True,
    )
    if manifest.format_version != values["format_version"]:
        raise ValueError("format and mark disagree")
    counts = manifest.documents, manifest.passages, manifest.generation, manifest.copied
    if min(*counts, manifest.embedder.dimensions) < 0:
        raise ValueError("negative count")
    return manifest


def _damaged() -> StoreError:
    return StoreError(
        "The collection's manifest is damaged.",
        hint="Restore the collection from a backup, or delete it and index again.",
    )


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a collection folder.

    Raises
    ------
    CollectionNotFound
        If the folder has none.
    CollectionMismatch, StoreError
        As for :func:`parse_manifest`.
    """
    path = folder / MANIFEST_FILE
    try:
        with disk_faults("Reading the manifest"), path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise CollectionNotFound(
                f"There is no collection at {folder}.",
                hint="Check the name, or make one with: pertinent index COLLECTION PATH...",
            ) from None
        raise
    if len(data) > MAX_MANIFEST_BYTES:
        raise _damaged()
    return parse_manifest(data)


def check_size(manifest: Manifest) -> None:
    """Refuse a manifest that nobody would read, now or when its counts have grown.

    Raises
    ------
    DataError
        If it would be larger than :data:`MAX_MANIFEST_BYTES`.
    """
    largest = replace(manifest, documents=_LARGEST, passages=_LARGEST, generation=_LARGEST)
    if len(_to_json(largest)) > MAX_MANIFEST_BYTES:
        raise DataError(
            f"The names of the {len(manifest.fields)} metadata fields are too long to be kept.",
            hint="Give metadata fewer or shorter names, without control characters.",
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in the place of the folder's old one, at once."""
    data = _to_json(manifest)
    with disk_faults("Writing the manifest"):
        write_atomically(folder / MANIFEST_FILE, data)


def _to_json(manifest: Manifest) -> bytes:
    return json.dumps(manifest.to_dict(), indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")
