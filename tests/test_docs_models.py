"""Pages name what there is: docs/models.md instructions and arguments, all of them commands."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from pertinent import Embedder, Reranker
from pertinent.cli.commands import app
from pertinent.families.instructions import INSTRUCTIONS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")
PAGES = [file.read_text("utf-8") for file in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))]
SHELL = {
    line.partition("  #")[0].strip()
    for page in PAGES
    for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines()
}


def test_instructions_are_those_that_ship() -> None:
    table = dict(re.findall(r"^\| `([a-z-]+)` \| (Given .*) \|$", PAGE, re.MULTILINE))
    assert table == INSTRUCTIONS


@pytest.mark.parametrize("line", sorted(line for line in SHELL if line.startswith("pertinent ")))
def test_every_command_is_one_with_these_options(line: str) -> None:
    words = shlex.split(line)[1:]
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    command = command.commands[command.default] if hasattr(command, "default") else command
    known = {option for parameter in command.params for option in parameter.opts}
    options = {word for word in words if word.startswith("--")}
    assert not (words and hasattr(command, "commands")), "no such command"
    assert options <= known


@pytest.mark.parametrize(
    ("page", "functions"),
    [
        ("models.md", (Reranker.__init__, Reranker.cascade, Reranker.rank)),
        ("embedders.md", (Embedder.__init__,)),
    ],
)
def test_every_argument_is_one(page: str, functions: tuple[Callable[..., object], ...]) -> None:
    named = set(re.findall(r"`([a-z]\w*)=", (ROOT / "docs" / page).read_text("utf-8")))
    known = {name for function in functions for name in inspect.signature(function).parameters}
    assert named
    assert named <= known


def test_python_examples_compile() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "docs/models.md", "exec")
