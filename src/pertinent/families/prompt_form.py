"""The prompt of a reranker that answers yes or no: control text around what users wrote.

The parts are tokenised apart and joined as ids: the opening and the closing with control tokens,
everything between them as plain text. So a document can neither end the prompt nor speak as the
system, and what comes before it is the same ids for every document.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAD = " "
"""Stands before the instruction, the query and the document.

Byte-level pre-tokenizers begin a new word at a space that follows a sign, so cutting the body
before a lead changes no token."""


@dataclass(frozen=True, slots=True)
class PromptForm:
    """How a family puts an instruction, a query and a document into one sequence.

    Parameters
    ----------
    opening : str
        Control text that begins every sequence: system prompt and start of the user's turn.
    instruction_label, query_label, document_label : str
        Plain text before each of the three, without the lead. They end in a sign that is neither
        letter, digit nor white space.
    closing : str
        Control text that ends every sequence; the answer would follow it.
    default_instruction : str
        Says what counts as an answer where the caller says nothing.
    yes, no : str
        The two answers; the margin is the logit of the first minus that of the second.
    control_tokens : tuple[str, ...]
        Control tokens the tokenizer must have; where one lacks them, it belongs to another family.

    Examples
    --------
    >>> form = PromptForm("<s>", "Task:", "\\nQuery:", "\\nText:", "</s>", "Find.")
    >>> form.body("Find.", "who", "me")
    'Task: Find.\\nQuery: who\\nText: me'
    """

    opening: str
    instruction_label: str
    query_label: str
    document_label: str
    closing: str
    default_instruction: str
    yes: str = "yes"
    no: str = "no"
    control_tokens: tuple[str, ...] = ()

    def instruction_part(self, instruction: str) -> str:
        """Text between the opening and the query's lead; the same for all queries of an instruction."""
        return f"{self.instruction_label}{LEAD}{instruction}{self.query_label}"

    def query_part(self, query: str) -> str:
        """Text from the query's lead to the document's lead."""
        return f"{LEAD}{query}{self.document_label}"

    def body(self, instruction: str, query: str, document: str) -> str:
        """All plain text of one sequence."""
        return f"{self.instruction_part(instruction)}{self.query_part(query)}{LEAD}{document}"
