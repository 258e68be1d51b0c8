"""Which dialect is spoken at a path that several services have in common.

The server answers each dialect below its own mount, where there is no doubt. At the bare shared paths the
body tells: the first line of the table that names one of its fields decides, else the path does.

=================================================================  ===============  =======================
field of a rerank request                                          dialect          else, by path
=================================================================  ===============  =======================
``texts``, ``return_text``                                         ``tei``          ``/v1/rerank``: jina
``text_1``, ``text_2``, ``data_1``, ``data_2``, ``items``          ``vllm-score``   ``/v2/rerank``: cohere
``queries``                                                        ``deepinfra``    ``/rerank``: vllm
``top_k``, ``truncation``                                          ``voyage``
``max_chunks_per_doc``, ``overlap_tokens``                         ``siliconflow``
``instruct``                                                       ``sglang``
``task``                                                           ``fireworks``
``raw_scores``, ``truncate``                                       ``pertinent``
``truncate_prompt_tokens``, ``use_activation``, ``priority``,      ``vllm``
``max_tokens_per_query``
=================================================================  ===============  =======================

=================================================================  ===============  =======================
field of a request for vectors                                     dialect          else, by path
=================================================================  ===============  =======================
``inputs``                                                         ``tei``          ``/v1/embeddings``: openai
``texts``, ``embedding_types``                                     ``cohere``       ``/embed``, ``/``: tei
``output_dimension``, ``output_dtype``, ``input_type``,            ``voyage``
``truncation``
``task``, ``embedding_type``, ``late_chunking``, ``normalized``    ``jina``
=================================================================  ===============  =======================

At ``/score`` and ``/v1/score`` only vLLM's pairs are asked for.
"""

from __future__ import annotations

from typing import Any

RERANK_MARKS = (
    (("texts", "return_text"), "tei"),
    (("text_1", "text_2", "data_1", "data_2", "items"), "vllm-score"),
    (("queries",), "deepinfra"),
    (("top_k", "truncation"), "voyage"),
    (("max_chunks_per_doc", "overlap_tokens"), "siliconflow"),
    (("instruct",), "sglang"),
    (("task",), "fireworks"),
    (("raw_scores", "truncate"), "pertinent"),
    (("truncate_prompt_tokens", "use_activation", "priority", "max_tokens_per_query"), "vllm"),
)
EMBED_MARKS = (
    (("inputs",), "tei"),
    (("texts", "embedding_types"), "cohere"),
    (("output_dimension", "output_dtype", "input_type", "truncation"), "voyage"),
    (("task", "embedding_type", "late_chunking", "normalized"), "jina"),
)
RERANK_DEFAULTS = {
    "/v1/rerank": "jina",
    "/v2/rerank": "cohere",
    "/rerank": "vllm",
    "/score": "vllm-score",
    "/v1/score": "vllm-score",
}
EMBED_DEFAULTS = {"/v1/embeddings": "openai", "/embed": "tei", "/": "tei"}


def spoken_at(path: str, body: Any) -> str:
    """Name of the dialect of a request at a bare shared path.

    Parameters
    ----------
    path : str
        One of those in the tables.
    body : Any
        Parsed JSON; what is no object gets its error in the dialect of the path.

    Raises
    ------
    KeyError
        If the path is none of them.

    Examples
    --------
    >>> spoken_at("/rerank", {"query": "q", "texts": ["a"]})
    'tei'
    >>> spoken_at("/v1/rerank", {"query": "q", "documents": ["a"], "top_k": 1})
    'voyage'
    """
    reranks = path in RERANK_DEFAULTS
    default = RERANK_DEFAULTS[path] if reranks else EMBED_DEFAULTS[path]
    if path.endswith("/score") or not isinstance(body, dict):
        return default
    for names, dialect in RERANK_MARKS if reranks else EMBED_MARKS:
        if any(name in body for name in names):
            return dialect
    return default
