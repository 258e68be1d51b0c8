"""What several dialects write in the same way."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import numpy.typing as npt

from pertinent.providers.calls import Usage


def written_vector(vector: npt.NDArray[np.float32], base64: bool) -> list[float] | str:
    """A vector as JSON has it: numbers, or base64 of little-endian float32.

    Examples
    --------
    >>> written_vector(np.array([1.0, 2.0], dtype=np.float32), base64=True)
    'AACAPwAAAEA='
    """
    if base64:
        return b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    numbers: list[float] = vector.astype(np.float32).tolist()
    return numbers


def token_counts(usage: Usage) -> dict[str, int]:
    """Tokens under the names that OpenAI and those who follow it have for them."""
    tokens = usage.tokens or 0
    return {"prompt_tokens": tokens, "total_tokens": tokens}


def error_type(status: int) -> str:
    """The word that OpenAI and those who follow it have for a status.

    Examples
    --------
    >>> error_type(429)
    'rate_limit_error'
    """
    words = {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        429: "rate_limit_error",
    }
    return words.get(status, "invalid_request_error" if status < 500 else "server_error")
