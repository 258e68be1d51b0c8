"""A log is a line for each step, once."""

from __future__ import annotations

from pathlib import Path

from pertinent.train.log import TrainingLog, read_log


def test_steps_that_are_made_again_stand_once(tmp_path: Path) -> None:
    path = tmp_path / "run" / "log.jsonl"
    log = TrainingLog(path, 0)
    for step in (1, 2, 3):
        log.write({"step": step, "loss": 1 / step})
    log.close()
    with path.open("a") as file:
        file.write('{"step": 4, "lo')
    again = TrainingLog(path, 2)
    again.write({"step": 3, "loss": 0.25})
    assert [record["loss"] for record in read_log(path)] == [1, 0.5, 0.25]
    again.close()


def test_what_is_no_record_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"step": 1}\n[]\n{"step": "2"}\n\xff\n')
    assert list(read_log(path)) == [{"step": 1}]
    assert list(read_log(tmp_path / "absent")) == []
