"""A reranker that answers yes or no: families ``qwen3_reranker`` and ``causal_judge``.

The query's part of the prompt runs once, each document then runs behind it. What does not fit the
window is cut from the document's end, and each score says how much.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pertinent.engine.causal import CausalEngine
from pertinent.engine.causal_model import CausalModel, EngineOptions, load_causal_model
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.chunks import chunk_texts, require_texts
from pertinent.engine.identity import SENTINEL_DOCUMENT, SENTINEL_QUERY, RunsOn, hash_prompts
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.errors import UsageError
from pertinent.families import qwen3_reranker
from pertinent.families.catalogue import known_model
from pertinent.rerankers.judge_family import FAMILIES, detect_family, read_form
from pertinent.rerankers.judge_run import refuse_wrong, run_margins, tell_cuts
from pertinent.rerankers.protocol import checked
from pertinent.types import ModelInfo, Progress, Score, Scores

MINIMUM_TOKENS = 256
"""Smallest window that a prompt with its instruction is sensible in."""


class CausalReranker:
    """Scores pairs with a local decoder; implements ``Scorer``.

    Making one reads the folder's headers; weights are loaded at the first score, or by ``load``.
    Objects of one model and the same options share its weights.

    Parameters
    ----------
    folder : Path
        ``config.json``, ``tokenizer.json`` and safetensors.
    name : str | None
        What the model is called in results; None takes the folder's name.
    family : str | None
        ``"qwen3_reranker"`` or ``"causal_judge"``; None decides by the model (see ``detect_family``).
    prompt : str
        Variant of the prompt: ``"card"`` or ``"evaluation"`` (family ``qwen3_reranker``).
    max_tokens : int | None
        Window; None takes the model's, up to 32,768.
    options : EngineOptions
        What it runs on.
    check : bool
        Whether a known pair must come out in the right order before anything is scored.

    Raises
    ------
    ModelError
        If the folder holds no such model.
    UsageError
        If a family, variant or window is asked for that there is not.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        family: str | None = None,
        prompt: str = "card",
        max_tokens: int | None = None,
        options: EngineOptions | None = None,
        check: bool = True,
    ) -> None:
        checkpoint = open_checkpoint(folder)
        name = name or checkpoint.name
        if family is not None and family not in FAMILIES:
            raise UsageError(f"There is no family {family!r} here.", hint=f"Give {' or '.join(FAMILIES)}.")
        family = family or detect_family(name, checkpoint)
        window = min(qwen3_reranker.MAX_TOKENS, checkpoint.shape.context)
        if max_tokens is not None and not (
            type(max_tokens) is int and MINIMUM_TOKENS <= max_tokens <= window
        ):
            raise UsageError(
                f"max_tokens is {max_tokens!r}.", hint=f"Give a number from {MINIMUM_TOKENS} to {window}."
            )
        self._form = read_form(family, prompt, checkpoint)
        self._checkpoint = checkpoint
        self._options = options or EngineOptions()
        self._check = check
        self._loaded: tuple[CausalModel, JudgePrompter] | None = None
        known = known_model(name)
        self._info = ModelInfo(
            name=name,
            revision=checkpoint.revision,
            family=family,
            kind="reranker",
            max_tokens=max_tokens or window,
            parameters=checkpoint.shape.parameters,
            licence=known.licence if known else "",
            description=known.description if known else "",
            default_instruction=self._form.default_instruction,
        )

    @property
    def model(self) -> ModelInfo:
        """Which weights score."""
        return self._info

    @property
    def engine(self) -> CausalEngine:
        """What runs the model; loads it."""
        return self._ready()[0].engine

    @property
    def fingerprint(self) -> str:
        """Everything that scores depend on besides the texts; loads the model."""
        model, info = self._ready()[0], self._info
        read = info.name, info.revision, info.max_tokens, model.tokens.digest, asdict(self._form)
        return json.dumps([*read, *self.runs_on])

    @property
    def runs_on(self) -> RunsOn:
        """What computes the scores; loads the model."""
        return RunsOn.of(self.engine)

    def prompt_hash(self, instruction: str | None = None) -> str:
        """Hash of the ids that a fixed pair becomes (see ``Reranker.prompt_hash``); loads the model."""
        _, prompter = self._ready()
        prompt = prompter.prompt(SENTINEL_QUERY, instruction)
        (document,) = prompter.documents([SENTINEL_DOCUMENT], prompt.document_limit)
        return hash_prompts(np.concatenate((prompt.fixed, prompt.query, document.ids, prompt.suffix)))

    def count_tokens(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        scores: Scores | None = None,  # noqa: ARG002 (all is read, whatever comes out)
    ) -> int:
        """Tokens of the whole prompts, as a provider bills them.

        What the documents share counts for each of them, although it is computed once here. Tokens that
        were cut, and padding, do not count.
        """
        _, prompter = self._ready()
        prompt = prompter.prompt(query, instruction)
        shared = len(prompt.fixed) + len(prompt.query) + len(prompt.suffix)
        return sum(
            shared + len(text.ids)
            for chunk in chunk_texts(documents)
            for text in prompter.documents(chunk, prompt.document_limit)
        )

    def load(self, *, progress: Progress | None = None) -> None:
        """Load and check the weights now rather than at the first score.

        Parameters
        ----------
        progress : Callable[[int, int], None] | None
            Called with (layers done, layers in all) where the model has to be converted first.

        Raises
        ------
        ModelError
            If a file is damaged, the tokenizer is another model's, or the known pair comes out wrong.
        """
        self._ready(progress)

    def score(
        self,
        query: str,
        documents: Sequence[str],
        instruction: str | None = None,
        *,
        progress: Progress | None = None,
        keep_top: int | None = None,
    ) -> Scores:
        """Score each document against the query (see ``Scorer.score``).

        Parameters
        ----------
        query, documents
            Of a query what exceeds half of the window is cut, of a document what does not fit beside it;
            scores say how much.
        instruction : str | None
            None takes the family's default.
        keep_top : int | None
            Drop documents between layers once they are not on their way to the first so many; their
            scores say ``exact=False``. None scores all exactly.

        Raises
        ------
        UsageError
            If the instruction leaves no room.
        """
        require_texts([query, *([instruction] if instruction is not None else [])], "query and instruction")
        require_texts(documents, "documents")
        if keep_top is not None and keep_top < 1:
            raise UsageError(f"keep_top is {keep_top}.", hint="Give 1 or more, or leave it out.")
        if not documents:
            return ()
        model, prompter = self._ready()
        prompt = prompter.prompt(query, instruction)
        scores: list[Score] = []
        for chunk in chunk_texts(documents):
            texts = prompter.documents(chunk, prompt.document_limit)
            done = len(scores)
            report = (lambda n, done=done: progress(done + n, len(documents))) if progress else None
            margins, exact = run_margins(model.engine, prompt, texts, keep_top, report)
            scores.extend(
                Score.from_margin(
                    float(margin),
                    self._info,
                    engine=model.engine.name,
                    dtype=model.engine.dtype,
                    query_cut=prompt.query_cut,
                    document_cut=text.cut,
                    exact=bool(sure),
                )
                for margin, sure, text in zip(margins, exact, texts, strict=True)
            )
        tell_cuts(scores)
        return checked(tuple(scores), documents)

    def _ready(self, progress: Progress | None = None) -> tuple[CausalModel, JudgePrompter]:
        if self._loaded is None:
            model = load_causal_model(
                self._checkpoint,
                self._options,
                (self._form.yes, self._form.no),
                self._require_sense if self._check else None,
                asked_as=(self._form, self._info.max_tokens),
                progress=progress,
            )
            self._loaded = model, JudgePrompter(model.tokens, self._form, self._info.max_tokens)
        return self._loaded

    def _require_sense(self, model: CausalModel) -> None:
        prompter = JudgePrompter(model.tokens, self._form, self._info.max_tokens)
        refuse_wrong(model.engine, prompter, self._info.name)
