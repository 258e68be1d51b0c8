from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.embedding_rows import EmbeddingRows
from pertinent.errors import ModelError
from support.tiny_models import tiny_model


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_rows_are_those_of_the_checkpoint(tmp_path: Path, dtype: str) -> None:
    tiny_model(tmp_path, "qwen3", dtype=dtype, shard_bytes="100KB")
    checkpoint = open_checkpoint(tmp_path)
    ids = np.array([[0, 499], [7, 7]], np.int32)
    found = EmbeddingRows(checkpoint).of(ids)
    assert found.dtype == np.float32
    assert np.array_equal(found, checkpoint.array("embed_tokens.weight")[ids])


@pytest.mark.parametrize("wrong", [-1, 500])
def test_a_token_without_a_row_is_refused(tmp_path: Path, wrong: int) -> None:
    tiny_model(tmp_path)
    with pytest.raises(ModelError, match="do not belong together"):
        EmbeddingRows(open_checkpoint(tmp_path)).of(np.array([1, wrong], np.int32))


def test_a_lost_file_is_told(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        EmbeddingRows(checkpoint)
