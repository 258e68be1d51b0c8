"""Whatever is sent, no answer is a fault of the server's."""

from __future__ import annotations

import random

import httpx2
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from support.malformed import PATHS, malformed
from support.serving import Running


def test_every_documented_path_takes_what_is_documented(server: Running) -> None:
    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=4, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=[not_a_server_error], timeout=30)

        answers()
        tried += 1
    assert tried > 40


def test_malformed_bodies(server: Running) -> None:
    chance = random.Random(5)
    with httpx2.Client(base_url=server.address, timeout=30) as client:
        for number in range(400):
            body = malformed(chance)
            path = PATHS[number % len(PATHS)]
            answer = client.post(path, content=body)
            assert answer.status_code < 500, (path, body)
            if answer.status_code >= 400:
                answer.json()
            assert "Traceback" not in answer.text
