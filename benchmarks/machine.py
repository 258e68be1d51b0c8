"""The run card of a result that is no evaluation, and where results are written."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pertinent.evaluate.cards.machine import describe_machine, package_versions
from pertinent.settings import load_settings

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """This machine, without the build of its kernel, which belongs to whoever runs it."""
    return publishable(describe_machine())


def publishable(described: Mapping[str, Any]) -> dict[str, Any]:
    """A description of a machine with no more than the name of its system.

    Examples
    --------
    >>> publishable({"cores": 2, "system": "Linux 6.1.0-mine x86_64"})
    {'cores': 2, 'system': 'Linux x86_64'}
    """
    words = str(described.get("system", "")).split()
    return {**described, "system": " ".join(dict.fromkeys((*words[:1], *words[-1:])))}


def command(arguments: Sequence[str]) -> str:
    """What was called, with files and folders by their last name: where they lie is nobody's business.

    Examples
    --------
    >>> command(["/somewhere/benchmarks/run.py", "--peer=/home/me/bin/python", "--rounds", "2"])
    'python benchmarks/run.py --peer=python --rounds 2'
    """
    script, *rest = arguments
    words = [f"benchmarks/{Path(script).name}"]
    for word in rest:
        option, equals, value = word.rpartition("=")
        words.append(f"{option}{equals}{Path(value).name if Path(value).is_absolute() else value}")
    return shlex.join(["python", *words])


def run_card() -> dict[str, Any]:
    """What repeats a result: command, settings, versions, machine, day."""
    packages = package_versions()
    return {
        "command": command(sys.argv),
        "pertinent": packages.get("pertinent", ""),
        "measured": datetime.now(UTC).date().isoformat(),
        "settings": load_settings().model_dump(mode="json", exclude={"home"}),
        "machine": {**machine(), "packages": packages},
    }


def write_result(name: str, values: dict[str, Any]) -> None:
    write_json(RESULTS / f"{name}.json", {**run_card(), **values})


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a result whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", "utf-8")
    whole.replace(path)
    print(path, flush=True)
