"""The parts of a prompt join to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.families.prompt_form import LEAD, PromptForm
from pertinent.families.qwen3_reranker import VARIANTS


@pytest.mark.parametrize("form", VARIANTS.values(), ids=VARIANTS)
@given(instruction=st.text(), query=st.text(), document=st.text())
def test_parts_join_to_the_body(form: PromptForm, instruction: str, query: str, document: str) -> None:
    parts = form.instruction_part(instruction) + form.query_part(query) + LEAD + document
    assert parts == form.body(instruction, query, document)
    assert form.body(instruction, query, document).endswith(f"{form.document_label}{LEAD}{document}")


@pytest.mark.parametrize("form", VARIANTS.values(), ids=VARIANTS)
def test_labels_end_in_a_sign(form: PromptForm) -> None:
    for label in (form.instruction_label, form.query_label, form.document_label):
        assert not label[-1].isalnum()
        assert not label[-1].isspace()
