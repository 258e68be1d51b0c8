"""Choose where candidates may be dropped between layers, and how far behind: ``engine/pruning.py``.

Usage: ``python benchmarks/fit_pruning.py [FOLDER] [--queries N]`` with PERTINENT_DATA set; FOLDER as for
``judge_quality.py``, whose test queries are not read here. For each SciFact train query (those with the
smallest hash) with its first 50 BM25 documents, cut to 160 tokens, the margins after every layer are
kept under ``PERTINENT_HOME``. Then, for each choice: in how many queries all of the final first ten go
on, and what share of the layers' work is left.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from judge_quality import bm25_candidates
from judged_data import judged_set
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.engine.text_tokens import TextTokens
from pertinent.engine.torch_decoder import TorchDecoder
from pertinent.rerankers.judge_family import read_form
from pertinent.settings import load_settings

CANDIDATES, TOP, DOCUMENT_TOKENS, BATCH = 50, 10, 160, 25
CHOICES = [
    [(share, slack) for share in shares]
    for shares in ((0.64,), (0.71,), (0.86,), (0.71, 0.86), (0.64, 0.75, 0.86))
    for slack in (0.75, 1.0, 1.25, 1.5, 2.0)
]
"""Shares of the layers, each with the slack of ``pruning.SLACK``."""


def lens_margins(folder: Path, count: int) -> list[np.ndarray[Any, Any]]:
    """Margins of each query's candidates after every layer: (layers, candidates)."""
    checkpoint = open_checkpoint(folder)
    prompter = JudgePrompter(
        TextTokens((folder / "tokenizer.json").read_bytes()),
        read_form("causal_judge", "card", checkpoint),
        2048,
    )
    task = judged_set("scifact", "train", count)
    pool = bm25_candidates(task, CANDIDATES)
    kept = load_settings().cache / "benchmarks" / f"lens-{checkpoint.revision}"
    kept.mkdir(parents=True, exist_ok=True)
    found = []
    decoder = None
    for query, candidates in pool.items():
        file = kept / f"{query}.npy"
        if not file.exists():
            decoder = decoder or TorchDecoder(checkpoint, torch.bfloat16, torch.device("cpu"))
            vector = torch.from_numpy(checkpoint.margin_vector(prompter.yes, prompter.no))
            prompt = prompter.prompt(task.queries[query])
            documents = prompter.documents([content for _, content in candidates], DOCUMENT_TOKENS)
            tails = [np.concatenate((each.ids, prompt.suffix)) for each in documents]
            prefix = decoder.run_prefix(np.concatenate((prompt.fixed, prompt.query)), None)
            batches = [tails[start : start + BATCH] for start in range(0, len(tails), BATCH)]
            np.save(file, np.concatenate([layers(decoder, b, prefix, vector) for b in batches], axis=1))
            print(f"{file.name}: {len(tails)} candidates", flush=True)
        found.append(np.load(file))
    return found


def layers(decoder: TorchDecoder, tails: Any, prefix: Any, vector: torch.Tensor) -> np.ndarray[Any, Any]:
    layout = decoder.layout([len(tail) for tail in tails], prefix[0].tokens)
    states = decoder.embed(np.concatenate(tails))
    rows = []
    for place in range(decoder.shape.layers):
        states = decoder.run(states, layout, prefix, range(place, place + 1))
        last = states if place == decoder.shape.layers - 1 else states[layout.last]
        rows.append((decoder.final(last) @ vector).numpy())
    return np.stack(rows)


def simulate(margins: np.ndarray[Any, Any], choice: list[tuple[float, float]]) -> tuple[bool, float]:
    """Whether the final first ones all go on, and the share of the work that is left."""
    total, count = margins.shape
    alive = np.arange(count)
    work = before = 0
    for share, slack in choice:
        place = round(share * total)
        work += len(alive) * (place - before)
        before = place
        lens = margins[place - 1][alive]
        alive = alive[lens >= np.sort(lens)[-TOP] - slack * lens.std()]
    work += len(alive) * (total - before)
    first = np.argsort(-margins[-1], kind="stable")[:TOP]
    return set(first) <= set(alive), work / (total * count)


def main() -> None:
    """Collect and print the grid."""
    parser = argparse.ArgumentParser(description="Fit the pruning between layers.")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--queries", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    folder = arguments.folder or Path(os.environ["PERTINENT_WEIGHTS"]) / "qwen2.5-coder-1.5b-folder"
    margins = lens_margins(folder, arguments.queries)
    for choice in CHOICES:
        outcomes = [simulate(each, choice) for each in margins]
        kept, work = sum(whole for whole, _ in outcomes), np.mean([share for _, share in outcomes])
        shares = ", ".join(f"{share}" for share, _ in choice)
        print(f"after {shares} of the layers, slack {choice[0][1]}: {kept}/{len(margins)}, work {work:.3f}")


if __name__ == "__main__":
    main()
