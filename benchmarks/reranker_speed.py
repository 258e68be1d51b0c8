"""How fast a Qwen3-Reranker runs here and in its peers: same weights, same texts, same run.

Usage: ``python benchmarks/reranker_speed.py [--rounds N] [--openvino-peer PYTHON] [--smoke]``, and on a
GPU ``python benchmarks/reranker_speed.py --device cuda [--shape NAME]``, with PERTINENT_WEIGHTS set
(``qwen3-tokenizer/`` is read), in an environment with ``benchmarks/requirements.txt``. Writes
``benchmarks/results/reranker_speed.json`` or ``reranker_speed_cuda.json``. ``--smoke`` runs everything
on a tiny shape and writes nothing, ``--smoke-gpu`` the GPU's part of it.

On a CPU: one query with 100 candidates of 40 to 400 tokens (mean 130), and a query of 400 tokens with
20 labels of 10. On a GPU: a prefix of 120 tokens and tails of 180, beside the card's arithmetic limit.
Weights are random, of the published shapes. Each system runs in a process of its own, with the same
number of threads; on a CPU they take turns.

The model card's snippet runs in the largest batch that fits 16 GB (on a GPU: beside the weights),
reckoned by ``Shape.snippet_bytes_per_token``. ``--openvino-peer`` names the interpreter of an environment
with ``benchmarks/requirements-openvino-peer.txt``, since the peer's exporter wants another transformers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from machine import write_result
from random_rerankers import SHAPES, Shape, random_reranker
from reranker_contenders import CONTENDERS, KEPT
from reranker_workloads import Texts, Workload, cpu_workloads, gpu_workloads, limits

HERE = Path(__file__).parent
THREADS = len(os.sched_getaffinity(0))
MEMORY = 16_000_000_000
PROCESS = 700_000_000
"""Python, torch and transformers themselves, by the peaks of small batches."""
SNIPPET, SORTED = "snippet", "snippet, sorted"
TORCH_PEER, OPENVINO_PEER = "sentence-transformers torch", "sentence-transformers OpenVINO"
ON_GPU = (SNIPPET, SORTED, "pertinent torch")
GPU_CANDIDATES = {"0.6B": 4000, "4B": 1000, "8B": 500, "smoke": 12}
OTHER_BATCHES = {SORTED: 8, OPENVINO_PEER: 8}
"""Sorting saves padding where batches are small; the OpenVINO peer keeps two copies of the full logits in
float32, with which its default batch would not fit the memory of the snippet."""
DEFAULT_BATCH = 32
"""That of sentence-transformers."""
TIME_LIMIT = 1800


def batches(contender: str, shape: Shape, workloads: dict[str, Workload], memory: int) -> dict[str, int]:
    """Pairs in one batch of each workload."""
    if contender != SNIPPET:
        return dict.fromkeys(workloads, OTHER_BATCHES.get(contender, DEFAULT_BATCH))
    found = {}
    for name, workload in workloads.items():
        longest = workload["prefix"] + max(workload["tails"])
        fits = memory // (shape.snippet_bytes_per_token() * longest)
        found[name] = max(1, min(len(workload["documents"]), fits))
    return found


def run(interpreter: str, asked: dict[str, Any]) -> dict[str, Any]:
    """One system in a process of its own; its error where it cannot run."""
    child = subprocess.run(
        [interpreter, str(HERE / "reranker_contenders.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        env={**os.environ, "OMP_NUM_THREADS": str(THREADS)},
        check=False,
    )
    if child.returncode == 0:
        return dict(json.loads(child.stdout.splitlines()[-1]))
    lines = child.stderr.strip().splitlines()
    return {"error": lines[-1][:300] if lines else f"ended with {child.returncode}"}


def measure(arguments: argparse.Namespace, name: str, workloads: dict[str, Workload]) -> dict[str, Any]:
    """Let the systems take turns; seconds, margins and peak of each, or its error."""
    shape = SHAPES[name]
    on_gpu = arguments.on_gpu
    tokenizer = Path(os.environ["PERTINENT_WEIGHTS"]) / "qwen3-tokenizer"
    folder = random_reranker(name, tokenizer, arguments.folder, arguments.device)
    memory = MEMORY if on_gpu else MEMORY - PROCESS - shape.weight_bytes()
    found: dict[str, Any] = {}
    # A card is not shared, so there one process does all rounds.
    turns, rounds = (1, arguments.rounds) if on_gpu else (arguments.rounds, 1)
    for turn in range(turns):
        for contender in ON_GPU if on_gpu else CONTENDERS:
            row = found.setdefault(contender, {"workloads": {}})
            if "error" in row:
                continue
            asked = {
                "contender": contender,
                "folder": str(folder),
                "device": arguments.device,
                "rounds": rounds,
                "workloads": workloads,
                "batches": batches(contender, shape, workloads, memory),
            }
            interpreter = arguments.openvino_peer if contender == OPENVINO_PEER else sys.executable
            if turn == 0 and "OpenVINO" in contender:
                # The conversion is no part of scoring, and its memory another process's.
                run(interpreter, {**asked, "workloads": {}})
            once = run(interpreter, asked)
            if "error" in once:
                found[contender] = once
                print(f"{contender}: {once['error']}", flush=True)
                continue
            for title, values in once["workloads"].items():
                kept = row["workloads"].setdefault(title, {**values, "seconds": [], "peak_bytes": 0})
                kept["seconds"] += values["seconds"]
                kept["peak_bytes"] = max(kept["peak_bytes"], values["peak_bytes"])
                kept["batch"] = asked["batches"][title]
                print(
                    f"{contender}, {title}: {values['seconds']} s, {values['peak_bytes'] / 1e9:.2f} GB",
                    flush=True,
                )
    return found


def table(found: dict[str, Any], title: str, workload: Workload) -> dict[str, Any]:
    """Each system on one workload: medians, and how many times as fast as two others in the same turn."""
    pairs = len(workload["documents"])
    exact = found[SNIPPET]["workloads"][title]["margins"]
    rows: dict[str, Any] = {}
    for contender, values in found.items():
        if "error" in values:
            rows[contender] = values
            continue
        each = values["workloads"][title]
        seconds = each["seconds"]
        rows[contender] = {
            "per_second": round(pairs / statistics.median(seconds), 2),
            "slowest": round(pairs / max(seconds), 2),
            "fastest": round(pairs / min(seconds), 2),
            "peak_gb": round(each["peak_bytes"] / 1e9, 2),
            "batch": None if contender.startswith("pertinent") else each["batch"],
            "margin_difference_max": round(
                max(abs(a - b) for a, b in zip(each["margins"], exact, strict=True) if a is not None), 3
            ),
        }
        for other in (SNIPPET, TORCH_PEER):
            if "workloads" in found.get(other, {}):
                theirs = found[other]["workloads"][title]["seconds"]
                ratios = [a / b for a, b in zip(theirs, seconds, strict=True)]
                rows[contender][f"times_{other}"] = round(statistics.median(ratios), 2)
    return rows


def matmul_rate(device: str, *, smoke: bool) -> float:
    """Operations a second of large products in bfloat16: what the card gives at best."""
    import torch

    size, times = (256, 2) if smoke else (8192, 40)
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    rates = []
    for _ in range(4):
        begun = time.perf_counter()
        for _ in range(times):
            product = a @ b
        product[0, 0].item()  # waits until the card has finished
        rates.append(times * 2 * size**3 / (time.perf_counter() - begun))
    return statistics.median(rates[1:])


def gpu(arguments: argparse.Namespace, texts: Texts) -> dict[str, Any]:
    """All shapes on a card."""
    import torch

    rate = matmul_rate(arguments.device, smoke=arguments.smoke)
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no card"
    result: dict[str, Any] = {
        "card": card,
        "cuda": torch.version.cuda,
        "matmul_tflops": round(rate / 1e12, 1),
        "shapes": {},
    }
    for name in ["smoke"] if arguments.smoke else arguments.shape or ["0.6B", "4B", "8B"]:
        print(f"== {name}", flush=True)
        workloads = gpu_workloads(texts, GPU_CANDIDATES[name])
        found = measure(arguments, name, workloads)
        result["shapes"][name] = {
            "pairs": GPU_CANDIDATES[name],
            "limits": limits(SHAPES[name], workloads["pairs"], rate),
            "systems": table(found, "pairs", workloads["pairs"]),
        }
    return result


def cpu(arguments: argparse.Namespace, texts: Texts) -> dict[str, Any]:
    """Both workloads on this machine."""
    workloads = cpu_workloads(texts, smoke=arguments.smoke)
    found = measure(arguments, "smoke" if arguments.smoke else "0.6B", workloads)
    result: dict[str, Any] = {"threads": THREADS, "kept_by_pruning": KEPT, "workloads": {}}
    for title, workload in workloads.items():
        result["workloads"][title] = {
            "documents": len(workload["documents"]),
            "prefix_tokens": workload["prefix"],
            "mean_tail_tokens": round(statistics.mean(workload["tails"]), 1),
            "systems": table(found, title, workload),
        }
    return result


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description="Speed of a Qwen3-Reranker here and in its peers.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--shape", action="append", choices=[name for name in SHAPES if name != "smoke"])
    parser.add_argument("--openvino-peer", default=sys.executable)
    parser.add_argument("--folder", type=Path, help="where random models are kept")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--smoke-gpu", action="store_true", help="the GPU's part on a tiny shape, on a CPU")
    arguments = parser.parse_args()
    arguments.smoke |= arguments.smoke_gpu
    arguments.on_gpu = arguments.smoke_gpu or arguments.device.startswith("cuda")
    if arguments.folder is None:
        from pertinent.settings import load_settings

        arguments.folder = load_settings().cache / "benchmarks"
    arguments.folder.mkdir(parents=True, exist_ok=True)
    texts = Texts(Tokenizer.from_file(f"{os.environ['PERTINENT_WEIGHTS']}/qwen3-tokenizer/tokenizer.json"))
    result = (gpu if arguments.on_gpu else cpu)(arguments, texts)
    result["rounds"] = arguments.rounds
    result["peers"] = {name: version(name) for name in ("torch", "transformers")}
    print(json.dumps(result, indent=1))
    if not arguments.smoke:
        write_result("reranker_speed_cuda" if arguments.on_gpu else "reranker_speed", result)


if __name__ == "__main__":
    main()
