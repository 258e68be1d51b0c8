from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pertinent.errors import RecordError
from pertinent.ingest.tagged_lines import LINE_WIDTH, tagged_lines, tagged_records


def records(
    path: Path, content: bytes, opens: str = "TY", closes: str = "ER", **limits: int
) -> tuple[list[tuple[int, dict[str, list[str]]]], list[str]]:
    file = path / "records"
    file.write_bytes(content)
    errors: list[RecordError] = []
    found = tagged_records(file, opens=opens, closes=closes, on_broken=errors.append, **limits)
    return [(record.line, record.values) for record in found], [
        f"{error.position}: {error.reason}" for error in errors
    ]


def test_records_end_with_a_tag(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbfProvider: x\r\nTY  - JOUR\r\nTI  - One\r\n\r\n  goes  on\r\nAU  - A\r\nAU  - B\r\n"
        b"KW  -\r\nER  - \r\nAU  - lost\r\nTY  - GEN\nTY  - BOOK"
    )
    assert records(tmp_path, content) == (
        [
            (2, {"TY": ["JOUR"], "TI": ["One goes on"], "AU": ["A", "B"]}),
            (11, {"TY": ["GEN"]}),
            (12, {"TY": ["BOOK"]}),
        ],
        [],
    )


def test_records_end_with_an_empty_line(tmp_path: Path) -> None:
    content = b"\nPMID- 1\nTI  - One\n      two\n \n\nTI  - No number\nPMID- 2\nPMC - PMC3\n"
    assert records(tmp_path, content, "PMID", "") == (
        [
            (2, {"PMID": ["1"], "TI": ["One two"]}),
            (7, {"TI": ["No number"]}),
            (8, {"PMID": ["2"], "PMC": ["PMC3"]}),
        ],
        [],
    )


def test_lines_of_old_programs_and_gzip(tmp_path: Path) -> None:
    content = gzip.compress(b"TY  - JOUR\nTI  - na\xefve\nAB  - na\xc3\xafve\nER  - \n")
    (record,), _ = records(tmp_path, content)
    assert (record[1]["TI"], record[1]["AB"]) == (["na\xefve"], ["na\xefve"])


def test_a_record_too_large_is_left_out_whole(tmp_path: Path) -> None:
    large = b"PMID- 1\nAB  - " + b"word " * 40 + b"\nTI  - after\n\n"
    found, reasons = records(tmp_path, large + b"PMID- 2\n", "PMID", "", max_record_bytes=100)
    assert found == [(5, {"PMID": ["2"]})]
    assert reasons == ["line 1: the citation is larger than 100 bytes"]


@pytest.mark.parametrize(
    "line", [b"AB - one space", b"ABCDE- five", b"A   - one", b"ab  - small", b"  AB- set in", b"AB  -glued"]
)
def test_what_is_no_tag_goes_on_with_the_value(tmp_path: Path, line: bytes) -> None:
    (record,), _ = records(tmp_path, b"TY  - JOUR\nTI  - a\n" + line + b"\n")
    assert record[1]["TI"] == [f"a {' '.join(line.decode().split())}"]


def test_lines_are_wrapped_between_words() -> None:
    value = "word " * 30 + "x" * 200
    lines = tagged_lines("AB", value, wrap=True)
    assert all(len(line) <= LINE_WIDTH for line in lines[:-1])
    assert lines[-1] == "      " + "x" * 200
    assert [line[:6] for line in lines] == ["AB  - ", "      ", "      "]
    assert tagged_lines("AB", " \n", wrap=True) == []
