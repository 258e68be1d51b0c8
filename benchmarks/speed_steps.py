"""What each step of the engines gains: from the model card's snippet to int8 with dropped candidates.

Usage: ``python benchmarks/speed_steps.py [--rounds N] [--candidates N] [--smoke]`` with PERTINENT_WEIGHTS
set, in an environment with ``benchmarks/requirements.txt``. Writes ``benchmarks/results/speed_steps.json``.

The same random weights of the 0.6B shape and the first candidates of ``reranker_speed.py``; all steps
in one process, in turns. Each step changes one thing of the step before it, but for int8, which changes
the engine too and so comes twice: with whole prompts and with the shared prefix.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from machine import write_result
from pertinent.engine.batching import plan_sorted
from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.engine.text_tokens import TextTokens
from pertinent.families.qwen3_reranker import CARD
from pertinent.rerankers.causal import CausalReranker
from random_rerankers import random_reranker
from reranker_contenders import KEPT
from reranker_workloads import Texts, cpu_workloads

BATCH_TOKENS = 2048
"""Tokens of a length-sorted batch of the transformers model: larger ones are no faster on a CPU."""

Ids = list[np.ndarray[Any, Any]]
Margins = np.ndarray[Any, Any]


def padded(rows: Ids) -> dict[str, torch.Tensor]:
    """A batch as transformers takes it, padded on the left."""
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, longest - len(row) :] = torch.from_numpy(row.astype(np.int64))
        mask[place, longest - len(row) :] = 1
    return {"input_ids": ids, "attention_mask": mask}


class Transformers:
    """The steps that the transformers model can take."""

    def __init__(self, folder: Path, yes: int, no: int) -> None:
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        self.yes, self.no = yes, no
        rows = self.model.lm_head.weight.detach().float()
        self.vector = rows[yes] - rows[no]

    def full_logits(self, rows: Ids) -> Margins:
        """One batch in the order given; every token's logits over the whole vocabulary."""
        last = self.model(**padded(rows)).logits[:, -1, :].float()
        return (last[:, self.yes] - last[:, self.no]).numpy()

    def last_states(self, rows: Ids) -> Margins:
        """One batch; the last state times one vector."""
        inputs = padded(rows)
        states = self.model.model(**inputs, use_cache=False).last_hidden_state[:, -1]
        return (states.float() @ self.vector).numpy()

    def by_length(self, rows: Ids) -> Margins:
        """Batches of like length, planned by tokens."""
        margins = np.zeros(len(rows), np.float32)
        for batch in plan_sorted([len(row) for row in rows], BATCH_TOKENS):
            margins[list(batch)] = self.last_states([rows[place] for place in batch])
        return margins


def run(engine: Any, prefix: Sequence[Any], tails: Ids) -> Margins:
    margins = np.zeros(len(tails), np.float32)
    for places, found in engine.margins(prefix, tails):
        margins[list(places)] = found
    return margins


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description="What each step towards a fast reranker gains.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candidates", type=int, default=40)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    from pertinent.settings import load_settings

    tokenizer = Path(os.environ["PERTINENT_WEIGHTS"]) / "qwen3-tokenizer"
    cache = load_settings().cache / "benchmarks"
    cache.mkdir(parents=True, exist_ok=True)
    folder = random_reranker("smoke" if arguments.smoke else "0.6B", tokenizer, cache)
    texts = Texts(Tokenizer.from_file(str(tokenizer / "tokenizer.json")))
    workload = cpu_workloads(texts, smoke=arguments.smoke)["candidates"]
    documents = workload["documents"][: arguments.candidates]

    def engine(name: Any, dtype: str) -> Any:
        return CausalReranker(folder, options=EngineOptions(engine=name, dtype=dtype), check=False)

    ours, quantised = engine("torch", "bfloat16"), engine("openvino", "int8")
    prompter = JudgePrompter(TextTokens((tokenizer / "tokenizer.json").read_bytes()), CARD, 8192)
    prompt = prompter.prompt(workload["query"])
    tails = [
        np.concatenate((text.ids, prompt.suffix))
        for text in prompter.documents(documents, prompt.document_limit)
    ]
    prefix = (prompt.fixed, prompt.query)
    whole = [np.concatenate((*prefix, tail)) for tail in tails]
    peer = Transformers(folder, prompter.yes, prompter.no)
    steps: dict[str, Callable[[], Margins]] = {
        "the model card's snippet: one padded batch, all logits": lambda: peer.full_logits(whole),
        "one vector at the last token instead of all logits": lambda: peer.last_states(whole),
        "batches of like length, by tokens": lambda: peer.by_length(whole),
        "own layers: no padding, the last layer for the last token only": lambda: run(ours.engine, (), whole),
        "the prefix once": lambda: run(ours.engine, prefix, tails),
        "int8 in OpenVINO, whole prompts": lambda: run(quantised.engine, (), whole),
        "int8 in OpenVINO, the prefix once": lambda: run(quantised.engine, prefix, tails),
        f"and hopeless candidates dropped, the first {KEPT} asked for": lambda: (
            quantised.engine.pruned_margins(prefix, tails, KEPT)[0]
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    margins: dict[str, Margins] = {}
    for turn in range(arguments.rounds):
        for name, step in steps.items():
            begun = time.perf_counter()
            margins[name] = step()
            seconds[name].append(time.perf_counter() - begun)
            print(f"{turn + 1}: {name}: {seconds[name][-1]:.1f} s", flush=True)
    first, *_ = steps
    result = {
        "candidates": len(tails),
        "prefix_tokens": sum(map(len, prefix)),
        "mean_tail_tokens": round(statistics.mean(map(len, tails)), 1),
        "rounds": arguments.rounds,
        "threads": torch.get_num_threads(),
        "steps": {
            name: {
                "per_second": round(len(tails) / statistics.median(each), 2),
                "times_first": round(
                    statistics.median(a / b for a, b in zip(seconds[first], each, strict=True)), 2
                ),
                "margin_difference_max": None
                if "dropped" in name
                else round(float(np.abs(margins[name] - margins[first]).max()), 3),
            }
            for name, each in seconds.items()
        },
    }
    print(json.dumps(result, indent=1))
    if not arguments.smoke:
        write_result("speed_steps", result)


if __name__ == "__main__":
    main()
