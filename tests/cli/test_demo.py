from __future__ import annotations

import json

from support.command import Run


def test_offline_demo_answers_six_questions_twice(run: Run) -> None:
    first = json.loads(run("demo", "--offline", "--json").stdout)
    again = run("demo", "--offline", "--json")
    assert first["offline"] is True
    assert first["documents"] == 120
    assert len(first["answers"]) == 6
    assert any(answer["filters"] for answer in first["answers"])
    for answer in first["answers"]:
        assert answer["reranked"] is True
        assert answer["hits"][0]["best_sentence"]["text"]
    assert "ready" in again.stderr
    hits = [[hit["passage"]["id"] for hit in answer["hits"]] for answer in first["answers"]]
    assert hits == [[h["passage"]["id"] for h in a["hits"]] for a in json.loads(again.stdout)["answers"]]


def test_the_demo_shows_both_orders_to_a_person(run: Run) -> None:
    done = run("demo", "--offline")
    assert done.returncode == 0
    assert "Offline" in done.stderr
    for expected in ("first stage", "after reranking", "was", "»", "final", "rerank "):
        assert expected in done.stdout


def test_without_network_it_says_so_and_goes_on(run: Run) -> None:
    # An index that does not answer stands for a missing network.
    done = run("demo", "--json", PIP_INDEX_URL="http://127.0.0.1:9/", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 0
    assert "Going on offline" in done.stderr
    assert json.loads(done.stdout)["offline"] is True
