"""Reads one PDF in a process of its own.

``pertinent.ingest.pdf`` starts it. PDFium is native code, and a PDF comes from anywhere: a fault or an
endless page ends this process and nothing else.
"""

from __future__ import annotations

import time
from typing import Any

from pertinent.ingest.reading_apart import answer

PASSWORD = "it is encrypted; save a copy without password"  # noqa: S105 (no password)
DAMAGED = "the PDF is damaged"


def read_pages(data: bytes, *, pages: int, characters: int, seconds: float) -> dict[str, Any]:
    """Texts of the pages.

    Parameters
    ----------
    data : bytes
        The file.
    pages : int
        Pages that are read at most.
    characters : int
        Characters after which no further page is begun.
    seconds : float
        Time after which no further page is begun.

    Returns
    -------
    dict
        ``pages``: pairs of number and text; ``faults``: what was left out; ``title``. Or ``refused``: why
        nothing can be read.
    """
    import pypdfium2

    begun = time.monotonic()
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        return {"refused": PASSWORD if "password" in str(error).lower() else DAMAGED}
    texts: list[tuple[int, str]] = []
    faults: list[str] = []
    if count > pages:
        faults.append(f"pages after {pages:,} of {count:,} are left out")
    for number in range(1, min(count, pages) + 1):
        if characters < 0 or time.monotonic() - begun > seconds:
            reason = "text" if characters < 0 else "time"
            faults.append(f"pages from {number:,} on are left out: they take too much {reason}")
            break
        try:
            page = document[number - 1]
            text = page.get_textpage().get_text_bounded()
        except (pypdfium2.PdfiumError, ValueError):
            faults.append(f"page {number:,} cannot be read")
            continue
        texts.append((number, text))
        characters -= len(text)
    title = document.get_metadata_value("Title")
    return {"pages": texts, "faults": faults, "title": title}


def main() -> None:
    """Answer one job."""
    answer(read_pages)
