"""Ready instructions by name, for models that are told what counts as an answer.

Instructions are written in English whatever the language of the texts, as the models were trained.
"""

from __future__ import annotations

import re

from pertinent.engine.chunks import require_texts
from pertinent.errors import UsageError
from pertinent.families import bert_embedder, cross_encoder
from pertinent.families.qwen3_reranker import WEB_SEARCH_INSTRUCTION
from pertinent.types import ModelInfo

INSTRUCTIONS = {
    "web-search": WEB_SEARCH_INSTRUCTION,
    "medical-literature": (
        "Given a biomedical question, retrieve study abstracts whose population, intervention and outcomes "
        "match it and whose findings answer it"
    ),
    "healthcare-records": (
        "Given a question about a patient, retrieve the notes, results and orders of the record that state "
        "the answer, and not those that merely mention the same condition"
    ),
    "symptom-to-diagnosis": (
        "Given a description of symptoms and findings, retrieve texts about the conditions that would "
        "explain them together"
    ),
    "guidelines": (
        "Given a clinical question, retrieve guideline recommendations that say what to do for this kind "
        "of patient"
    ),
    "technical-docs": (
        "Given a technical question, retrieve documentation that solves it with working code or concrete "
        "steps, before pages that only describe the feature"
    ),
    "support": (
        "Given a customer's problem, retrieve the solution that fixes it most directly and that a person "
        "without technical knowledge can follow"
    ),
    "academic": (
        "Given a research question, retrieve peer-reviewed work that answers it with evidence of its own, "
        "newer studies before older ones"
    ),
    "e-commerce": (
        "Given a shopper's query, retrieve products that they are likely to buy: of the kind and with the "
        "features asked for, within the price, and well reviewed"
    ),
    "legal": (
        "Given a legal question, retrieve binding statutes and precedents that decide it, before "
        "commentary, and recent decisions before superseded ones"
    ),
    "code-search": (
        "Given a description of a programming task or an error, retrieve code that carries it out or fixes it"
    ),
    "recruitment": (
        "Given the requirements of a position, retrieve candidates whose skills and experience meet them"
    ),
    "recommendation": (
        "Given what a person liked or looked at, retrieve items that the same person would choose next"
    ),
    "enterprise-knowledge": (
        "Given an employee's question, retrieve the internal page that answers it with the rule, number or "
        "procedure now in force"
    ),
    "moderation": "Given a rule of a community, retrieve messages that break it",
    "rag-context": (
        "Given a question, retrieve passages that contain the facts needed to write a complete and correct "
        "answer"
    ),
}
"""Instructions by name."""

WITHOUT_INSTRUCTIONS = (cross_encoder.NAME, bert_embedder.NAME)
"""Families that have no place for one."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def find_instruction(name_or_text: str) -> str:
    """Return the instruction of a name; a text is its own instruction.

    Parameters
    ----------
    name_or_text : str
        A name of ``INSTRUCTIONS``, or an instruction in words.

    Returns
    -------
    str
        The instruction.

    Raises
    ------
    UsageError
        If it is no string, or a single lower-case word, perhaps with hyphens, and not a name.

    Examples
    --------
    >>> find_instruction("moderation")
    'Given a rule of a community, retrieve messages that break it'
    >>> find_instruction("Retrieve recipes without nuts")
    'Retrieve recipes without nuts'
    """
    require_texts([name_or_text], "instructions")
    known = INSTRUCTIONS.get(name_or_text)
    if known is not None:
        return known
    if _NAME.fullmatch(name_or_text):
        raise UsageError(
            "There is no ready instruction of that name.",
            hint=f"Write the instruction in words, or name one of: {', '.join(INSTRUCTIONS)}.",
        )
    return name_or_text


def instruction_read(model: ModelInfo, asked: str | None) -> str | None:
    """Tell which instruction a model reads in a call.

    Parameters
    ----------
    model : ModelInfo
        A reranker or an embedder.
    asked : str | None
        The call's instruction, in words; None where it gives none.

    Returns
    -------
    str | None
        That of the call, else the model's default; None where the model reads none.

    Examples
    --------
    >>> from pertinent.families.catalogue import known_model
    >>> instruction_read(known_model("pertinent-mini-reranker"), "Find recipes") is None
    True
    >>> instruction_read(known_model("Qwen/Qwen3-Reranker-0.6B"), "Find recipes")
    'Find recipes'
    """
    # An embedder without a standing instruction reads none, whatever a call says (embedders/causal.py).
    plain_embedder = model.kind == "embedder" and not model.default_instruction
    if model.family in WITHOUT_INSTRUCTIONS or plain_embedder:
        return None
    return asked if asked is not None else model.default_instruction or None
