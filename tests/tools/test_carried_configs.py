"""The configurations in the repository can be read, and learn from nothing that only measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.train.config import read_config

CONFIGS = [
    Path(__file__).parents[2] / "tools" / "carried" / f"{kind}.toml" for kind in ("embedder", "reranker")
]
MEASURING_ONLY = {
    "scifact",
    "nfcorpus",
    "trec_dl19_bm25",
    "trec_dl19_splade",
    "locomo",
    "realtalk",
    "screening",
}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_data_may_be_learnt_from_and_passed_on(path: Path) -> None:
    config = read_config(path)
    assert config.export is not None
    for data in config.data:
        assert data.path not in MEASURING_ONLY
        assert not data.path.startswith("xquad_r")
        assert data.split == "train"
        assert data.licence
