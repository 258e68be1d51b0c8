from __future__ import annotations

import base64

import numpy as np
import pytest

from pertinent.providers.calls import Usage
from pertinent.providers.writing import error_type, token_counts, written_vector


def test_a_vector_is_written_to_the_last_bit_either_way() -> None:
    vector = np.array([0.1, -1e-30, 1.0], np.float32)
    numbers = written_vector(vector, base64=False)
    assert np.array_equal(np.array(numbers, np.float32), vector)
    data = base64.b64decode(str(written_vector(vector, base64=True)))
    assert np.array_equal(np.frombuffer(data, "<f4"), vector)


def test_tokens_that_nobody_counted_are_none() -> None:
    assert token_counts(Usage(7)) == {"prompt_tokens": 7, "total_tokens": 7}
    assert token_counts(Usage()) == {"prompt_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (404, "not_found_error"),
        (503, "server_error"),
    ],
)
def test_every_status_has_a_word(status: int, word: str) -> None:
    assert error_type(status) == word
