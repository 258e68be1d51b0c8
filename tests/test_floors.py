"""No file imports from a higher floor, and a start imports nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "pertinent"
FLOORS = {
    "types": 0, "errors": 0, "settings": 0,
    "families": 1, "engine": 1,
    "rerankers": 2, "embedders": 2, "providers": 2,
    "store": 3, "ingest": 3,
    "search": 4, "kb": 4, "evaluate": 4, "train": 4,
    "cli": 5, "serve": 5, "mcp": 5,
}  # fmt: skip
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem in FLOORS)


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "pertinent":
                names = [f"pertinent.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("pertinent.")}
    return rooms


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_only_downward(path: Path) -> None:
    assert room(path) in FLOORS, "a room without a floor: give it one here and in ARCHITECTURE.md"
    for other in imported_rooms(path):
        known = other if other in FLOORS else "cli"  # names of the top package count as its highest floor
        assert FLOORS[known] <= FLOORS[room(path)], f"{room(path)} imports from {other}"


def test_the_check_sees_an_upward_import(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("def f():\n    from pertinent.cli.app import main\n")
    assert imported_rooms(file) == {"cli"}


@pytest.mark.parametrize("start", ["import pertinent", "import pertinent.cli.app"])
def test_start_imports_nothing_heavy(start: str) -> None:
    heavy = [
        "openvino",
        "torch",
        "transformers",
        "qdrant_edge",
        "qdrant_client",
        "tokenizers",
        "numpy",
        "pydantic",
        "fastapi",
        "uvicorn",
        "httpx2",
        "mcp",
    ]
    code = f"{start}; import sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
