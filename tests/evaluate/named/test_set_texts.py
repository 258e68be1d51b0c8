from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.named.set_texts import query_text, set_document


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"text": "who?"}, "who?"),
        ({"text": "who?", "instruction": None}, "who?"),
        ({"text": "who?", "instruction": "Trials only."}, "who? Trials only."),
        ({"text": ["Hi", "Why?"]}, "Hi; Why?"),
        (
            {
                "text": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Why?"}],
                "instruction": "Say.",
            },
            "Say. user: Hi; user: Why?",
        ),
    ],
)
def test_queries_with_instructions_and_conversations(row: dict[str, Any], text: str) -> None:
    assert query_text(row) == text


@pytest.mark.parametrize("text", [[3], None, 5, [{"role": "user"}]])
def test_other_forms_are_told(text: object) -> None:
    with pytest.raises(DataError, match="neither a text"):
        query_text({"text": text})


def test_a_document_has_a_title_on_one_line_or_none() -> None:
    found = set_document("1", " Metformin\n lowers ", "It does.")
    assert found is not None
    assert (found.id, found.title, found.text) == ("1", "Metformin lowers", "It does.")
    assert set_document("1", "only a title", "") is not None
    assert set_document("1", " ", "\n") is None
