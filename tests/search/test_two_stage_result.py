from __future__ import annotations

import json

from pertinent.search.two_stage_result import TwoStageHit, TwoStageResult
from pertinent.types import Document, Failover, Query, Receipt, Score
from support.fakes import EMBEDDER, Counting

SCORED = TwoStageHit(1, 4, Document("m", "Metformin."), 0.5, Score.from_margin(1.0, Counting("m").model))
UNSCORED = TwoStageHit(2, 0, Document("r", "Rain."), 0.25, None)


def test_hits_are_counted_and_come_in_their_order() -> None:
    result = TwoStageResult(Query("q"), (SCORED, UNSCORED))
    assert len(result) == 2
    assert [hit.document.id for hit in result] == ["m", "r"]
    assert not len(TwoStageResult(Query("q")))


def test_plain_values_tell_who_did_the_work() -> None:
    result = TwoStageResult(
        Query("q", "Find."),
        (SCORED, UNSCORED),
        "partial",
        "The deadline was reached.",
        {"total_ms": 1.23456},
        EMBEDDER,
        None,
        (Receipt("p", "m"),),
        (Failover("f", "no key"),),
    )
    values = json.loads(json.dumps(result.to_dict()))
    assert (values["query"], values["instruction"], values["reranked"]) == ("q", "Find.", "partial")
    assert values["timings"] == {"total_ms": 1.235}
    assert values["models"] == {"embedder": {"name": "bag-of-words", "revision": "1"}}
    assert values["served"]["failovers"] == [{"name": "f", "reason": "no key"}]
    first, second = values["hits"]
    assert (first["id"], first["index"], first["score"]["margin"], second["score"]) == ("m", 4, 1.0, None)
