"""The map is true: its rooms, files and packages are those that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pertinent"
MAP = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_every_room_stands_in_the_house() -> None:
    house = MAP.split("```")[1]
    rooms = {path.stem for path in SOURCE.iterdir() if not path.name.startswith(("__", "py."))}
    assert rooms <= set(re.findall(r"[a-z]+", house))
    assert set(re.findall(r"([a-z]+)/", house)) <= rooms


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`([a-z]+(?:\.[a-z0-9_]+)+)`", MAP)
    assert len(named) > 50
    for name in set(named) - {"constraints.txt"}:
        path = SOURCE.joinpath(*name.split("."))
        assert path.with_suffix(".py").is_file() or path.is_dir(), name


def test_every_package_has_its_reason_and_no_other_has_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    wanted = {re.split(r"[^\w-]", one)[0] for one in required} - {"pertinent"}
    table = MAP.split("## Dependencies")[1]
    reasons = dict(re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", table, re.MULTILINE))
    told = set()
    for cell, reason in reasons.items():
        names = re.sub(r"\(.*?\)", "", cell).strip().split(", ")
        told |= {f"opentelemetry{name}" if name.startswith("-") else name for name in names}
        assert reason.strip(), cell
    assert told - {"package", "---"} == wanted
