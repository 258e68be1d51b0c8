"""One run of a yes-or-no reranker: prompts to margins, and whether a loaded model makes sense."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
import numpy.typing as npt

from pertinent.engine.causal import CausalEngine
from pertinent.engine.judge_prompt import JudgePrompt, JudgePrompter
from pertinent.engine.quantized import FloatArray
from pertinent.engine.text_tokens import TextIds
from pertinent.errors import ModelError
from pertinent.types import Score

log = logging.getLogger(__name__)

CANARY_QUERY = "What lowers blood glucose?"
CANARY_ANSWER = "Metformin lowers blood glucose in people with type 2 diabetes."
CANARY_OTHER = "The museum of modern art opens at nine in the morning."

SAME = 1e-3
"""Margins of the canary texts that are nearer to each other than this are the same."""


def tell_cuts(scores: Sequence[Score]) -> None:
    """Log how much of a call was not read; each score says it as well."""
    if scores[0].query_cut:
        log.warning("The query is too long: its last %d tokens were not read.", scores[0].query_cut)
    if cut := sum(score.document_cut > 0 for score in scores):
        log.warning("%d of %d texts exceed the window; their ends were not read.", cut, len(scores))


def run_margins(
    engine: CausalEngine,
    prompt: JudgePrompt,
    texts: Sequence[TextIds],
    keep_top: int | None = None,
    report: Callable[[int], None] | None = None,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Score documents behind a prompt.

    Parameters
    ----------
    engine : CausalEngine
        What runs the model.
    prompt : JudgePrompt
        What the documents share.
    texts : Sequence[TextIds]
        The documents (see ``JudgePrompter.documents``).
    keep_top : int | None
        See ``CausalReranker.score``.
    report : Callable[[int], None] | None
        Called with the number of documents done.

    Returns
    -------
    margins : float32, shape (documents,)
        Of each.
    exact : bool, shape (documents,)
        False for an estimate.
    """
    prefix = (prompt.fixed, prompt.query)
    tails = [np.concatenate((text.ids, prompt.suffix)) for text in texts]
    if keep_top is not None and keep_top < len(tails):
        margins, exact = engine.pruned_margins(prefix, tails, keep_top)
        if report:
            report(len(tails))
        return margins, exact
    margins = np.full(len(tails), np.nan, np.float32)
    done = 0
    with closing(engine.margins(prefix, tails)) as batches:
        for places, found in batches:
            margins[list(places)] = found
            done += len(places)
            if report:
                report(done)
    return margins, np.ones(len(tails), np.bool_)


def refuse_wrong(engine: CausalEngine, prompter: JudgePrompter, name: str) -> None:
    """Score a pair whose order nobody doubts; a wrong template or broken weights show here.

    Raises
    ------
    ModelError
        If the pair comes out wrong.
    """
    prompt = prompter.prompt(CANARY_QUERY, None)
    texts = prompter.documents([CANARY_ANSWER, CANARY_OTHER], prompt.document_limit)
    (answer, other), _ = run_margins(engine, prompt, texts)
    if not (math.isfinite(answer) and math.isfinite(other)):
        fault = "gives scores that are no numbers"
    elif abs(answer - other) < SAME:
        fault = "gives an answer and an unrelated text the same score"
    elif answer < other:
        fault = "puts an unrelated text before an answer"
    else:
        return
    raise ModelError(
        f"Model {name} {fault}, so its rankings would mean nothing.",
        hint="Its weights are damaged or of another family: download it again, or name its family. "
        "check=False (--no-check) loads it all the same.",
    )
