"""As what a decoder is asked: a trained yes-or-no reranker, or a chat model in its own words."""

from __future__ import annotations

from pertinent.engine.checkpoint import Checkpoint, read_json, read_text
from pertinent.errors import ModelError, UsageError
from pertinent.families import causal_judge, qwen3_reranker
from pertinent.families.catalogue import known_model, require_kind
from pertinent.families.prompt_form import PromptForm

FAMILIES = (qwen3_reranker.NAME, causal_judge.NAME)

FAMILY_KEY = "pertinent_family"
"""Entry of ``config.json`` in which a model that was trained here says how it is prompted."""


def detect_family(name: str, checkpoint: Checkpoint) -> str:
    """Tell a fine-tuned yes/no reranker from a chat model; both have the same architecture.

    A reranker by what is known of its name, by what its ``config.json`` says, by "rerank" in its name, or
    by a score head in place of a vocabulary; everything else is asked as a chat model, in its own
    template.

    Raises
    ------
    ModelError
        If it is known to be an embedder, or called like one.
    """
    require_kind(name, "reranker")
    known = known_model(name)
    if known is not None and known.family in FAMILIES:
        return known.family
    if (declared := checkpoint.config.get(FAMILY_KEY)) in FAMILIES:
        return str(declared)
    called = f"{name} {checkpoint.config.get('_name_or_path', '')}".casefold()
    reranker = "rerank" in called or checkpoint.head == "score"
    if "embed" in name.rpartition("/")[2].casefold() and not reranker:
        raise ModelError(
            f"{name} is called like an embedder.",
            hint=f"Load it with Embedder; if it is a chat model, name its family: {causal_judge.NAME}.",
        )
    return qwen3_reranker.NAME if reranker else causal_judge.NAME


def read_form(family: str, prompt: str, checkpoint: Checkpoint) -> PromptForm:
    """Return the prompt of a family; that of a chat model is read from its files.

    Raises
    ------
    UsageError
        If there is no such variant.
    ModelError
        If a chat model has no template that a question can be put in.
    """
    if prompt not in qwen3_reranker.VARIANTS:
        raise UsageError(
            f"There is no prompt {prompt!r}.", hint=f"Give {' or '.join(qwen3_reranker.VARIANTS)}."
        )
    if family == qwen3_reranker.NAME:
        return qwen3_reranker.VARIANTS[prompt]
    if prompt != next(iter(qwen3_reranker.VARIANTS)):
        raise UsageError(
            f"A chat model has no prompt {prompt!r}.", hint="Leave it out, or name its family as well."
        )
    from pertinent.engine.chat_template import read_chat_template

    file = checkpoint.path / "chat_template.jinja"
    template = read_text(file) if file.is_file() else None
    config = read_json(checkpoint.path / "tokenizer_config.json")
    return causal_judge.judge_form(read_chat_template(config, template).render)
