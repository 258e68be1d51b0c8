"""Keys open what they say, and nothing else is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from pertinent.serve.keys import KeyFile
from pertinent.serve.options import ServerOptions
from support.serving import Running, running


@pytest.fixture(scope="module")
def keyed(_float32: None, collections_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")
    options = ServerOptions(collections=collections_folder, port=0, keys=file.path)
    with running(options) as server:
        yield server, file


def test_keys_open_what_they_say(keyed: tuple[Running, KeyFile]) -> None:
    server, file = keyed
    secrets = {
        name: {"Authorization": f"Bearer {file.add(name, scopes)[1]}"}
        for name, scopes in {"reranks": ["rerank"], "notes": ["search:notes"], "root": ["admin"]}.items()
    }
    rerank = {"query": "q", "documents": ["a"]}
    asked: list[tuple[str, Any]] = [
        ("/v1/rerank", rerank),
        ("/v1/embeddings", {"input": "a"}),
        ("/v1/search", {"collection": "notes", "query": "q"}),
        ("/v1/search", {"collection": "private", "query": "q"}),
        ("/v1/search", {"collection": "absent", "query": "q"}),
    ]
    found = {
        name: [server.post(path, body, headers=headers).status_code for path, body in asked]
        for name, headers in secrets.items()
    }
    assert found == {
        "reranks": [200, 200, 403, 403, 403],
        "notes": [403, 403, 200, 403, 403],
        "root": [200, 200, 200, 200, 404],
    }

    def get(path: str, name: str) -> httpx2.Response:
        return httpx2.get(server.address + path, headers=secrets[name])

    assert [row["name"] for row in get("/v1/collections", "notes").json()["collections"]] == ["notes"]
    assert get("/v1/collections", "reranks").json() == {"collections": []}
    assert get("/v1/collections/private", "notes").status_code == 403
    assert get("/metrics", "reranks").status_code == 403
    assert get("/metrics", "root").status_code == 200
    file.revoke("reranks")
    assert server.post("/v1/rerank", rerank, headers=secrets["reranks"]).status_code == 401


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer  wrong", "Bearer wrong", "Basic YTpi", "Token \xff"]
)
def test_without_a_known_key_nothing_is_open(keyed: tuple[Running, KeyFile], header: str | None) -> None:
    server, _ = keyed
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    for path in ("/v1/rerank", "/tei/embed", "/v1/search", "/v1/inference/x"):
        answer = httpx2.post(server.address + path, json={}, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/metrics", "/v1/collections", "/v1/collections/notes"):
        assert httpx2.get(server.address + path, headers=headers).status_code == 401  # type: ignore[arg-type]
    assert httpx2.get(f"{server.address}/healthz").status_code == 200
    assert httpx2.get(f"{server.address}/readyz").json() == {"status": "ready"}


def test_a_token_is_a_key_too(keyed: tuple[Running, KeyFile]) -> None:
    server, file = keyed
    _, secret = file.add("openmem", ["rerank"])
    body = {"query": "q", "documents": ["a"]}
    for scheme in ("Token", "token", "bearer", "BEARER"):
        answer = server.post("/v1/rerank", body, headers={"Authorization": f"{scheme} {secret}"})
        assert answer.status_code == 200


def test_keys_that_cannot_be_read_open_nothing_and_tell_no_path(keyed: tuple[Running, KeyFile]) -> None:
    server, file = keyed
    kept = file.path.read_text() if file.path.exists() else '{"keys": []}'
    file.path.write_text("damaged")
    answer = server.post("/v1/rerank", {}, headers={"Authorization": "Bearer x"})
    file.path.write_text(kept)
    assert answer.status_code == 503
    assert str(file.path.parent) not in answer.text
