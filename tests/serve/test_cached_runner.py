from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pertinent.rerankers.local import LocalReranker
from pertinent.serve.engines import ServedModel
from pertinent.serve.metrics import Metrics
from pertinent.serve.runners import Read, Wanted
from support.serving import DOCUMENTS, QUERY, answer, of_itself


def test_what_the_cache_knows_is_not_run(reranker: LocalReranker, tmp_path: Path) -> None:
    metrics = Metrics()
    served = ServedModel(reranker, metrics, tmp_path / "scores.sqlite")
    some, all_of_them = Wanted(DOCUMENTS[1:3], (QUERY,)), Wanted(DOCUMENTS, (QUERY,))
    assert answer(served, some) == of_itself(reranker, some)
    read = served.read(all_of_them)
    assert sorted(read.known) == [1, 2]
    assert len(read.items) == 2
    assert answer(served, all_of_them) == of_itself(reranker, all_of_them)
    known = served.read(all_of_them)
    assert known == Read((), (), (), 0, known.known)
    assert answer(served, all_of_them) == of_itself(reranker, all_of_them)
    paired = replace(all_of_them, queries=(QUERY, "ferry", QUERY, "rain"))
    assert sorted(served.read(paired).known) == [0, 2]
    assert answer(served, paired) == of_itself(reranker, paired)
    assert 'pertinent_cache_total{found="yes"}' in metrics.text().decode()
    served.batcher.close()
