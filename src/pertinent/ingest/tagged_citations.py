"""Citations as tagged lines, RIS and NBIB: files that are read, and files that are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pertinent.errors import RecordError, UsageError
from pertinent.ingest import nbib, ris
from pertinent.ingest.citation_fields import Citation
from pertinent.ingest.naming import suffix
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.tagged_lines import MAX_RECORD_BYTES, TAGGED, TaggedRecord, tagged_records
from pertinent.types import Document

_BEGINS_WITHIN = 1024


@dataclass(frozen=True, slots=True)
class TaggedCitations:
    """Reads and writes one of the formats; files end in its name.

    Parameters
    ----------
    name : str
        ``"ris"`` or ``"nbib"``.
    opens, closes : str
        Tags that begin and end a record; see :func:`~pertinent.ingest.tagged_lines.tagged_records`.
    line_end : str
        Of files that are written.
    citation : Callable[[TaggedRecord], Citation]
        Reads a record.
    lines : Callable[[Document], Iterable[str]]
        Writes one.
    max_record_bytes : int
        Largest record.
    """

    name: str
    opens: str
    closes: str
    line_end: str
    citation: Callable[[TaggedRecord], Citation]
    lines: Callable[[Document], Iterable[str]]
    max_record_bytes: int = MAX_RECORD_BYTES

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the name ends as the format's do, or the content begins with a record."""
        if suffix(path) == f".{self.name}":
            return True
        start = head[:_BEGINS_WITHIN].decode("utf-8-sig", "replace").lstrip().partition("\n")[0]
        tagged = TAGGED.fullmatch(start.rstrip())
        return bool(tagged and tagged[1].strip() == self.opens)

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """Stream the citations of one file; the text of each is its abstract."""
        source = str(path)
        records = tagged_records(
            path,
            opens=self.opens,
            closes=self.closes,
            on_broken=on_broken,
            max_record_bytes=self.max_record_bytes,
        )
        number = 0
        for number, record in enumerate(records, start=1):
            position = f"citation {number} (line {record.line})"
            try:
                yield self.citation(record).document(source=source, position=position, on_broken=on_broken)
            except RecordError as error:
                on_broken(error)
        if not number:
            on_broken(RecordError("there is no citation", source=source, position="whole file"))

    def write(self, documents: Iterable[Document]) -> bytes:
        """A file of these documents, whose texts are their abstracts.

        Only what a document has is written: title, text, and the metadata that :class:`Citation` names.
        """
        lines = chain.from_iterable(map(self.lines, documents))
        return "".join(f"{line}{self.line_end}" for line in lines).encode("utf-8", "replace")


RIS = TaggedCitations("ris", ris.OPENS, ris.CLOSES, ris.LINE_END, ris.from_ris, ris.to_ris)
NBIB = TaggedCitations("nbib", nbib.OPENS, nbib.CLOSES, nbib.LINE_END, nbib.from_nbib, nbib.to_nbib)


def citation_format(path: Path) -> TaggedCitations:
    """The format of a file of citations, by its name.

    Raises
    ------
    UsageError
        If it ends in neither ``.ris`` nor ``.nbib``.
    """
    for known in (RIS, NBIB):
        if path.suffix.lower() == f".{known.name}":
            return known
    raise UsageError(
        f"Citations cannot be written to {path.name!r}.", hint="Let its name end in .ris or .nbib."
    )
