"""The torch path needs numpy, tokenizers, safetensors and torch, and nothing else that is ours to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.tiny_models import tiny_model
from support.tokens import SMALL

ELSEWHERE = (
    "huggingface_hub", "httpx2", "openvino", "pydantic", "pydantic_settings", "qdrant_edge", "rich",
    "transformers", "typer",
)  # fmt: skip
SCRIPT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in %r:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from pertinent import Embedder, Reranker

reranker = Reranker(sys.argv[1], engine="torch", check=False)
ranking = reranker.rank("what lowers glucose?", ["It rained.", "Metformin lowers glucose."])
print(len(ranking), ranking[0].score.engine)
print(Embedder(sys.argv[1], engine="torch", check=False).embed_queries(["what lowers glucose?"]).shape)
"""


def test_a_machine_with_torch_alone_ranks_and_embeds(tmp_path: Path) -> None:
    small = {"hidden": 32, "intermediate": 32, "heads": 2, "kv_heads": 1, "layers": 2}
    tiny_model(tmp_path / "rerank", vocabulary=151_669, **small)
    (tmp_path / "rerank" / "tokenizer.json").write_bytes(SMALL)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % (ELSEWHERE,), str(tmp_path / "rerank")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == ["2 torch", "(1, 32)"], done.stderr
