from __future__ import annotations

from pathlib import Path

import typer.main

from pertinent.cli import commands

FOLDER = Path(commands.__file__).parent


def test_every_command_is_a_file_of_the_folder_and_says_what_it_does() -> None:
    known = typer.main.get_command(commands.app).commands  # type: ignore[attr-defined]
    assert set(known) <= {path.stem for path in FOLDER.glob("*.py")}
    assert [name for name, command in known.items() if not (command.help or "").strip()] == []


def test_the_knowledge_bases_worth_is_asked_of_them() -> None:
    known = typer.main.get_command(commands.app).commands["kb"].commands  # type: ignore[attr-defined]
    assert {"add", "list", "remove", "search", "evaluate", "draft-questions"} == set(known)
