from __future__ import annotations

import json

import pytest

from pertinent.serve.answers import json_response


def test_any_text_becomes_json_in_utf_8() -> None:
    response = json_response({"überschrift": "字"}, 201)
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert response.body == '{"überschrift":"字"}'.encode()


def test_half_a_surrogate_pair_is_escaped() -> None:
    body = bytes(json_response(["\ud800"]).body)
    assert body == b'["\\ud800"]'
    assert json.loads(body) == ["\ud800"]


def test_a_number_that_json_has_not_is_a_fault() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        json_response({"score": float("nan")})
