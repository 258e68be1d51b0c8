from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.kb.drafting import draft_questions
from pertinent.kb.knowledge_base import KnowledgeBase
from pertinent.kb.relevance import find_relevant
from support.knowledge import write

BODY = "Water runs down the hills to valley {0} and carries sand and stones wherever its current is strong."


def test_each_is_of_another_document_and_can_be_found(base: KnowledgeBase, tmp_path: Path) -> None:
    texts = {
        f"n{n}": f"# Place {n}\n\n## River {n}\n\n{BODY.format(n)} It bends {n} times." for n in range(6)
    }
    write(tmp_path / "n", **texts)
    base.add(tmp_path / "n")
    base.update()
    with base.collection:
        store = base.collection.reader()
        drafted = draft_questions(store, 4)
        assert len({question.relevant[0].partition("#")[0] for question in drafted}) == 4
        assert all(question.drafted for question in drafted)
        assert not any(each.missing for each in find_relevant(store, drafted).values())
        assert drafted == draft_questions(store, 4)
        assert drafted != draft_questions(store, 4, seed=1)
        assert len(draft_questions(store, 100)) <= 6


def test_nothing_to_draft_from_is_told(base: KnowledgeBase, tmp_path: Path) -> None:
    write(tmp_path / "n", a="moon")
    base.add(tmp_path / "n")
    base.update()
    with base.collection, pytest.raises(DataError, match="No question"):
        draft_questions(base.collection.reader(), 3)


def test_drafting_needs_no_torch() -> None:
    code = "import sys, pertinent.kb.drafting; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
