from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Run
from support.faulty_server import body, embed, faulty_server, status

ANSWER = '{"scores": [0.9, 0.1], "input_tokens": 100}'


def section(folder: Path, address: str, more: str = "") -> None:
    (folder / "pertinent.toml").write_text(
        f'[providers.deepinfra]\naddress = "{address}"\nkey_variable = "MY_KEY"\nreranker = "m"\n{more}'
    )


def test_the_list_shows_services_and_whether_keys_are_set(run: Run, tmp_path: Path) -> None:
    section(tmp_path, "http://127.0.0.1:1")
    (tmp_path / ".env").write_text("MY_KEY=sk-never-shown\n")
    done = run("providers", "list", "--json", CO_API_KEY="")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["deepinfra"]["address"] == "http://127.0.0.1:1"
    assert (rows["deepinfra"]["key_variable"], rows["deepinfra"]["key_set"]) == ("MY_KEY", True)
    assert (rows["cohere"]["key_variable"], rows["cohere"]["key_set"]) == ("CO_API_KEY", False)
    table = run("providers", "list").stdout
    assert "deepinfra" in table
    assert "sk-never-shown" not in table + done.stdout


def test_each_configured_model_is_tried(run: Run, tmp_path: Path) -> None:
    with faulty_server(usual=body(ANSWER)) as server:
        section(tmp_path, server.address)
        done = run("providers", "check", "--json", MY_KEY="sk-1")
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert (told["name"], told["kind"], told["passed"]) == ("deepinfra:m", "reranker", True)
    assert "margin +2.20" in told["told"]


@pytest.mark.parametrize(
    ("say", "told"),
    [
        (body('{"scores": [0.5, 0.5]}'), "margin +0.00"),
        (status(401, {}), "does not accept the key"),
    ],
)
def test_what_does_not_work_is_told_with_what_to_do(run: Run, tmp_path: Path, say: object, told: str) -> None:
    with faulty_server(usual=say) as server:  # type: ignore[arg-type]
        section(tmp_path, server.address)
        done = run("providers", "check", "deepinfra", MY_KEY="sk-1")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert told in done.stdout
    assert "sk-1" not in done.stdout + done.stderr


def test_an_embedder_whose_vectors_do_not_tell_texts_apart_fails(run: Run) -> None:
    with faulty_server(usual=embed) as server:
        done = run("providers", "check", f"{server.address}/v1/embeddings#m")
    assert done.returncode == 1
    assert "cosine" in done.stdout


def test_nothing_configured_is_told(run: Run) -> None:
    done = run("providers", "check")
    assert done.returncode == 2
    assert "[providers.NAME]" in done.stderr
    assert run("providers", "check", "pertinent-mini-reranker").returncode == 1


def test_rerank_shows_what_a_service_took(run: Run, tmp_path: Path) -> None:
    with faulty_server(usual=status(500, {}, {"x-should-retry": "false"})) as down, faulty_server() as up:
        section(tmp_path, up.address, "prices = { m = 0.05 }\n")
        names = ("--model", f"{down.address}/v1/rerank", "--model", "deepinfra:")
        lines = "It rained.\nMetformin lowers glucose.\n"
        quiet = run("rerank", "What lowers glucose?", *names, "--json", stdin=lines, MY_KEY="sk-1")
        shown = run("rerank", "What lowers glucose?", *names, stdin=lines, MY_KEY="sk-1")
    rows = [json.loads(line) for line in quiet.stdout.splitlines()]
    assert rows[0]["index"] == 1
    assert rows[0]["served"]["cost"] == pytest.approx(20 * 0.05 / 1e6)
    assert "HTTP 500" in rows[0]["served"]["failovers"][0]["reason"]
    assert "20 tokens, $0.000001" in shown.stderr
    assert "did not answer" in shown.stderr
