from __future__ import annotations

from typing import Any

import pytest

from pertinent.errors import DataError, FetchError, UsageError
from pertinent.evaluate.named.mteb_sets import open_mteb, open_mteb_benchmark, tasks_of
from support.mteb_tasks import CORPUS, QUERIES, RANKED, RELEVANT, local_task


def test_a_retrieval_task_keeps_texts_and_grades() -> None:
    (task,) = tasks_of(local_task())
    assert (task.name, task.split, task.kind, task.language) == (
        "LocalRetrieval",
        "test",
        "retrieval",
        "english",
    )
    assert task.queries == QUERIES
    assert task.judgements == RELEVANT
    assert task.candidates is None
    assert task.documents is not None
    for _ in range(2):  # anew at each call
        assert {d.id: (d.title, d.text) for d in task.documents()} == CORPUS


def test_ranked_documents_become_candidates_in_an_order_that_knows_nothing() -> None:
    (task,) = tasks_of(local_task(ranked=RANKED))
    assert (task.kind, task.documents) == ("candidates", None)
    assert task.candidates is not None
    for query, given in RANKED.items():
        assert {row.document_id for row in task.candidates[query]} == set(given)
    (again,) = tasks_of(local_task(ranked={query: given[::-1] for query, given in RANKED.items()}))
    assert again.candidates == task.candidates
    assert again.data_hash == task.data_hash
    text = {row.document_id: row.text for row in task.candidates["q1"]}
    assert text["d1"] == "Metformin\n" + CORPUS["d1"][1]
    assert text["d3"] == CORPUS["d3"][1]


def test_candidates_of_a_run_keep_its_order() -> None:
    given = local_task(ranked=RANKED)
    given._previous_results_model_meta = {"name": "a first stage"}
    (task,) = tasks_of(given)
    assert task.candidates is not None
    assert {q: [row.document_id for row in rows] for q, rows in task.candidates.items()} == RANKED


def test_candidates_without_text_are_left_out() -> None:
    corpus = CORPUS | {"d3": ("", "  ")}
    (task,) = tasks_of(local_task(corpus=corpus, ranked={"q1": ["d1", "d3", "gone", "d1"]}))
    assert task.candidates is not None
    assert [row.document_id for row in task.candidates["q1"]] == ["d1"]
    assert task.candidates["q2"] == ()


def test_only_judged_queries_are_asked_as_mteb_does() -> None:
    (task,) = tasks_of(local_task(relevant={"q1": {"d1": 1}, "q2": {}, "q9": {"d1": 1}}))
    assert list(task.queries) == ["q1"]
    assert task.judgements == {"q1": {"d1": 1}}
    with pytest.raises(DataError, match="no judged query"):
        tasks_of(local_task(relevant={}))


def test_a_query_that_stands_in_the_corpus_does_not_find_itself() -> None:
    corpus = CORPUS | {"q1": ("", QUERIES["q1"])}
    (task,) = tasks_of(local_task(corpus=corpus, ignore_identical_ids=True))
    assert task.without_self
    ranked = {"q1": ["q1", "d1"]}
    (task,) = tasks_of(local_task(corpus=corpus, ranked=ranked, ignore_identical_ids=True))
    assert task.candidates is not None
    assert [row.document_id for row in task.candidates["q1"]] == ["d1"]


def test_each_subset_is_a_task_in_its_language() -> None:
    languages = {"de": ["deu-Latn"], "yo": ["yor-Latn"], "de-en": ["deu-Latn", "eng-Latn"]}
    tasks = tasks_of(local_task("Many", languages=languages))
    assert [(t.name, t.language) for t in tasks] == [
        ("Many-de", "german"),
        ("Many-yo", "none"),
        ("Many-de-en", "none"),
    ]
    assert len({t.data_hash for t in tasks}) == 3


def test_an_aggregation_gives_its_parts() -> None:
    class Whole:
        class metadata:  # noqa: N801
            tasks = (local_task("PartA"), local_task("PartB"))

    assert [task.name for task in tasks_of(Whole())] == ["PartA", "PartB"]


def test_the_hash_follows_everything_that_results_depend_on() -> None:
    def hash_of(**changed: Any) -> str:
        return tasks_of(local_task(**changed))[0].data_hash

    plain = hash_of()
    assert hash_of() == plain
    others = [
        hash_of(queries=QUERIES | {"q1": "else?"}),
        hash_of(relevant=RELEVANT | {"q1": {"d1": 1}}),
        hash_of(corpus=CORPUS | {"d6": ("Gardens", "Roses need no water.")}),
        hash_of(split="dev"),
        hash_of(ignore_identical_ids=True),
        hash_of(ranked=RANKED),
        hash_of(ranked=RANKED | {"q1": ["d1"]}),
    ]
    assert len({plain, *others}) == len(others) + 1


def test_splits() -> None:
    assert tasks_of(local_task(split="standard"))[0].split == "standard"
    assert tasks_of(local_task(split="dev"), "dev")[0].split == "dev"
    with pytest.raises(DataError, match="no split train"):
        tasks_of(local_task(), "train")


def test_the_given_task_stays_as_it_is() -> None:
    given = local_task()
    tasks_of(given)
    assert not given.data_loaded
    assert given.eval_splits == ["test"]


def test_queries_with_instructions_and_conversations() -> None:
    (task,) = tasks_of(local_task(instructions=dict.fromkeys(QUERIES, "Trials only.")))
    assert task.queries["q2"] == "what prevents heart attacks? Trials only."


def test_texts_of_a_wrong_type_are_refused() -> None:
    (task,) = tasks_of(local_task(corpus={"d1": ("", "x")}, relevant={"q1": {"d1": 1}}))
    assert task.documents is not None
    broken = local_task(corpus={"d1": ("", ["x"])}, relevant={"q1": {"d1": 1}})  # type: ignore[dict-item]
    with pytest.raises(DataError, match="no string"):
        tasks_of(broken)


def test_tasks_of_another_kind_are_refused() -> None:
    with pytest.raises(UsageError, match="over image"):
        tasks_of(local_task(modality="image"))
    with pytest.raises(UsageError, match="type Classification"):
        open_mteb("Banking77Classification")


@pytest.mark.parametrize("name", ["SciFact", "MIRACLReranking/de", "LoCoMo", "MultiLongDocReranking/de"])
def test_what_cannot_be_reached_is_told_with_what_to_do(name: str, offline_hub: None) -> None:
    with pytest.raises(FetchError, match="cannot be loaded") as caught:
        open_mteb(name)
    assert "HF_HOME" in caught.value.hint


def test_unknown_names_are_told() -> None:
    with pytest.raises(UsageError, match="no task Nothing"):
        open_mteb("Nothing")
    with pytest.raises(UsageError, match="no subset xx") as caught:
        open_mteb("MIRACLReranking/xx")
    assert "sw" in caught.value.hint
    with pytest.raises(UsageError, match="no benchmark"):
        open_mteb_benchmark("Nothing")
    with pytest.raises(UsageError, match="no retrieval"):
        open_mteb_benchmark("MINERSBitextMining")


def test_a_benchmark_gives_its_retrieval_and_reranking_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    import mteb

    from pertinent.evaluate.named import mteb_sets

    asked: list[str] = []

    def keep(task: Any, split: str | None) -> list[Any]:
        asked.append(task.metadata.name)
        return []

    monkeypatch.setattr(mteb_sets, "tasks_of", keep)
    open_mteb_benchmark("MTEB(eng, v2)")
    assert {"AskUbuntuDupQuestions", "MindSmallReranking", "ArguAna", "TRECCOVID"} <= set(asked)
    assert "Banking77Classification" not in asked
    assert len(asked) == 12
    asked.clear()
    open_mteb_benchmark("LMEB")
    assert len(asked) == len(mteb.get_benchmark("LMEB").tasks) == 22
    asked.clear()
    open_mteb_benchmark("BEIR")
    assert len(asked) == 15
