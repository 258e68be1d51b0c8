"""Choose the embedder's window on train splits: nDCG@10 of the dense list alone, with 256 and 512 tokens.

Usage: ``PERTINENT_DATA=... python benchmarks/fit_window.py``. The chosen window stands in
``src/pertinent/families/catalogue.py``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from fit_final import QUERIES
from judged_data import judged_set, mean_ndcg
from pertinent import Embedder
from pertinent.engine.catalogue import CARRIED
from pertinent.families.carried import CARRIED_EMBEDDER
from pertinent.ingest.chunker import carried_chunker

WINDOWS = (256, 512)
NEAREST = 60


def with_window(folder: Path, tokens: int) -> Embedder:
    """The carried embedder, told to read so many tokens at once."""
    copy = folder / str(tokens)
    shutil.copytree(CARRIED / CARRIED_EMBEDDER, copy)
    shutil.copy(CARRIED / "tokenizer.json", folder)
    description = json.loads((copy / "model.json").read_text("utf-8"))
    (copy / "model.json").write_text(json.dumps(description | {"max_tokens": tokens}), "utf-8")
    return Embedder(copy)


def main() -> None:
    chunk = carried_chunker().chunk
    with tempfile.TemporaryDirectory() as folder:
        embedders = {tokens: with_window(Path(folder), tokens) for tokens in WINDOWS}
        for name in ("scifact", "nfcorpus"):
            task = judged_set(name, "train", QUERIES)
            assert task.documents is not None
            passages = [passage for document in task.documents() for passage in chunk(document)]
            for tokens, embedder in embedders.items():
                embedder.load()
                begun = time.perf_counter()
                vectors = embedder.embed_documents([passage.content for passage in passages])
                seconds = time.perf_counter() - begun
                run = {}
                asked = embedder.embed_queries(list(task.queries.values()))
                for query, vector in zip(task.queries, asked, strict=True):
                    likeness = vectors @ vector
                    best: dict[str, float] = {}
                    for place in np.argsort(-likeness)[:NEAREST]:
                        best.setdefault(passages[place].document_id, float(likeness[place]))
                    run[query] = list(best.items())
                quality = mean_ndcg(run, task)
                print(f"{name} train, window {tokens}: nDCG@10 {quality:.4f}, {seconds:.0f} s")


if __name__ == "__main__":
    main()
