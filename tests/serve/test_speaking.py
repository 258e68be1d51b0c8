from __future__ import annotations

import json
from typing import Any

import pytest

from pertinent.serve.refusals import Refusal
from pertinent.serve.speaking import Speaking


def speaking(path: str = "/v1/rerank", **headers: str) -> Speaking:
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Speaking({"type": "http", "path": path, "headers": given})


@pytest.mark.parametrize(
    ("path", "dialect"),
    [("/cohere/v2/rerank", "cohere"), ("/tei/embed", "tei"), ("/v1/rerank", None), ("", None), ("*", None)],
)
def test_the_mount_tells_the_dialect(path: str, dialect: str | None) -> None:
    told = speaking(path).dialect
    assert (None if told is None else told.name) == dialect


def test_an_id_is_the_clients_where_it_is_harmless() -> None:
    assert speaking(x_request_id="mine-1.b_2").id == "mine-1.b_2"
    made = {speaking(x_request_id=strange).id for strange in ("a b", "a" * 129, "<script>", "")}
    assert len(made) == 4
    assert all(len(name) == 32 for name in made)


def test_an_error_is_written_as_the_dialect_writes_it() -> None:
    def body(path: str, refusal: Refusal) -> Any:
        return json.loads(bytes(speaking(path, x_request_id="mine").error(refusal).body))

    refusal = Refusal(429, "Too much.", retry_after=7)
    assert body("/cohere/v2/rerank", refusal)["message"] == "Too much."
    assert body("/v1/search", refusal) == {
        "error": {"status": 429, "message": "Too much.", "request_id": "mine"}
    }
    answer = speaking().error(refusal)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert speaking().error(Refusal(401, "No key.")).headers["www-authenticate"] == "Bearer"


def test_stages_are_timed_though_they_fail() -> None:
    told = speaking()
    with pytest.raises(ValueError, match="broke"), told.stage("read"):
        raise ValueError("it broke")
    with told.stage("run"):
        pass
    assert list(told.milliseconds()) == ["read_ms", "run_ms"]
    assert all(value >= 0 for value in told.milliseconds().values())
    told.note(status=200)
    told.note(tokens=5)
    assert told.fields == {"status": 200, "tokens": 5}
