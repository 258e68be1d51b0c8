"""Turn the results into ``docs/results.md`` and the table of ``docs/speed.md``; ``--check`` compares.

Usage: ``python benchmarks/write_docs.py [--check]``. The page ends with a hash of all results, so the check
fails when any of them was edited, shown or not.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import carried_page
import quality_page
import serve_page
import speed_page
from page_parts import RESULTS, load, measured

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "results.md"
STORY = DOCS / "speed.md"
BEGIN, END = "<!-- written by benchmarks/write_docs.py -->", "<!-- end -->"


def page() -> str:
    """The whole results page."""
    parts = [
        "# Results",
        "Written by `python benchmarks/write_docs.py` from `benchmarks/results/`; no figure is typed by "
        "hand. Each result there says with which versions and settings it was measured. " + machine(),
    ]
    for each in (carried_page, quality_page, speed_page, serve_page):
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


def story() -> str:
    """``docs/speed.md`` with its table as it was measured last."""
    before, _, rest = STORY.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{speed_page.steps()}\n\n{END}{after}"


def main() -> None:
    pages = {PAGE: page(), **({STORY: story()} if measured("speed_steps") else {})}
    for file, text in pages.items():
        if "--check" not in sys.argv[1:]:
            file.write_text(text, "utf-8")
            print(file)
        elif not file.exists() or file.read_text("utf-8") != text:
            sys.exit(f"docs/{file.name} differs from the results: run python benchmarks/write_docs.py")


if __name__ == "__main__":
    main()
