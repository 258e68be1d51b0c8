from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Run
from support.faulty_server import faulty_server


@pytest.fixture
def indexed(run: Run, notes: Path):
    assert run("index", "n", str(notes)).returncode == 0
    return run


def test_prints_the_answer_with_its_sentence(indexed: Run) -> None:
    done = indexed("search", "n", "Which drug lowers glucose as a tablet?")
    assert done.returncode == 0
    first = done.stdout.splitlines()[0]
    assert first.strip() == "1. Metformin"
    assert "»" in done.stdout
    assert "total" in done.stdout.splitlines()[-1]


def test_json_is_one_document_with_everything(indexed: Run) -> None:
    told = json.loads(indexed("search", "n", "What lowers glucose?", "--top-k", "2", "--json").stdout)
    assert told["query"] == "What lowers glucose?"
    assert told["reranked"] is True
    assert {hit["document"]["id"] for hit in told["hits"]} == {"a", "c"}
    assert {"embed_ms", "first_stage_ms", "rerank_ms", "total_ms"} <= set(told["timings"])


def test_without_reranking(indexed: Run) -> None:
    told = json.loads(indexed("search", "n", "What lowers glucose?", "--no-rerank", "--json").stdout)
    assert told["reranked"] is False
    assert all(hit["margin"] is None for hit in told["hits"])


def test_a_reranker_that_shall_not_be_asked_is_a_contradiction(indexed: Run) -> None:
    done = indexed("search", "n", "glucose", "--no-rerank", "--reranker", "pertinent-mini-reranker")
    assert done.returncode == 2
    assert "--no-rerank" in done.stderr


def test_filters(indexed: Run) -> None:
    told = json.loads(indexed("search", "n", "glucose", "--filter", "year>=1990", "--json").stdout)
    assert {hit["document"]["id"] for hit in told["hits"]} == {"a", "b"}


@pytest.mark.parametrize("wrong", ["yeer=1990", "year=soon", "year"])
def test_a_wrong_filter_is_an_error_and_no_empty_answer(indexed: Run, wrong: str) -> None:
    done = indexed("search", "n", "glucose", "--filter", wrong, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error" in done.stderr


@pytest.mark.parametrize(
    "query", ["", "the of and", "血糖を下げる薬は", "دواء السكري", "drug " * 10_000, "\x00[SEP]\x01"]
)
def test_any_query_is_answered(indexed: Run, query: str) -> None:
    if "\x00" in query:
        query = query.replace("\x00", "")  # no operating system passes NUL in an argument
    done = indexed("search", "n", query, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["query"] == query


def test_a_missing_collection_is_named(run: Run) -> None:
    done = run("search", "absent", "q")
    assert done.returncode == 1
    assert "absent" in done.stderr


KEYLESS = {"DEEPINFRA_TOKEN": ""}


def test_a_missing_key_does_not_keep_a_search_from_answering(indexed: Run) -> None:
    asked = ("search", "n", "glucose", "--reranker", "deepinfra:Qwen/Qwen3-Reranker-8B", "--json")
    for how in ((), ("--rerank", "auto")):
        done = indexed(*asked, *how, **KEYLESS)
        told = json.loads(done.stdout)
        assert (done.returncode, told["reranked"]) == (0, False)
        assert "DEEPINFRA_TOKEN" in told["reason"]
        assert told["hits"]
        assert told["models"]["reranker"]["name"] == "deepinfra:Qwen/Qwen3-Reranker-8B"
    done = indexed(*asked, "--rerank", "required", **KEYLESS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "DEEPINFRA_TOKEN" in done.stderr


def test_a_provider_that_does_not_exist_is_an_error(indexed: Run) -> None:
    done = indexed("search", "n", "glucose", "--reranker", "deepinfro:model", "--json")
    assert (done.returncode, done.stdout) == (2, "")


def test_what_is_local_only_is_searched_by_no_service(run: Run, notes: Path) -> None:
    assert run("index", "n", str(notes), "--local-only").returncode == 0
    assert "yes" in run("collections", "n").stdout
    with faulty_server() as server:
        for reranker in (f"{server.address}/v1/rerank", "deepinfra:Qwen/Qwen3-Reranker-8B"):
            done = run("search", "n", "glucose", "--reranker", reranker, "--json", **KEYLESS)
            assert (done.returncode, done.stdout) == (2, "")
            assert "local-only" in done.stderr
        address = f"{server.address}/v1/embeddings"
        for command in (("search", "n", "glucose"), ("index", "n", str(notes))):
            done = run(*command, "--embedder", address)
            assert done.returncode == 2
            assert "local-only" in done.stderr
        assert server.count == 0
    assert json.loads(run("search", "n", "glucose", "--json").stdout)["reranked"] is True


def test_hits_are_exported_as_citations(indexed: Run, tmp_path: Path) -> None:
    file = tmp_path / "hits.ris"
    done = indexed("search", "n", "What lowers glucose?", "--top-k", "2", "--export", str(file), "--json")
    titles = [hit["document"]["title"] for hit in json.loads(done.stdout)["hits"]]
    lines = file.read_text("utf-8").splitlines()
    assert [line[6:] for line in lines if line.startswith("TI")] == titles
    assert done.stderr == ""
    assert indexed("index", "again", str(file)).returncode == 0
    done = indexed("search", "n", "glucose", "--top-k", "1", "--export", str(file))
    assert f"Wrote 1 citation to {file}." in done.stderr
    assert "Wrote" not in done.stdout


def test_an_export_that_cannot_be_written_says_so(indexed: Run, tmp_path: Path) -> None:
    done = indexed("search", "n", "glucose", "--export", "hits.bib")
    assert (done.returncode, done.stdout) == (2, "")
    assert ".ris or .nbib" in done.stderr
    done = indexed("search", "n", "glucose", "--export", str(tmp_path / "absent" / "hits.ris"))
    assert done.returncode == 1
    assert "Writing the citations failed" in done.stderr
