"""Rows of a checkpoint's embedding, read from the file where they lie.

A vocabulary of 150,000 rows is a quarter of a small model, and a call reads a few thousand of
them. The file is mapped into memory, so only those are ever loaded.
"""

from __future__ import annotations

import numpy as np

from pertinent.engine.checkpoint import FLOAT_TYPES, Checkpoint
from pertinent.engine.quantized import FloatArray
from pertinent.engine.safetensors_file import read_header
from pertinent.errors import ModelError
from pertinent.families.tokens import TokenIds


class EmbeddingRows:
    """The table of a checkpoint, on disk.

    Parameters
    ----------
    checkpoint : Checkpoint
        Whose headers are checked.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        import ml_dtypes  # noqa: F401 (teaches numpy the name bfloat16)

        file, name = checkpoint.where("embed_tokens.weight")
        try:
            headers, start = read_header(file)
            header = headers[name]
            self._table = np.memmap(
                file,
                dtype=np.dtype(FLOAT_TYPES[header["dtype"]]),
                mode="r",
                offset=start + header["data_offsets"][0],
                shape=tuple(header["shape"]),
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"The embedding of {checkpoint.path.name} cannot be read ({type(error).__name__}).",
                hint="Download the model again, or give the folder of a complete one.",
            ) from error

    def of(self, ids: TokenIds) -> FloatArray:
        """Rows of tokens: float32, shape (\\*ids.shape, hidden).

        Raises
        ------
        ModelError
            If the table has no such row.
        """
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self._table):
            raise ModelError(
                "The tokenizer gives tokens that the model does not have.",
                hint="Tokenizer and weights do not belong together: download the model again.",
            )
        return np.asarray(self._table[ids], np.float32)
