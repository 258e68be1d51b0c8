from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.errors import FetchError, UsageError
from pertinent.evaluate.named import named
from pertinent.evaluate.named.named import BY_LANGUAGE, SHORT, is_named, open_named
from pertinent.evaluate.sources.opening import open_tasks
from support.mteb_tasks import CORPUS, QUERIES, RANKED, RELEVANT, beir_parts, judged_rows, write_dataset


@pytest.mark.parametrize(
    "name",
    ["mteb:SciFact", "mteb:MIRACLReranking/de", "mteb-benchmark:MTEB(eng, v2)", "irds:beir/scifact",
     "btzsc:topic", "ir_datasets:beir/scifact/test", "scifact", "TREC-COVID", "btzsc", "beir", "lmeb",
     "locomo", "mldr-de", "miracl", "miracl-de", "miracl-rerank-sw", "miracl-hard-zh", "mldr-rerank"],
)  # fmt: skip
def test_names(name: str) -> None:
    assert is_named(name)


@pytest.mark.parametrize(
    "name",
    ["data/scifact", "scifact/", "./scifact", "C:\\sets", "mteb:", "mteb", "other:SciFact", "", ":", "-",
     "scifact-de", "mldr-", "mldr-german", "miracl-rerank-", "a:b:c", "/tmp/beir"],
)  # fmt: skip
def test_no_names(name: str) -> None:
    assert not is_named(name)
    with pytest.raises(UsageError, match="no set named"):
        open_named(name)


@given(st.text(max_size=20))
def test_any_text_is_a_name_or_told_to_be_none(text: str) -> None:
    if not is_named(text):
        with pytest.raises(UsageError):
            open_named(text)


def test_a_near_miss_is_helped() -> None:
    with pytest.raises(UsageError) as caught:
        open_named("scifacts")
    assert "scifact" in caught.value.hint


def test_schemes_open_the_rest_with_the_split(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str | None]] = []
    for scheme in named.SCHEMES:
        monkeypatch.setitem(
            named.SCHEMES,
            scheme,
            lambda rest, split, scheme=scheme: asked.append((scheme, rest, split)) or [],
        )
    for name in ("mteb:A/b", "irds:beir/x/test", "mldr-de", "btzsc", "btzsc:intent", "SciFact"):
        open_named(name, "dev")
    assert asked == [
        ("mteb", "A/b", "dev"),
        ("irds", "beir/x/test", "dev"),
        ("mteb", "MultiLongDocRetrieval/de", "dev"),
        ("btzsc", "", "dev"),
        ("btzsc", "intent", "dev"),
        ("mteb", "SciFact", "dev"),
    ]


def test_short_names_are_those_of_the_installed_mteb() -> None:
    import mteb

    for short, full in SHORT.items():
        scheme, _, rest = full.partition(":")
        if scheme == "mteb":
            assert mteb.get_task(rest).metadata.name == rest
        elif scheme == "mteb-benchmark":
            assert mteb.get_benchmark(rest).tasks
        else:
            assert short == "btzsc"
    for stem in BY_LANGUAGE:
        assert "de" in mteb.get_task(SHORT[stem].removeprefix("mteb:")).hf_subsets


def test_scifact_by_name_is_scifact_as_a_folder(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline_hub: None
) -> None:
    import mteb

    given = beir_parts(data_folder / "scifact", "test", 1000)
    write_dataset(
        tmp_path / "set",
        {
            "corpus": {
                "corpus": [{"_id": d, "title": title, "text": x} for d, (title, x) in given["corpus"].items()]
            },
            "queries": {"queries": [{"_id": q, "text": text} for q, text in given["queries"].items()]},
            "default": {"test": judged_rows(given["relevant"])},
        },
    )
    monkeypatch.setitem(mteb.get_task("SciFact").metadata.dataset, "path", str(tmp_path / "set"))
    (task,) = open_named("scifact")
    (folder,) = open_tasks(data_folder / "scifact", "test")
    assert (task.name, task.split, task.kind, task.language) == ("SciFact", "test", "retrieval", "english")
    assert task.queries == folder.queries
    assert task.judgements == folder.judgements
    assert task.documents is not None
    assert folder.documents is not None
    assert [(d.id, d.title, d.text) for d in task.documents()] == [
        (d.id, d.title, d.text) for d in folder.documents()
    ]


def test_one_language_of_a_reranking_set_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline_hub: None
) -> None:
    import mteb

    write_dataset(
        tmp_path / "set",
        {
            "de-corpus": {"dev": [{"_id": d, "title": t, "text": x} for d, (t, x) in CORPUS.items()]},
            "de-queries": {"dev": [{"_id": q, "text": text} for q, text in QUERIES.items()]},
            "de-qrels": {"dev": judged_rows(RELEVANT)},
            "de-top_ranked": {"dev": [{"query-id": q, "corpus-ids": rows} for q, rows in RANKED.items()]},
        },
    )
    monkeypatch.setitem(mteb.get_task("MIRACLReranking").metadata.dataset, "path", str(tmp_path / "set"))
    (task,) = open_named("miracl-rerank-de")
    assert (task.name, task.split, task.kind, task.language) == (
        "MIRACLReranking-de",
        "dev",
        "candidates",
        "german",
    )
    assert (task.queries, task.judgements) == (QUERIES, RELEVANT)
    assert task.candidates is not None
    assert {q: {row.document_id for row in rows} for q, rows in task.candidates.items()} == {
        query: set(rows) for query, rows in RANKED.items()
    }


def test_what_cannot_be_reached_is_told(offline_hub: None) -> None:
    with pytest.raises(FetchError):
        open_named("mldr-de")


def test_asking_whether_something_is_a_name_imports_nothing_heavy() -> None:
    heavy = ["mteb", "ir_datasets", "datasets", "torch", "numpy", "qdrant_edge"]
    code = (
        "from pertinent.evaluate.named.named import is_named; is_named('scifact'); import sys; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
