from __future__ import annotations

from dataclasses import replace

import pytest

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.evaluate.checking import read_through, require_answerable
from pertinent.types import Document
from support.small_task import candidates_task, documents, request, retrieval_task, screening_task


def test_a_sound_set_is_read_to_its_end() -> None:
    told: list[tuple[str, int, int]] = []
    task = replace(retrieval_task("sound"), documents=lambda: iter(documents() * 200))
    read_through(task, lambda *progress: told.append(progress))
    assert told == [("sound: checking", 0, 0), ("sound: checking", 1000, 0)]
    read_through(candidates_task(), lambda *_: None)


def test_a_document_that_cannot_be_stored_is_found() -> None:
    task = replace(retrieval_task(), documents=lambda: iter([*documents(), Document("", "No id.")]))
    with pytest.raises(RecordError):
        read_through(task, lambda *_: None)


@pytest.mark.parametrize("found", [[], [Document("1", "Ids that no judgement names.")]])
def test_documents_that_no_judgement_names_are_another_set(found: list[Document]) -> None:
    task = replace(retrieval_task("strange"), documents=lambda: iter(found))
    with pytest.raises(DataError, match="judged documents of strange"):
        read_through(task, lambda *_: None)


def test_a_baseline_of_one_set_is_enough() -> None:
    tasks = [retrieval_task(), candidates_task()]
    for baseline in ("bm25", "first_stage", "final", None):
        require_answerable(tasks, request(baseline=baseline), ["mini"])
    with pytest.raises(UsageError, match="first_stage"):
        require_answerable(tasks[:1], request(baseline="first_stage"), ["mini"])
    require_answerable(tasks, request(baseline="rerank:b"), ["a", "b"])


def test_work_saved_is_for_screenings() -> None:
    require_answerable([screening_task()], request(metrics=("WSS@95",)), [])
    with pytest.raises(UsageError, match="screening"):
        require_answerable([screening_task(), retrieval_task()], request(metrics=("WSS@95",)), [])
