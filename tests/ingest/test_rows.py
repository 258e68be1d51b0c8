from __future__ import annotations

from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.rows import Row, table_rows


def rows(tmp_path: Path, content: bytes, *, longest: int = 1000) -> tuple[list[Row], list[str]]:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    faults: list[RecordError] = []
    found = list(table_rows(file, ",", on_broken=faults.append, max_row_bytes=longest))
    return found, [f"{fault.position}: {fault.reason}" for fault in faults]


def test_rows_know_where_they_stand(tmp_path: Path) -> None:
    found, faults = rows(tmp_path, b'a,b\n\n"x\ny",2\nlast,3')
    assert found == [Row(1, 1, ["a", "b"]), Row(3, 2, ["x\ny", "2"]), Row(5, 1, ["last", "3"])]
    assert faults == []


def test_a_quote_that_is_never_closed_costs_its_line_only(tmp_path: Path) -> None:
    found, faults = rows(tmp_path, b'a,b\n"open,1\nc,2\nd,3\n')
    assert [row.cells for row in found] == [["a", "b"], ["c", "2"], ["d", "3"]]
    assert len(faults) == 1
    assert faults[0].startswith("line 2")


def test_a_row_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    found, faults = rows(tmp_path, b"a,b\n\xff\xfe,1\nc,2\n")
    assert [row.cells for row in found] == [["a", "b"], ["c", "2"]]
    assert faults == ["line 2: the row is not valid UTF-8"]


def test_a_row_over_several_lines_is_bounded(tmp_path: Path) -> None:
    found, faults = rows(tmp_path, b'a\n"' + b"x\n" * 100 + b'"\nb\n', longest=50)
    assert found[0].cells == ["a"]
    assert found[-1].cells == ["b"]
    assert any("longer than 50 bytes" in fault for fault in faults)
