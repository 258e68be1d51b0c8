from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pertinent.cli import app, commands
from pertinent.engine import aside
from support.command import Run


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("demo", "index", "search", "rerank", "collections", "models"):
        assert command in done.stdout


SILENT = {"pertinent", "serve", "mcp"}
"""Commands that print no result of their own; what a server tells are log lines, which are JSON."""


def test_every_command_speaks_json() -> None:
    waiting: list[Any] = [typer.main.get_command(commands.app)]
    while waiting:
        command = waiting.pop()
        inner = list(getattr(command, "commands", {}).values())
        waiting += inner
        options = {option for parameter in command.params for option in parameter.opts}
        only_a_group = inner and not options
        assert "--json" in options or only_a_group or command.name in SILENT, command.name


def test_version(run: Run) -> None:
    assert run("--version").stdout.startswith("pertinent 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("search",),
        ("search", "x", "y", "--top-k", "zero"),
        ("rerank", "q", "--threshold", "2"),
    ],
)
def test_wrong_usage_exits_with_2_and_prints_nothing_on_stdout(run: Run, arguments) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_wrong_settings_exit_with_2(run: Run) -> None:
    done = run("collections", PERTINENT_TOP_K="none")
    assert done.returncode == 2
    assert "top_k" in done.stderr


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def broken(**options: object) -> None:
        raise error

    monkeypatch.setattr(commands, "app", broken)
    monkeypatch.setattr(aside, "is_busy", lambda: False)  # though another test have left something
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(str(ended.value.code))


def test_a_fault_of_our_own_keeps_texts_to_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(monkeypatch, ValueError("text of a patient")) == 1
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "patient" not in told


def test_what_the_system_refuses_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/some/file")
    assert fail_with(monkeypatch, refused) == 1
    told = capsys.readouterr().err
    assert "Too many open files (/some/file)" in told
    assert "fault of its own" not in told


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert fail_with(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_during_imports_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "pertinent", "models"]
    done = subprocess.run(command, check=False, capture_output=True, env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(("end", "code"), [("print('done')", 0), ("raise KeyboardInterrupt", 130)])
def test_a_model_that_is_still_busy_keeps_no_command(end: str, code: int) -> None:
    script = (
        "import time\n"
        "from pertinent.cli import app, commands\n"
        "from pertinent.engine.aside import begun\n"
        "def busy(**options):\n"
        "    begun(lambda: time.sleep(300))\n"
        f"    {end}\n"
        "commands.app = busy\n"
        "app.main()\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (code, "" if code else "done\n", "")


def in_shell(
    command: str, folder: Path, *more: str, unbuffered: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run(
        ["bash", "-c", command, *more],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_told(tmp_path: Path, unbuffered: str) -> None:
    for options in ("--json", ""):
        command = f"exec {sys.executable} -m pertinent models {options} >/dev/full"
        done = in_shell(command, tmp_path, unbuffered=unbuffered)
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_is_no_news(tmp_path: Path, unbuffered: str) -> None:
    command = f"{sys.executable} -m pertinent models | true; exit ${{PIPESTATUS[0]}}"
    done = in_shell(command, tmp_path, unbuffered=unbuffered)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_error_after_output_that_cannot_be_written_is_told_alone(tmp_path: Path) -> None:
    code = (
        "from pertinent.cli import app, commands\n"
        "from pertinent.errors import DataError\n"
        "def broken(**options):\n"
        "    print('half an answer')\n"
        "    raise DataError('The rest is missing.', hint='Look for it.')\n"
        "commands.app = broken\n"
        "app.main()\n"
    )
    done = in_shell(f'exec {sys.executable} -c "$0" >/dev/full', tmp_path, code)
    assert (done.returncode, done.stderr) == (1, "Error: The rest is missing.\nLook for it.\n")


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pertinent", "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "Usage: pertinent" in done.stdout
