"""General English text under free licences, for training, out of the documentation in Debian packages.

    python tools/general_text.py --cache FOLDER --out FOLDER

``tools/debian_texts/packages.toml`` lists the packages, their licences, and where their documents are. Each
is fetched by the user's own ``apt-get download`` into the cache, and read there; nothing is installed. The
folder gets ``corpus.jsonl.gz`` in the layout of BEIR, and ``sources.json``: version, licence and passages
of each package, for the model card. The same archives give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from debian_texts.dictionaries import entries
from debian_texts.packages import fetch, files, version
from debian_texts.passages import Repeats, Text, cut
from debian_texts.sections import Section, html_sections, xml_sections
from debian_texts.titles import heading_title, headword_title
from pertinent.errors import PertinentError, UsageError

LIST = Path(__file__).with_name("debian_texts") / "packages.toml"


class Package(BaseModel):
    """One package of the list.

    Parameters
    ----------
    name : str
        As apt knows it.
    licence : str
        Of the documents that are read, as the package's copyright file says.
    format : {"html", "xml", "dict"}
        Pages of HTML; of Mallard or DocBook; or an index and a body of dictd.
    documents, without : tuple[str, ...]
        Patterns of paths that are read, and of those among them that are not.
    most : int
        Passages taken: those with the smallest checksums.
    fewest_words : int
        Shorter passages are left out.
    subject : str
        The program that all pages are about; titles name it.
    headwords : bool
        Whether the headings are words that are explained.
    left_out : re.Pattern[str] | None
        Pattern of blocks that are left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]+$")]
    licence: str
    format: Literal["html", "xml", "dict"]
    documents: tuple[str, ...]
    without: tuple[str, ...] = ()
    most: Annotated[int, Field(ge=1, le=5000)]
    fewest_words: Annotated[int, Field(ge=20, le=100)] = 50
    subject: str = ""
    headwords: bool = False
    left_out: re.Pattern[str] | None = None


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    package: list[Package]


class Passage(NamedTuple):
    """A line of the corpus."""

    id: str
    title: str
    text: str


def read_list(path: Path) -> list[Package]:
    """The packages of a list.

    Raises
    ------
    UsageError
        If it cannot be read, or says of a package what is not known.
    """
    try:
        return _List.model_validate(tomllib.loads(path.read_text("utf-8"))).package
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} is no list of packages: {error}.",
            hint="Correct it after tools/debian_texts/packages.toml.",
        ) from None


def passages(package: Package, archive: Path) -> list[Passage]:
    """All passages of a package, in an order that its texts decide."""
    made = {}
    for text in cut(_sections(package, archive), package.fewest_words):
        passage = _passage(package, text)
        if passage.title:
            made[passage.id] = passage
    return sorted(made.values(), key=lambda passage: passage.id)


def _sections(package: Package, archive: Path) -> Iterator[Section]:
    unwanted = package.left_out.search if package.left_out else lambda _: None
    for section in _all_sections(package, archive):
        yield Section(section.headings, tuple(block for block in section.blocks if not unwanted(block)))


def _all_sections(package: Package, archive: Path) -> Iterator[Section]:
    found = files(archive, package.documents, package.without)
    if package.format == "dict":
        contents = dict(found)
        for path, content in contents.items():
            if path.endswith(".index"):
                yield from entries(content, contents.get(f"{path.removesuffix('index')}dict.dz", b""))
        return
    read = html_sections if package.format == "html" else xml_sections
    for _, content in found:
        yield from read(content)


def _passage(package: Package, text: Text) -> Passage:
    own, body = text.headings[-1], text.text
    if package.headwords:
        title = headword_title(own, body)
        body = f"{own[0].upper()}{own[1:]}: {body}"
    else:
        title = heading_title(text.headings, package.subject)
    return Passage(f"{package.name}-{sha256(f'{title} {body}'.encode()).hexdigest()[:16]}", title, body)


def corpus(packages: list[Package], cache: Path) -> tuple[list[Passage], list[dict[str, Any]]]:
    """The passages of all packages without those that come again, and what was taken of each package."""
    repeats = Repeats()
    chosen: list[Passage] = []
    sources = []
    for package in packages:
        archive = fetch(package.name, cache)
        found = passages(package, archive)
        taken: list[Passage] = []
        for passage in found:
            if len(taken) < package.most and not repeats.holds(passage.text):
                taken.append(passage)
        print(f"{package.name:28} {len(found):6} found {len(taken):6} taken", flush=True)
        sources.append(
            {
                "package": package.name,
                "version": version(archive),
                "licence": package.licence,
                "passages": len(taken),
            }
        )
        chosen += taken
    return sorted(chosen), sources


def write(chosen: list[Passage], sources: list[dict[str, Any]], out: Path) -> None:
    """Write both files; a corpus that is there is replaced whole."""
    out.mkdir(parents=True, exist_ok=True)
    unfinished = out / "corpus.jsonl.gz.part"
    with unfinished.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        for passage in chosen:
            line = {"_id": passage.id, "title": passage.title, "text": passage.text}
            packed.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    unfinished.replace(out / "corpus.jsonl.gz")
    (out / "sources.json").write_text(json.dumps(sources, indent=1) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Fetch, read, write; 1 if a package cannot be had."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", type=Path, default=LIST, help="packages to read")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the archives")
    parser.add_argument("--out", type=Path, required=True, help="folder for the corpus")
    given = parser.parse_args(arguments)
    try:
        chosen, sources = corpus(read_list(given.list), given.cache)
    except PertinentError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what was fetched stays in the cache.", file=sys.stderr)
        return 130
    write(chosen, sources, given.out)
    print(f"{len(chosen)} passages, {sum(len(passage.text) for passage in chosen):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
