"""XML from anywhere, streamed: a tree for each element that is wanted, and for nothing else.

Entity-safe: the DOCTYPE of real files is accepted, but nothing is ever fetched, and a file that
declares entities of its own is refused at the first declaration. Named HTML entities such as
``&nbsp;`` (which the NLM's DTDs define) are read as their characters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from html.entities import html5
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder  # only the tree; the parsing is guarded below
from xml.parsers import expat

from pertinent.errors import RecordError
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import ByteChunks

MAX_DEPTH = 64


def xml_trees(
    path: Path,
    tags: Collection[str],
    *,
    named: str,
    max_bytes: int,
    max_depth: int = MAX_DEPTH,
    on_broken: OnBroken,
) -> Iterator[tuple[str, Element]]:
    """Stream the elements of these names; memory is bounded by the largest.

    After a fault in the XML the elements before it are kept and the rest is not read.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.
    tags : Collection[str]
        Names of the wanted elements; one inside another belongs to that.
    named : str
        What such an element is called in reports.
    max_bytes : int
        Largest element; a larger one ends the reading.
    max_depth : int
        How deep elements may be nested in it.
    on_broken : Callable[[RecordError], None]
        Told of the fault that ends the reading.

    Yields
    ------
    (str, Element)
        Where it begins, in words, and the element.
    """
    parser = _TreeParser(tags, named, max_bytes, max_depth)
    chunks = ByteChunks(path, on_broken=on_broken)
    number = 0
    for chunk in chunks:
        parser.feed(chunk)
        for line, element in parser.take():
            number += 1
            yield f"{named} {number} (line {line})", element
        if parser.fault:
            break
    else:
        if chunks.complete:
            parser.end()
    if parser.fault:
        on_broken(RecordError(parser.fault, source=str(path), position=f"line {parser.line}"))


class _RefusedError(Exception):
    """Valid XML that is not read, and why."""


class _TreeParser:
    """Expat that builds trees of what is wanted."""

    def __init__(self, tags: Collection[str], named: str, max_bytes: int, max_depth: int) -> None:
        self.fault = ""
        self.line = 1
        self._tags = tags
        self._named = named
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._found: list[tuple[int, Element]] = []
        self._builder: TreeBuilder | None = None
        self._depth = 0
        self._began_at = self._began_line = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        # Never is expat's default; said here because the safety of the reader rests on it.
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._skipped_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        self._parse(chunk, False)
        if self._builder is not None and not self.fault:
            size = self._parser.CurrentByteIndex - self._began_at
            if size > self._max_bytes:
                self.line = self._began_line
                self.fault = f"a {self._named} is larger than {self._max_bytes:,} bytes"

    def end(self) -> None:
        self._parse(b"", True)

    def take(self) -> list[tuple[int, Element]]:
        """Finished elements, each with the line it began at."""
        found, self._found = self._found, []
        return found

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            self.fault = f"the XML is broken ({expat.ErrorString(error.code)})"
            self.line = error.lineno
        except _RefusedError as error:
            self.fault = str(error)
            self.line = self._parser.CurrentLineNumber
        except (LookupError, ValueError):
            self.fault = "the encoding that the XML names is not known"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._builder is None:
            if tag not in self._tags:
                return
            self._builder = TreeBuilder()
            self._parser.CharacterDataHandler = self._builder.data
            self._began_at = self._parser.CurrentByteIndex
            self._began_line = self._parser.CurrentLineNumber
            self._depth = 0
        self._depth += 1
        if self._depth > self._max_depth:
            raise _RefusedError(f"elements are nested more than {self._max_depth} deep")
        self._builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        if self._builder is None:
            return
        self._builder.end(tag)
        self._depth -= 1
        if not self._depth:
            self._found.append((self._began_line, self._builder.close()))
            self._builder = None
            self._parser.CharacterDataHandler = None

    def _refuse_entity(self, *_: object) -> None:
        raise _RefusedError("it declares entities, which could be an attack")

    def _skipped_entity(self, name: str, is_parameter: bool) -> None:
        if self._builder is not None and not is_parameter:
            self._builder.data(_HTML.get(f"{name};", "\N{REPLACEMENT CHARACTER}"))


_HTML: Mapping[str, str] = html5
