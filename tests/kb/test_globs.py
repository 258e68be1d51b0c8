from __future__ import annotations

from pathlib import PurePath

import pytest

from pertinent.errors import UsageError
from pertinent.kb.globs import MAX_GLOBS, check_globs, matches


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.md", "a.md", True),
        ("*.md", "x/y/a.md", True),
        ("*.md", "a.mdx", False),
        ("x/*.md", "x/a.md", True),
        ("x/*.md", "x/y/a.md", False),
        ("x/**", "x/y/a.md", True),
        ("x/**", "x", False),
        ("**/y/*", "y/a", True),
        ("**/y/*", "x/y/a", True),
        ("**/y/**/a", "x/y/z/z/a", True),
        ("[ab].md", "b.md", True),
        ("*.MD", "a.md", False),
    ],
)
def test_what_a_pattern_matches(glob: str, path: str, expected: bool) -> None:
    assert matches(PurePath(path), [glob]) is expected


@pytest.mark.parametrize("glob", ["", "/etc/*", "../*", "a//b", "a/../b", "a\nb", "x" * 201, "**/" * 5 + "a"])
def test_patterns_of_no_use_are_refused(glob: str) -> None:
    with pytest.raises(UsageError, match="no pattern"):
        check_globs([glob])


def test_too_many_patterns_are_refused() -> None:
    with pytest.raises(UsageError, match="at most"):
        check_globs(["*.md"] * (MAX_GLOBS + 1))
