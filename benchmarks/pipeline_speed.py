"""How fast the whole pipeline is: start-up, indexing, opening, searching 5,000 MEDLINE citations.

Usage: ``python benchmarks/pipeline_speed.py`` (fetches the demo's citations once). Writes
``benchmarks/results/pipeline_speed.json``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

from machine import write_result
from pertinent import Collection, Embedder, Reranker
from pertinent.cli.demo import CITATIONS_PER_FILE, citations
from pertinent.ingest.medline_download import medline_files
from pertinent.settings import load_settings
from pertinent.store.collection import open_reader

STARTS = 11
SEARCHES = 100


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def spread(values: list[float]) -> dict[str, float]:
    low, high = min(values), max(values)
    return {"median": statistics.median(values), "lowest": low, "highest": high, "runs": len(values)}


def starts() -> dict[str, Any]:
    tool = str(Path(sys.executable).with_name("pertinent"))
    commands = {
        "pertinent --help": [tool, "--help"],
        "import pertinent": [sys.executable, "-c", "import pertinent"],
        "python alone": [sys.executable, "-c", "pass"],
    }
    return {name: spread([seconds(command) for _ in range(STARTS)]) for name, command in commands.items()}


def main() -> None:
    result: dict[str, Any] = {"start": starts()}
    files = medline_files(load_settings().cache)
    with tempfile.TemporaryDirectory() as folder, Collection(Path(folder) / "c") as opened:
        opened.embedder.load()
        opened.reranker.load()
        report = opened.add(chain.from_iterable(citations(file, CITATIONS_PER_FILE) for file in files))
        result["indexing"] = {
            "citations": report.added,
            "passages": report.passages,
            "seconds": report.seconds,
            "citations_per_second": report.added / report.seconds,
        }
        openings = []
        for _ in range(STARTS):
            begun = time.perf_counter()
            open_reader(opened.path, opened.embedder.model).close()
            openings.append(time.perf_counter() - begun)
        result["opening"] = spread(openings)
        every = max(1, report.added // SEARCHES)
        read = (document for file in files for document in citations(file, CITATIONS_PER_FILE))
        titles = [document.title for document in read][::every]
        answers = [opened.search(title) for title in titles[: SEARCHES + 5]][5:]
        stages = {name for answer in answers for name in answer.timings}
        result["searching"] = {
            "queries": len(answers),
            "reranked_at_least": min(min(len(answer.candidates), 40) for answer in answers),
            "all_reranked": all(answer.reranked is True for answer in answers),
            **{name: spread([answer.timings[name] for answer in answers]) for name in sorted(stages)},
        }
    result["models"] = {model.name: model.revision for model in (Embedder().model, Reranker().model)}
    result["load"] = os.getloadavg()[0]
    write_result("pipeline_speed", result)


if __name__ == "__main__":
    main()
