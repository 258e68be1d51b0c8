"""Torch models run where numpy, tokenizers, safetensors and torch are installed and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from support.tiny_embedder import tiny_embedder
from support.tiny_models import tiny_model
from support.tokens import SMALL

BARE = {"numpy", "tokenizers", "safetensors", "torch"}
COMES_WITH_TORCH = {"jinja2"}

RUN = """
import importlib.abc, json, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

ABSENT = set(json.loads(sys.argv[1]))
sys.meta_path.insert(0, Absent())
from pertinent import Embedder, Reranker

options = dict(engine="torch", device="cpu", check=False)
ranking = Reranker(sys.argv[2], **options).rank("What lowers glucose?", ["It rained.", "Metformin does."])
vectors = Embedder(sys.argv[3], **options).embed_documents(["It rained."])
print(json.dumps([len(ranking), ranking[0].score.engine, vectors.shape]))
"""


def packages() -> set[str]:
    """What the package asks for, and what those that test it have beside it, as imports name them."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *chain.from_iterable(extras.values())]
    names = {name.split(">")[0].split("=")[0].split("[")[0] for name in asked}
    return {name.replace("-", "_").replace("qdrant_edge_py", "qdrant_edge") for name in names} - {"pertinent"}


@pytest.fixture
def absent() -> set[str]:
    others = packages() - BARE - COMES_WITH_TORCH
    assert {"openvino", "pydantic", "typer", "huggingface_hub", "ml_dtypes", "transformers"} <= others
    return others


def test_a_reranker_and_an_embedder_run_on_a_bare_machine(absent: set[str], tmp_path: Path) -> None:
    reranker, embedder = tmp_path / "reranker", tmp_path / "embedder"
    sizes = {"layers": 1, "hidden": 16, "intermediate": 16, "dtype": "bfloat16"}
    tiny_model(reranker, vocabulary=151_669, **sizes)
    (reranker / "tokenizer.json").write_bytes(SMALL)
    tiny_embedder(embedder, dtype="bfloat16")
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(sorted(absent)), str(reranker), str(embedder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [2, "torch", [1, 64]]
