"""Qwen3-Reranker (0.6B, 4B, 8B): a causal model fine-tuned to answer yes or no about one document.

Zhang et al. 2025, arXiv:2506.05176; prompt of the model card and of the repository
QwenLM/Qwen3-Embedding. IAAR-Shanghai/MemReranker-4B (arXiv:2605.06132) reads the same prompt with
the same default instruction and the same answer tokens.

Two prompts are published. ``CARD`` is the model card's. The evaluation code, which made the
published table, has blank lines between the fields, ends the user's turn twice and defaults to
another instruction: ``EVALUATION``.
"""

from __future__ import annotations

from dataclasses import replace

from pertinent.families.prompt_form import PromptForm

NAME = "qwen3_reranker"

MAX_TOKENS = 32_768
"""Context stated on the model card."""

WEB_SEARCH_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"

EVALUATION_INSTRUCTION = "Given the user query, retrieval the relevant passages"
"""Default of the evaluation code; the slip in its grammar is the original's."""

SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)

INSTRUCTION_LABEL = "<Instruct>:"
QUERY_LABEL = "\n<Query>:"
DOCUMENT_LABEL = "\n<Document>:"

CARD = PromptForm(
    opening=f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n",
    instruction_label=INSTRUCTION_LABEL,
    query_label=QUERY_LABEL,
    document_label=DOCUMENT_LABEL,
    closing="<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    default_instruction=WEB_SEARCH_INSTRUCTION,
    control_tokens=("<|im_start|>", "<|im_end|>", "<think>", "</think>"),
)

EVALUATION = replace(
    CARD,
    query_label=f"\n{QUERY_LABEL}",
    document_label=f"\n{DOCUMENT_LABEL}",
    closing=f"<|im_end|>\n{CARD.closing}",
    default_instruction=EVALUATION_INSTRUCTION,
)

VARIANTS = {"card": CARD, "evaluation": EVALUATION}
"""Prompts by name; the first is the default."""
