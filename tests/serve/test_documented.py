from __future__ import annotations

import pytest

from pertinent.providers.catalogue import Route, routes
from pertinent.serve.documented import REFUSALS, body_of


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.task} {route.path}")
def test_every_path_tells_its_fields_and_its_refusals(route: Route) -> None:
    told = body_of(route)
    assert set(told["responses"]) == {str(status) for status in REFUSALS}
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) <= set(schema["properties"])
    names = route.spoken({}).fields if route.task == "rerank" else route.spoken({}).embed_fields
    wanted = (names.query[0], names.documents[0]) if route.task == "rerank" else (names.texts[0],)  # type: ignore[union-attr]
    assert tuple(schema["required"]) == wanted


def test_names_that_a_dialect_has_not_are_not_told() -> None:
    (tei,) = (route for route in routes() if route.path == "/tei/rerank")
    schema = body_of(tei)["requestBody"]["content"]["application/json"]["schema"]
    assert "top_n" not in schema["properties"]
    assert schema["properties"]["raw_scores"] == {"type": "boolean"}
