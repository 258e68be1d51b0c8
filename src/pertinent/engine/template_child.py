"""Runs one chat template in a process of its own: a job as JSON on stdin, the outcome on stdout.

``pertinent.engine.chat_template`` starts it. A template is a program that came with a download; the
sandbox keeps it from files and attributes, the process from taking all time and memory.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pertinent.engine.child_process import limit_process

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.parser import Parser

DATE = datetime(2024, 7, 26)
"""What templates are told is today, so that a model gives the same scores every day.

Llama 3 templates write this date where they are told none."""


def render(source: str, variables: dict[str, Any], characters: int) -> str:
    """Render a chat template as ``transformers`` does.

    Parameters
    ----------
    source : str
        The template.
    variables : dict[str, Any]
        What it may use, ``messages`` among them.
    characters : int
        Most that it may write.

    Returns
    -------
    str
        The text.

    Raises
    ------
    Exception
        Whatever the template or the library raises.
    """
    from jinja2 import TemplateError, ext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class GenerationBlocks(ext.Extension):
        """Reads ``{% generation %}``, which marks what an assistant said, and leaves it as it is."""

        tags = {"generation"}  # noqa: RUF012 (declared so by the base class)

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: object) -> None:
        raise TemplateError(str(message))

    def to_json(value: object, indent: int | None = None, **_: object) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[ext.loopcontrols, GenerationBlocks]
    )
    environment.globals.update(raise_exception=raise_exception, strftime_now=DATE.strftime)
    environment.filters["tojson"] = to_json
    parts: list[str] = []
    for part in environment.from_string(source).generate(variables):
        parts.append(part)
        characters -= len(part)
        if characters < 0:
            raise TemplateError("too long")
    return "".join(parts)


def main() -> None:
    """Read the job, limit this process, render, and write the outcome."""
    job = json.load(sys.stdin)
    limit_process(seconds=job["seconds"], memory=job["memory"])
    try:
        outcome: dict[str, object] = {"text": render(job["source"], job["variables"], job["characters"])}
    except BaseException as error:  # a template may raise what it likes
        outcome = {"error": type(error).__name__, "missing": getattr(error, "name", None) == "jinja2"}
    json.dump(outcome, sys.stdout)
