"""Any chat model as a judge without training: asked in its own chat template, answering yes or no.

The question is put in the words of Qwen3-Reranker (arXiv:2505.09388 and arXiv:2506.05176), so this
family at Qwen3's own template gives the prompt of ``qwen3_reranker``. Answers are the lower-case
words "yes" and "no", as the question spells them. Models that would think first are given an empty
thought, as Qwen3 is where thinking is switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pertinent.errors import ModelError
from pertinent.families import qwen3_reranker
from pertinent.families.prompt_form import PromptForm

if TYPE_CHECKING:
    from pertinent.engine.chat_template import Message

NAME = "causal_judge"

MAX_TOKENS = 32_768
"""Window where the model has one at least as long."""

BODY_MARK = "PERTINENTBODY"
"""Stands for the user's text while the template is rendered; letters alone, which no template changes."""

THOUGHT, EMPTY_THOUGHT = "<think>", "<think>\n\n</think>\n\n"


def judge_form(render: Callable[[Sequence[Message]], str]) -> PromptForm:
    """Make the prompt of a chat model from its template.

    The question goes into the system turn; where the template has none, before the user's text.

    Parameters
    ----------
    render : Callable[[Sequence[Message]], str]
        Writes messages as one text, up to where the answer begins (``ChatTemplate.render``).

    Returns
    -------
    PromptForm
        Opening and closing as the template writes them, labels as in ``qwen3_reranker``.

    Raises
    ------
    ModelError
        If the template fails, does not write the user's text once, or writes nothing after it.

    Examples
    --------
    >>> form = judge_form(lambda chat: "".join(f"<{m['role']}>{m['content']}</s>" for m in chat))
    >>> form.opening.endswith("</s><user>"), form.closing
    (True, '</s>')
    """
    system: Message = {"role": "system", "content": qwen3_reranker.SYSTEM}
    user: Message = {"role": "user", "content": BODY_MARK}
    try:
        text = render([system, user])
    except ModelError:  # some templates refuse a system turn
        text = ""
    if qwen3_reranker.SYSTEM not in text:
        text = render([{"role": "user", "content": f"{qwen3_reranker.SYSTEM}\n\n{BODY_MARK}"}])
    opening, *rest = text.split(BODY_MARK)
    if qwen3_reranker.SYSTEM not in opening or len(rest) != 1 or not rest[0]:
        raise ModelError(
            "The chat template does not write a question and the place of its answer.",
            hint="Use an instruction-tuned chat model, or a model of the qwen3_reranker family.",
        )
    closing = rest[0]
    if closing.rstrip().endswith(THOUGHT):
        closing = closing.rstrip().removesuffix(THOUGHT) + EMPTY_THOUGHT
    return PromptForm(
        opening=opening,
        instruction_label=qwen3_reranker.INSTRUCTION_LABEL,
        query_label=qwen3_reranker.QUERY_LABEL,
        document_label=qwen3_reranker.DOCUMENT_LABEL,
        closing=closing,
        default_instruction=qwen3_reranker.WEB_SEARCH_INSTRUCTION,
    )
