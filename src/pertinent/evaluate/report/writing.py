"""The output folder of an evaluation: results, run cards, values of single queries, TREC runs, report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pertinent.evaluate.cards.run_card import CARD_FILE, VALUES_FILE
from pertinent.evaluate.extra import require
from pertinent.evaluate.report.report_page import write_report
from pertinent.evaluate.result import TaskResult
from pertinent.evaluate.run_files import write_run
from pertinent.store.files import disk_faults
from pertinent.types import content_hash

REPORT_FILE = "report.html"
RESULT_FILE = "result.json"
RUNS_FOLDER = "runs"

LONGEST_NAME = 100
"""Characters of a file's name; file systems take few more than twice as many bytes."""

_UNSAFE = re.compile(r"[^\w.+-]+")


def prepare_folder(folder: Path) -> None:
    """Make the output folder before anything is computed, so that hours of work find a place for it.

    Raises
    ------
    UsageError
        If matplotlib is missing, which the report needs.
    StoreError
        If the folder cannot be made.
    """
    require("matplotlib")
    with disk_faults("Making the output folder"):
        folder.mkdir(parents=True, exist_ok=True)


def write_results(folder: Path, results: Sequence[TaskResult]) -> Path:
    """Write everything that was found.

    ::

        report.html
        DATASET-SPLIT/result.json        as --json prints it
                      card.json          what repeats the run
                      per_query.jsonl    each metric of each stage, a query a line
                      runs/STAGE.trec    TREC run files

    Parameters
    ----------
    folder : Path
        Made where it does not exist; files of the same names are replaced.
    results : Sequence[TaskResult]
        What was found.

    Returns
    -------
    Path
        The report.
    """
    for result in results:
        write_result(folder, result)
    report = folder / REPORT_FILE
    write_report(report, results)
    return report


def write_result(folder: Path, result: TaskResult) -> None:
    """Write the folder of one set (see :func:`write_results`)."""
    own = folder / file_name(f"{result.dataset}-{result.split}")
    (own / RUNS_FOLDER).mkdir(parents=True, exist_ok=True)
    _write_json(own / RESULT_FILE, result.to_dict())
    _write_json(own / CARD_FILE, dict(result.card))
    _write_values(own / VALUES_FILE, result)
    for stage, each in result.stages.items():
        write_run(own / RUNS_FOLDER / f"{file_name(stage)}.trec", each.run, tag=file_name(stage))


def file_name(text: str) -> str:
    """A name of a set or a stage as the name of a file; other names give other files.

    Examples
    --------
    >>> file_name("rerank:Qwen/Qwen3-Reranker-0.6B")
    'rerank_Qwen_Qwen3-Reranker-0.6B'
    >>> file_name("a b")
    'a_b-8cb730c0'
    """
    name = _UNSAFE.sub("_", text).lstrip(".")[:LONGEST_NAME]
    plain = text.replace(":", "_").replace("/", "_")
    return name if name == plain and name else f"{name}-{content_hash(text)[:8]}"


def _write_values(path: Path, result: TaskResult) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for query in result.queries:
            values = {
                stage: {metric: each.values[metric][query] for metric in result.metrics}
                for stage, each in result.stages.items()
            }
            stream.write(json.dumps({"query": query, "values": values}, ensure_ascii=False) + "\n")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
