"""From a reranker and judged pairs to a calibration on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pertinent.errors import UsageError
from pertinent.evaluate.calibration.calibrate import (
    FOLDS,
    PRECISIONS,
    Asked,
    CalibrationReport,
    fit,
    require_fit,
)
from pertinent.evaluate.calibration.judged_pairs import JudgedPair
from pertinent.families.instructions import find_instruction, instruction_read
from pertinent.rerankers.calibration import Calibration
from pertinent.rerankers.reranker import Reranker
from pertinent.store.files import disk_faults, write_atomically
from pertinent.types import Progress


def calibrate(
    reranker: Reranker,
    pairs: Sequence[JudgedPair],
    domain: str,
    *,
    instruction: str | None = None,
    method: Asked = "auto",
    precisions: Sequence[float] = PRECISIONS,
    folds: int = FOLDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Calibration, CalibrationReport]:
    """Score judged pairs and fit a map from margin to probability.

    Parameters
    ----------
    reranker : Reranker
        One model; with a cache, what was scored is found again.
    pairs : Sequence[JudgedPair]
        As :func:`pertinent.evaluate.calibration.judged_pairs.read_pairs` gives them.
    domain : str
        What the calibration shall be called.
    instruction : str | None
        What counts as an answer, in words or by name; the calibration holds for it alone.
    method, precisions, folds, seed
        As for :func:`pertinent.evaluate.calibration.calibrate.fit`.
    progress : Callable[[int, int], None] | None
        Called with (pairs scored, pairs in all).

    Returns
    -------
    calibration : Calibration
        To be given to ``Reranker(calibration=...)``, or stored.
    report : CalibrationReport
        How good it is on queries that it has not seen.

    Raises
    ------
    UsageError
        If the reranker is a cascade, or an option makes no sense.
    DataError
        If there are too few pairs.
    """
    words = None if instruction is None else find_instruction(instruction)
    relevant, query_ids = [pair.relevant for pair in pairs], [pair.query_id for pair in pairs]
    require_fit(relevant, query_ids, method, precisions, folds)
    scores = reranker.scores([(pair.query, pair.text) for pair in pairs], words, progress=progress)
    if not all(score.exact for score in scores):
        raise UsageError(
            f"{reranker.model.name} estimates some of its margins.",
            hint="Calibrate the large model of a cascade, and give the calibration to the cascade.",
        )
    report = fit(
        [score.margin for score in scores],
        relevant,
        query_ids,
        method,
        precisions=precisions,
        folds=folds,
        seed=seed,
    )
    calibration = Calibration(
        domain,
        reranker.model.name,
        reranker.model.revision,
        report.map,
        instruction=instruction_read(reranker.model, words) or "",
        prompt=reranker.prompt_hash(words),
        pairs=report.pairs,
        queries=report.queries,
    )
    return calibration, report


def store_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration's file at once, and its folder where that is missing.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    with disk_faults(f"Writing the calibration {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, calibration.to_json().encode())
