from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.xml_trees import xml_trees


def trees(
    folder: Path, content: str | bytes, max_bytes: int = 1000, max_depth: int = 5
) -> tuple[list[tuple[str, str]], list[str]]:
    path = folder / "a.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    errors: list[RecordError] = []
    found = xml_trees(
        path, {"a"}, named="thing", max_bytes=max_bytes, max_depth=max_depth, on_broken=errors.append
    )
    return [(where, "".join(tree.itertext())) for where, tree in found], [
        f"{error.position}: {error.reason}" for error in errors
    ]


def test_only_what_is_wanted_is_built(tmp_path: Path) -> None:
    assert trees(tmp_path, "<r>no<a>1</a>\n<b>no</b><a>2<a>inner</a></a></r>") == (
        [("thing 1 (line 1)", "1"), ("thing 2 (line 2)", "2inner")],
        [],
    )


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("<a><x><x><x><x><x/></x></x></x></x></a>", "line 1: elements are nested more than 5 deep"),
        (f"\n<a>{'x' * 2000}", "line 2: a thing is larger than 1,000 bytes"),
        ("<a></r>", "line 1: the XML is broken (mismatched tag)"),
        ("<a>", "line 1: the XML is broken (no element found)"),
    ],
)
def test_what_was_read_before_a_fault_stays(tmp_path: Path, rest: str, reason: str) -> None:
    assert trees(tmp_path, f"<r><a>1</a>{rest}") == ([("thing 1 (line 1)", "1")], [reason])


@pytest.mark.parametrize("declared", ['x "y"', 'x SYSTEM "file:///etc/passwd"', '% x "y"'])
def test_a_file_that_declares_entities_is_refused(tmp_path: Path, declared: str) -> None:
    content = f"<!DOCTYPE r [<!ENTITY {declared}>]><r><a>&x;</a></r>"
    for data in (content.encode(), content.encode("utf-16")):
        assert trees(tmp_path, data) == ([], ["line 1: it declares entities, which could be an attack"])


def test_entities_of_html_are_known(tmp_path: Path) -> None:
    content = '<!DOCTYPE r SYSTEM "x.dtd"><r><a>&alpha;&nonsense;</a></r>'
    assert trees(tmp_path, content)[0] == [("thing 1 (line 1)", "α\N{REPLACEMENT CHARACTER}")]
