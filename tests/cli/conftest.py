from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `pertinent` as a user does, in an empty folder with an empty data folder."""
    environment = {**os.environ, "PERTINENT_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}

    def call(*arguments: str, stdin: str | bytes = "", **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from pertinent.cli.app import main; main()", *arguments]
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            command,
            check=False,
            input=data,
            capture_output=True,
            cwd=tmp_path,
            env=environment | more,
            timeout=100,
        )
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        )

    return call


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Three small documents in JSON Lines."""
    file = tmp_path / "notes.jsonl"
    file.write_text(
        '{"id": "a", "title": "Metformin", "text": "Metformin lowers glucose. A tablet.", "year": 1995}\n'
        '{"id": "b", "title": "Rain", "text": "It rained all day in the mountains.", "year": 2001}\n'
        '{"id": "c", "title": "Insulin", "text": "Insulin is injected to lower glucose.", "year": 1922}\n'
    )
    return file
