"""Prompts of yes-or-no rerankers as token ids: shared parts once, documents cut to what fits.

What is too long is cut at its end, the document first: the closing of a prompt, where the answer
is read, always stays whole, and of what the fixed parts leave, a query takes at most half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pertinent.engine.text_tokens import TextIds, TextTokens
from pertinent.errors import ModelError, UsageError
from pertinent.families.prompt_form import LEAD, PromptForm
from pertinent.families.tokens import TokenIds

QUERY_SHARE = 0.5
"""Share of the window, fixed parts taken off, that a query may have; the rest of it is cut."""

MINIMUM_ROOM = 16
"""Tokens that must be left for query and document, or a prompt says nothing."""

CACHED_INSTRUCTIONS = 32
"""Instructions whose ids are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgePrompt:
    """The parts of a prompt that all documents of one query share.

    A sequence is ``fixed``, ``query``, the document's ids and ``suffix``, in this order.

    Parameters
    ----------
    fixed : int32, shape (tokens,)
        From the system prompt to the query's label; the same array for all queries of one instruction.
    query : int32, shape (tokens,)
        The query, and the label of the document.
    suffix : int32, shape (tokens,)
        Ends every sequence.
    query_cut : int
        Query tokens that are not read because the query exceeds its share of the window; for a
        query of more than 65,536 characters a lower bound.
    document_limit : int
        Document tokens that fit, the lead's included.
    """

    fixed: TokenIds
    query: TokenIds
    suffix: TokenIds
    query_cut: int
    document_limit: int


class JudgePrompter:
    """Makes the prompts of one model. Several threads may use one object.

    Parameters
    ----------
    tokenizer : TextTokens
        The model's.
    form : PromptForm
        How its family is prompted.
    max_tokens : int
        The window: no sequence is longer.

    Raises
    ------
    ModelError
        If the tokenizer lacks a control token of the form, or an answer is not one token.
    """

    def __init__(self, tokenizer: TextTokens, form: PromptForm, max_tokens: int) -> None:
        missing = [token for token in form.control_tokens if len(tokenizer.encode_control(token)) != 1]
        if missing:
            raise ModelError(
                f"The tokenizer has no control token {missing[0]}.",
                hint="Choose the model's own family, or use the tokenizer that it was published with.",
            )
        self.form = form
        self.max_tokens = max_tokens
        self.yes: int = tokenizer.single_id(form.yes)
        self.no: int = tokenizer.single_id(form.no)
        self._tokenizer = tokenizer
        self._opening = tokenizer.encode_control(form.opening)
        self._suffix = tokenizer.encode_control(form.closing)
        (self._document_label,) = tokenizer.encode_text([form.document_label])
        self._fixed = lru_cache(CACHED_INSTRUCTIONS)(self._fixed_part)

    def prompt(self, query: str, instruction: str | None = None) -> JudgePrompt:
        """Tokenise what all documents of a query share.

        Parameters
        ----------
        query : str
            What is asked; plain text, of any length.
        instruction : str | None
            What counts as an answer; None takes the family's default.

        Returns
        -------
        JudgePrompt
            The shared ids, and what is left for a document.

        Raises
        ------
        UsageError
            If the instruction leaves no room in the window.
        ModelError
            If the tokenizer fails.
        """
        fixed = self._fixed(self.form.default_instruction if instruction is None else instruction)
        room = self.max_tokens - len(fixed) - len(self._suffix)
        query_ids, cut = self._query_part(query, int((room - len(self._document_label)) * QUERY_SHARE))
        return JudgePrompt(fixed, query_ids, self._suffix, cut, room - len(query_ids))

    def documents(self, texts: Sequence[str], limit: int) -> list[TextIds]:
        """Tokenise documents up to ``JudgePrompt.document_limit``.

        Parameters
        ----------
        texts : Sequence[str]
            Plain texts, of any length.
        limit : int
            Tokens of each that are kept, at least 1.

        Returns
        -------
        list[TextIds]
            Ids of each document, never empty, and how many of its tokens were cut (see ``TextIds``).

        Raises
        ------
        ModelError
            If the tokenizer fails.
        """
        return self._tokenizer.text_ids(texts, limit, lead=LEAD)

    def _fixed_part(self, instruction: str) -> TokenIds:
        ((ids, cut),) = self._tokenizer.text_ids([self.form.instruction_part(instruction)], self.max_tokens)
        fixed = np.concatenate([self._opening, ids])
        taken = len(fixed) + len(self._suffix) + len(self._document_label)
        if cut or self.max_tokens - taken < MINIMUM_ROOM:
            raise UsageError(
                f"The instruction leaves no room in the window of {self.max_tokens} tokens.",
                hint="Shorten the instruction or raise max_tokens.",
            )
        return fixed

    def _query_part(self, query: str, limit: int) -> tuple[TokenIds, int]:
        """Ids of the query with the document's label, and how many tokens of the query were cut."""
        whole = limit + len(self._document_label)
        ((ids, cut),) = self._tokenizer.text_ids([self.form.query_part(query)], whole)
        if not cut:
            return ids, 0
        ((ids, cut),) = self._tokenizer.text_ids([query], limit, lead=LEAD)
        return np.concatenate([ids, self._document_label]), cut
