"""``pertinent models``: what is known, what is present, context, size, licence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer


def models(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models Pertinent knows."""
    from pertinent.cli.console import output, print_json, print_line
    from pertinent.engine.catalogue import known_models

    known = known_models()
    if json:
        print_json([{**asdict(model.info), "present": model.present, "bytes": model.size} for model in known])
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("model", no_wrap=True)
    for heading in ("kind", "present", "revision", "licence"):
        table.add_column(heading)
    for heading in ("context", "weights", "on disk"):
        table.add_column(heading, justify="right")
    for model in known:
        info = model.info
        table.add_row(
            escape(info.name),
            info.kind,
            "yes" if model.present else "no",
            escape(info.revision or "–"),
            escape(info.licence),
            f"{info.max_tokens:,}",
            f"{info.parameters / 1e6:.1f} M",
            f"{model.size / 1e6:.1f} MB" if model.present else "–",
        )
    output().print(table)
    for model in known:
        print_line(f"{model.info.name}: {model.info.description}", style="dim")
