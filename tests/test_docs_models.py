"""docs/models.md names what there is: instructions, options, arguments."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import typer.main

from pertinent import Reranker
from pertinent.cli.commands import app
from pertinent.families.instructions import INSTRUCTIONS

PAGE = (Path(__file__).parents[1] / "docs" / "models.md").read_text("utf-8")
SHELL = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


def test_instructions_are_those_that_ship() -> None:
    table = dict(re.findall(r"^\| `([a-z-]+)` \| (Given .*) \|$", PAGE, re.MULTILINE))
    assert table == INSTRUCTIONS


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("pertinent ")])
def test_every_command_is_one_with_these_options(line: str) -> None:
    words = line.split()[1:]
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    options = {word for word in words if word.startswith("--")}
    assert not hasattr(command, "commands")
    assert options <= known


def test_every_argument_is_one() -> None:
    named = set(re.findall(r"`([a-z]\w*)=", PAGE))
    functions = (Reranker.__init__, Reranker.cascade, Reranker.rank)
    known = {name for function in functions for name in inspect.signature(function).parameters}
    assert named
    assert named <= known


def test_python_examples_compile() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "docs/models.md", "exec")
