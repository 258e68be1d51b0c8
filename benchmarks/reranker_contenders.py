"""Systems that rerank with one causal model, each in a process of its own.

Usage: ``python benchmarks/reranker_contenders.py`` with a JSON object on standard input: contender,
folder, device, workloads (name to query and documents), batches, rounds. The last line of standard
output is a JSON object: seconds, margins and peak memory of each workload. A peer needs nothing of
Pertinent, so it can have an environment of its own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

Score: TypeAlias = Callable[[str, list[str], int], list[float | None]]
"""Query, documents and pairs in a batch, to one margin each; None where a system gives up on one."""

OPENING = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
    'Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
CLOSING = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
MAX_TOKENS = 8192
KEPT = 10
"""How many the pruning contender is asked for."""


def snippet(folder: str, device: str, *, sort: bool) -> Score:
    """What the model card shows: whole prompts, left padding, full logits, log-softmax of yes and no.

    The card scores one batch; here as many follow each other as the documents fill. With ``sort``
    documents of like length share a batch.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    model.to(device)
    before = tokenizer.encode(OPENING, add_special_tokens=False)
    after = tokenizer.encode(CLOSING, add_special_tokens=False)
    yes, no = (tokenizer.convert_tokens_to_ids(word) for word in ("yes", "no"))

    @torch.no_grad()
    def score(query: str, documents: list[str], batch: int) -> list[float | None]:
        room = MAX_TOKENS - len(before) - len(after)
        texts = [f"<Instruct>: {INSTRUCTION}\n<Query>: {query}\n<Document>: {text}" for text in documents]
        bodies = tokenizer(
            texts, padding=False, truncation="longest_first", return_attention_mask=False, max_length=room
        )["input_ids"]
        rows = [before + body + after for body in bodies]
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place])) if sort else range(len(rows))
        margins: list[float | None] = [None] * len(rows)
        for start in range(0, len(rows), batch):
            places = list(order)[start : start + batch]
            inputs = tokenizer.pad({"input_ids": [rows[p] for p in places]}, return_tensors="pt").to(device)
            last = model(**inputs).logits[:, -1, :]
            pair = torch.nn.functional.log_softmax(torch.stack([last[:, no], last[:, yes]], dim=1), dim=1)
            for place, (negative, positive) in zip(places, pair.float().tolist(), strict=True):
                margins[place] = positive - negative
            del last  # a view, which would keep the whole logits alive beside those of the next batch
        return margins

    return score


def cross_encoder(folder: str, device: str, *, backend: str) -> Score:
    """sentence-transformers as its documentation shows.

    Its OpenVINO model is exported by the first process and kept beside the folder.
    """
    import torch
    from sentence_transformers import CrossEncoder

    options: dict[str, Any] = {"dtype": torch.bfloat16} if backend == "torch" else {}
    if backend == "openvino":
        exported = Path(f"{folder}-openvino")
        if not exported.exists():
            unfinished = exported.with_suffix(".new")
            CrossEncoder(folder, device=device, backend=backend).save_pretrained(str(unfinished))
            unfinished.rename(exported)
        folder = str(exported)
    model = CrossEncoder(folder, device=device, backend=backend, model_kwargs=options)
    identity = torch.nn.Identity()

    def score(query: str, documents: list[str], batch: int) -> list[float | None]:
        pairs = [(query, text) for text in documents]
        found = model.predict(pairs, batch_size=batch, activation_fn=identity, show_progress_bar=False)
        return [float(margin) for margin in found]

    return score


def pertinent(folder: str, device: str, *, engine: Any, prune: bool = False) -> Score:
    """Our own engines, which plan their batches by tokens."""
    from pertinent import Reranker

    dtype, runs_on = ("bfloat16", device) if engine == "torch" else ("int8", "auto")
    # Random weights give no order, so the check at loading cannot pass.
    reranker = Reranker(folder, engine=engine, dtype=dtype, device=runs_on, check=False)
    reranker.load()

    def score(query: str, documents: list[str], _: int) -> list[float | None]:
        if not prune:
            return [score.margin for score in reranker.score(query, documents)]
        margins: list[float | None] = [None] * len(documents)
        for item in reranker.rank(query, documents, top_k=min(KEPT, len(documents)), prune="top_k"):
            margins[item.index] = item.score.margin
        return margins

    return score


CONTENDERS: dict[str, Callable[[str, str], Score]] = {
    "snippet": lambda folder, device: snippet(folder, device, sort=False),
    "snippet, sorted": lambda folder, device: snippet(folder, device, sort=True),
    "sentence-transformers torch": lambda folder, device: cross_encoder(folder, device, backend="torch"),
    "sentence-transformers OpenVINO": lambda folder, device: cross_encoder(
        folder, device, backend="openvino"
    ),
    "pertinent torch": lambda folder, device: pertinent(folder, device, engine="torch"),
    "pertinent OpenVINO": lambda folder, device: pertinent(folder, device, engine="openvino"),
    "pertinent OpenVINO, pruned": lambda folder, device: pertinent(
        folder, device, engine="openvino", prune=True
    ),
}


def peak_bytes(device: str) -> int:
    """Highest memory so far: of the card's allocations, or of this process."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Load, warm up on a few documents, then time each workload."""
    asked = json.load(sys.stdin)
    device = asked["device"]
    begun = time.perf_counter()
    score = CONTENDERS[asked["contender"]](asked["folder"], device)
    found: dict[str, Any] = {"load_seconds": time.perf_counter() - begun, "workloads": {}}
    for name, workload in asked["workloads"].items():
        query, documents = workload["query"], workload["documents"]
        batch = asked["batches"][name]
        score(query, documents[: min(batch, 4)], batch)
        seconds = []
        for _ in range(asked["rounds"]):
            begun = time.perf_counter()
            margins = score(query, documents, batch)  # a list of floats: the card has finished
            seconds.append(time.perf_counter() - begun)
        found["workloads"][name] = {"seconds": seconds, "margins": margins, "peak_bytes": peak_bytes(device)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
