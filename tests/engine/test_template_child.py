"""Whatever a template says, the child answers with a text or with the name of an error."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.engine import template_child
from pertinent.engine.template_child import render

PIECES = st.sampled_from(
    [
        *(
            "{{ messages[0].content }}",
            "{{ bos_token }}",
            "{% for m in messages %}",
            "{% endfor %}",
            "{% if 1 %}",
        ),
        *("{% endif %}", "{{ raise_exception('x') }}", "{% generation %}", "{% endgeneration %}", "{#"),
        *(
            "#}",
            "{{ ns.x }}",
            "{% set ns = namespace(x=1) %}",
            "{{ 1 // 0 }}",
            "{{ messages | tojson(indent=2) }}",
        ),
        *("{% break %}", "{{ strftime_now('%Y') }}", "text\n", "{%-", "-%}", "}}", "{{", "{% macro a() %}"),
    ]
)


def run(job: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(job)))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setitem(sys.modules, "resource", None)  # the limits would stay with the tests
    template_child.main()
    outcome: dict[str, object] = json.loads(out.getvalue())
    return outcome


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=8).map("".join))
@settings(max_examples=150)
def test_any_template_has_an_outcome(source: str) -> None:
    job: dict[str, object] = {
        "source": source,
        "variables": {"messages": [{"role": "user", "content": "c"}]},
        "characters": 100,
        "seconds": 1,
        "memory": 1,
    }
    with pytest.MonkeyPatch.context() as patch:
        outcome = run(job, patch)
    assert ("text" in outcome) != ("error" in outcome)
    assert len(str(outcome.get("text", ""))) <= 100
    assert not outcome.get("missing")


def test_the_output_is_bounded() -> None:
    assert render("{% for a in range(10) %}ab{% endfor %}", {}, 20) == "ab" * 10
    with pytest.raises(Exception, match="too long"):
        render("{% for a in range(10) %}ab{% endfor %}", {}, 19)


def test_without_jinja2_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    job: dict[str, object] = {"source": "", "variables": {}, "characters": 1, "seconds": 1, "memory": 1}
    assert run(job, monkeypatch) == {"error": "ModuleNotFoundError", "missing": True}
