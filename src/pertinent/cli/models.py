"""``pertinent models``: what is known, what is present."""

from __future__ import annotations

from typing import Annotated

import typer


def models(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models Pertinent knows: present or not, context, size, licence."""
    from pertinent.cli.console import output, print_json
