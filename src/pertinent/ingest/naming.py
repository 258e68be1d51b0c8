"""What a file's name says."""

from __future__ import annotations

import re
from pathlib import Path

from pertinent.types import content_hash


def suffix(path: Path) -> str:
    """Ending of the name in lower case, a ``.gz`` behind it set aside.

    Examples
    --------
    >>> suffix(Path("Notes.MD")), suffix(Path("corpus.jsonl.gz")), suffix(Path("README"))
    ('.md', '.jsonl', '')
    """
    return Path(_without_gz(path)).suffix.lower()


def title_of(path: Path) -> str:
    """The name without its ending, underscores as spaces.

    Examples
    --------
    >>> title_of(Path("/notes/heart_failure-2021.txt"))
    'heart failure-2021'
    """
    stem = Path(_without_gz(path)).stem
    return re.sub(r"[\s_]+", " ", stem).strip()


def file_id(path: Path) -> str:
    """Identity of a file that is one document: its name, and a hash of where it lies.

    Examples
    --------
    >>> file_id(Path("/notes/asthma.txt"))
    'asthma.txt:a3939d95ba07'
    """
    return f"{path.name}:{content_hash(str(path))[:12]}"


def _without_gz(path: Path) -> str:
    name = path.name
    return name[:-3] if name.lower().endswith(".gz") else name
