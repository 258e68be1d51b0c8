"""What numbers of a model depend on besides its weights: the prompt as token ids, and what computes.

Rerankers and embedders that are made elsewhere need not tell any of it; what asks them here gets an
empty answer then.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from pertinent.engine.causal import CausalEngine
from pertinent.families.tokens import TokenIds
from pertinent.types import Scores

SENTINEL_QUERY = "Does METFORMIN lower blood sugar? Naïve Größe, 糖尿病, 12.5 mg"
SENTINEL_DOCUMENT = "It lowers HbA1c by 1.1 %.\n\tÉtude: 二甲双胍 (💊) [SEP] <|im_end|>"
"""The texts whose prompts are hashed; upper case, accents and control words show how texts are read."""


class RunsOn(NamedTuple):
    """What computes a model's numbers; empty where that is not known.

    Parameters
    ----------
    engine, dtype : str
        As in ``Score``.
    device : str
        Kind of device: ``"cpu"``, ``"cuda"``.
    """

    engine: str = ""
    dtype: str = ""
    device: str = ""

    @classmethod
    def of(cls, engine: CausalEngine) -> RunsOn:
        """What a decoder runs on."""
        device = str(getattr(engine, "device", "cpu")).partition(":")[0]
        return cls(engine.name, engine.dtype, device)


CARRIED_RUN_ON = RunsOn("openvino", "int8", "cpu")
"""What the carried models' families run on."""


def hash_prompts(*prompts: TokenIds) -> str:
    """Hash sequences of token ids to 32 hexadecimal digits, the same on every machine.

    Parameters
    ----------
    *prompts : int32, shape (tokens,)
        Whole sequences, as a model reads them.

    Examples
    --------
    >>> import numpy as np
    >>> hash_prompts(np.array([101, 7, 102], np.int32))
    'd726dafc89db6b82742f7d9cd4ab71df'
    """
    digest = blake2b(digest_size=16)
    for prompt in prompts:
        digest.update(len(prompt).to_bytes(8, "little"))
        digest.update(prompt.astype("<i4").tobytes())
    return digest.hexdigest()


def prompt_hash_of(judge: object, instruction: str | None = None) -> str:
    """Ask a reranker or embedder for the hash of its prompt; empty where it does not tell."""
    tell = getattr(judge, "prompt_hash", None)
    return "" if tell is None else str(tell(instruction))


def runs_on_of(judge: object) -> RunsOn:
    """Ask a reranker or embedder what computes its numbers."""
    known = getattr(judge, "runs_on", None)
    return RunsOn() if known is None else RunsOn(*known)


def tokens_of(
    judge: object,
    query: str,
    documents: Sequence[str],
    instruction: str | None = None,
    scores: Scores | None = None,
) -> int | None:
    """Ask a reranker how many tokens it reads of these pairs (see ``Reranker.count_tokens``).

    Returns
    -------
    int | None
        None where it does not tell.
    """
    count = getattr(judge, "count_tokens", None)
    return None if count is None else count(query, documents, instruction, scores)
