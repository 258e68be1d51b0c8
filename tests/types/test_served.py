from __future__ import annotations

import json

from pertinent.types.served import Failover, Receipt, served, total_cost


def test_a_sum_is_told_only_where_all_tell() -> None:
    told, untold = Receipt("a", "m", cost=0.25), Receipt("b", "m")
    assert total_cost([told, told]) == 0.5
    assert total_cost([told, untold]) is None
    assert total_cost([]) is None
    assert total_cost([Receipt("a", "m", cost=0.0)]) == 0.0


def test_both_are_plain_values() -> None:
    receipt = Receipt("a", "m", tokens=7, request_ids=("r",))
    values = served([receipt], [Failover("b", "no key")])
    assert json.loads(json.dumps(values)) == values
    assert values["failovers"] == [{"name": "b", "reason": "no key"}]
    assert values["receipts"][0]["request_ids"] == ["r"]
    assert values["cost"] is None
