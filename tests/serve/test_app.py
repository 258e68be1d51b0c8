"""What stands around the routes: their documentation, and paths that there are not."""

from __future__ import annotations

import httpx2

from support.serving import Running


def test_unknown_paths_and_methods(server: Running) -> None:
    assert server.send(b"{}", "/nowhere").status_code == 404
    assert httpx2.get(f"{server.address}/v2/rerank").status_code == 405
    assert server.send(b"{}", "/tei/nowhere").json().keys() == {"error", "error_type"}


def test_documentation_is_there(server: Running) -> None:
    assert httpx2.get(f"{server.address}/docs").status_code == 200
    paths = httpx2.get(f"{server.address}/openapi.json").json()["paths"]
    assert {"/v1/rerank", "/voyage/v1/rerank", "/tei/embed", "/v1/search", "/healthz"} <= paths.keys()
