"""What reranking is worth on a knowledge base of real files: documentation of installed packages, and PDFs.

Usage: ``PERTINENT_DATA=... python benchmarks/kb_worth.py [--out FILE]``. Taken are packages that are
installed in the very version that ``constraints.txt`` pins: the description of each, and what Markdown,
reStructuredText, HTML and PDF files it brings, licences left out; and the PDFs of ``PERTINENT_DATA/formats``.
The questions (``kb_worth_questions.jsonl``) were written by hand from reading these files, before any was
searched. They are asked as ``pertinent kb evaluate`` asks them, by the pipeline that the environment
configures; scores are kept, so an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from judged_data import data_folder
from machine import RESULTS, run_card, write_json
from pertinent.kb.evaluating import evaluate_questions
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.models import ConfiguredModels
from pertinent.kb.pipeline import open_knowledge_base
from pertinent.kb.questions import read_questions
from pertinent.kb.settings import load_pipeline_settings
from pertinent.search.collection import Collection
from quality import Progress

HERE = Path(__file__).parent
QUESTIONS = HERE / "kb_worth_questions.jsonl"
ENDINGS = {".md", ".rst", ".html", ".htm", ".pdf"}
LEGAL = re.compile(r"licen|notice|copying|authors", re.IGNORECASE)


def plain_name(name: str) -> str:
    """A package's name as all tools write it.

    Examples
    --------
    >>> plain_name("Markdown_it.py")
    'markdown-it-py'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(constraints: str) -> dict[str, str]:
    """Versions by package.

    Examples
    --------
    >>> pinned("numpy==2.4.6\\n# a remark\\ntorch==2.13.0; python_version > '3'")
    {'numpy': '2.4.6', 'torch': '2.13.0'}
    """
    pairs = (line.partition(";")[0].split("==") for line in constraints.splitlines() if line[:1] != "#")
    return {plain_name(pair[0].strip()): pair[1].strip() for pair in pairs if len(pair) == 2}


def taken(versions: dict[str, str]) -> Iterator[tuple[str, Distribution]]:
    """Packages in the pinned version, whatever they were built for."""
    for package in distributions():
        name = plain_name(package.metadata["Name"])
        if versions.get(name) == package.version.partition("+")[0]:
            yield name, package


def copy_files(name: str, package: Distribution, folder: Path) -> None:
    """Copy what a package says of itself, and the documents among its files."""
    told = str(package.metadata.get_payload() or package.metadata.get("Description") or "")
    if told.strip():
        markdown = "markdown" in package.metadata.get("Description-Content-Type", "")
        place = folder / "packages" / f"{name}{'.md' if markdown else '.rst'}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(told, "utf-8")
    for file in package.files or ():
        hidden = any(part.startswith(".") for part in file.parts)
        legal = LEGAL.search(file.as_posix()) or file.parts[0].endswith(".dist-info")
        found = Path(str(package.locate_file(file)))
        if file.suffix.lower() in ENDINGS and not hidden and not legal and found.is_file():
            place = folder / "files" / Path(*file.parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, place)


def digest_of(folder: Path) -> str:
    """One hash of all files and their paths."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()


def copy_all(folder: Path) -> int:
    """Bring all documents together; returns how many packages gave some."""
    versions = pinned((HERE.parent / "constraints.txt").read_text("utf-8"))
    packages = list(taken(versions))
    for name, package in packages:
        copy_files(name, package, folder)
    pdfs = folder / "formats" / "pdf"
    pdfs.mkdir(parents=True)
    for file in sorted((data_folder() / "formats" / "pdf").glob("*.pdf")):
        shutil.copyfile(file, pdfs / file.name)
    return len(packages)


def made(folder: Path, path: Path, progress: Progress) -> dict[str, Any]:
    """Make the knowledge base; returns what it holds."""
    with Collection(path) as collection:
        base = KnowledgeBase(collection)
        base.add(folder)
        report = base.update(progress=lambda told: progress("indexing", told.files_read, told.to_read))
        for fault in report.faults:
            print(fault.replace(f"{folder}/", ""), file=sys.stderr)
        held = [Path(document.source) for document in collection.reader().documents()]
        return {
            "files": report.files,
            "documents": len(held),
            "kinds": dict(Counter(file.suffix for file in held).most_common()),
            "passages": collection.describe()["passages"],
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "kb_worth.json", help="file of the result")
    given = parser.parse_args()
    questions = read_questions(QUESTIONS)
    settings, progress = load_pipeline_settings(), Progress()
    with tempfile.TemporaryDirectory() as scratch:
        folder, path = Path(scratch, "documents"), Path(scratch, "base")
        packages = copy_all(folder)
        held = made(folder, path, progress)
        digest = digest_of(folder)
        with open_knowledge_base(path, settings, ConfiguredModels(settings, keep_scores=True)) as base:
            found = evaluate_questions(base, questions, partial(progress, "asking"))
    if found.missing:
        sys.exit(f"Not among the files: {found.missing}. Install with constraints.txt.")
    values = {
        "packages": packages,
        **held,
        "files_digest": digest,
        "relevant_files": len({mark for question in questions for mark in question.relevant}),
        **found.to_dict(),
    }
    write_json(given.out, {**run_card(), **values})


if __name__ == "__main__":
    main()
