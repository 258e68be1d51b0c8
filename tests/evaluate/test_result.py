from __future__ import annotations

import json

from support.evaluations import task_result


def test_plain_values_hold_figures_and_no_text_of_a_query() -> None:
    result = task_result(("rrf", "rerank", "final"), queries=3, groups=True)
    values = json.loads(json.dumps(result.to_dict()))
    assert values["queries"] == 3
    assert list(values["stages"]) == ["rrf", "rerank", "final"]
    assert values["stages"]["final"] == dict(result.stages["final"].means)
    assert values["intervals"]["final"]["MAP"] == list(result.stages["final"].intervals["MAP"])
    assert {each["stage"] for each in values["comparisons"]} == {"rerank", "final"}
    assert "runs" not in values
    assert not any(text in json.dumps(values) for text in result.queries.values())
