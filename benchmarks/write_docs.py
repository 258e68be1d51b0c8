"""Turn the results into ``docs/results.md`` and the written parts of other pages; ``--check`` compares.

Usage: ``python benchmarks/write_docs.py [--check]``. The page ends with a hash of all results, so the check
fails when any of them was edited, shown or not.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import carried_page
import kb_worth_page
import quality_page
import serve_page
import speed_page
from page_parts import RESULTS, load, measured

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "results.md"
PARTS = {
    DOCS / "speed.md": ("speed_steps", speed_page.steps),
    DOCS / "knowledge-base.md": ("kb_worth", kb_worth_page.sentence),
}
"""Pages with a part that is written here: of which result, and what."""

BEGIN, END = "<!-- written by benchmarks/write_docs.py -->", "<!-- end -->"


def page() -> str:
    """The whole results page."""
    parts = [
        "# Results",
        "Written by `python benchmarks/write_docs.py` from `benchmarks/results/`; no figure is typed by "
        "hand. Each result there says with which versions and settings it was measured. " + machine(),
    ]
    for each in (carried_page, quality_page, kb_worth_page, speed_page, serve_page):
        for title, (command, text) in each.sections().items():
            parts += [f"## {title}", f"`{command}`", text]
    return "\n\n".join([*parts, f"<!-- SHA-256 of the results: {hash_of_results()} -->"]) + "\n"


def machine() -> str:
    """Where the whole pipeline was measured."""
    described = load("pipeline_speed")["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in described["packages"].items())
    return (
        f"Machine, where nothing else is said: {described['cores']} cores of {described['processor']}, "
        f"Python {described['python']}; {packages}."
    )


def hash_of_results() -> str:
    """One hash of all result files and their names."""
    digest = hashlib.sha256()
    for file in sorted(RESULTS.rglob("*.json")):
        data = file.read_bytes()
        digest.update(f"{file.relative_to(RESULTS).as_posix()}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()


def with_part(page: Path, part: str) -> str:
    """A page with its written part as it was measured last."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def main() -> None:
    parts = {file: with_part(file, write()) for file, (name, write) in PARTS.items() if measured(name)}
    for file, text in {PAGE: page(), **parts}.items():
        if "--check" not in sys.argv[1:]:
            file.write_text(text, "utf-8")
            print(file)
        elif not file.exists() or file.read_text("utf-8") != text:
            sys.exit(f"docs/{file.name} differs from the results: run python benchmarks/write_docs.py")


if __name__ == "__main__":
    main()
