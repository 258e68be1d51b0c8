"""Random weights in the shapes of the published Qwen3-Reranker models, with the real tokenizer.

They show speed and memory, which depend on shapes alone, and that systems agree; never quality.
A model is made once and kept under ``PERTINENT_HOME/cache/benchmarks``.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

VOCABULARY = 151_669

CHAT_TEMPLATE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
    'Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
    "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
    "<Query>: {{ messages | selectattr('role', 'eq', 'query') | map(attribute='content') | first }}\n"
    "<Document>: {{ messages | selectattr('role', 'eq', 'document') | map(attribute='content') | first }}"
    # Jinja takes the last newline away, so three stand where two are meant.
    "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n\n"
)
"""The published prompt for the roles that sentence-transformers gives a pair."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes that differ between the published models; head width and vocabulary do not."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    tied: bool
    head_dim: int = 128

    @property
    def body(self) -> int:
        """Weights that every token is multiplied with: all matrices between embedding and head."""
        attention = self.hidden * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    def flops(self, tokens: int, context: float) -> float:
        """Operations of so many tokens that look back on ``context`` tokens on average."""
        attention = 4 * self.layers * self.heads * self.head_dim * context
        return tokens * (2 * self.body + attention)

    def snippet_bytes_per_token(self) -> int:
        """What one token costs in the model card's snippet in bfloat16, beside the weights.

        The full logits; keys and values of every layer, since generation's cache is on; and the
        widest moment of a layer: its three gated products, queries, and some copies of the states. For
        0.6B that is 461 kB; peaks of batches of 8 and 16 on a CPU differ by 453 kB a token.
        """
        kept = VOCABULARY + 2 * self.layers * self.kv_heads * self.head_dim
        moment = 3 * self.intermediate + 2 * self.heads * self.head_dim + 8 * self.hidden
        return 2 * (kept + moment)

    def weight_bytes(self) -> int:
        """Bytes of all weights in bfloat16."""
        return 2 * (self.body + self.hidden * VOCABULARY * (1 if self.tied else 2))


SHAPES = {
    "0.6B": Shape(1024, 3072, 28, 16, 8, tied=True),
    "4B": Shape(2560, 9728, 36, 32, 8, tied=True),
    "8B": Shape(4096, 12288, 36, 32, 8, tied=False),
    "smoke": Shape(64, 96, 2, 4, 2, tied=True, head_dim=16),
}


def random_reranker(name: str, tokenizer: Path, cache: Path, device: str = "cpu") -> Path:
    """Folder of a model with random weights in bfloat16, made on the first call.

    Parameters
    ----------
    name : str
        One of ``SHAPES``.
    tokenizer : Path
        Folder with ``tokenizer.json`` and ``tokenizer_config.json`` of Qwen3.
    cache : Path
        Where the folder is kept.
    device : str
        Where the numbers are drawn; a GPU draws large shapes faster.
    """
    folder = cache / f"random-qwen3-reranker-{name}"
    if folder.exists():
        return folder
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    shape = SHAPES[name]
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        max_position_embeddings=40_960,
        rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        tie_word_embeddings=shape.tied,
        bos_token_id=151_643,
        eos_token_id=151_645,
        pad_token_id=151_643,
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = Qwen3ForCausalLM(config)
    finally:
        torch.set_default_dtype(torch.float32)
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished, max_shard_size="4GB")
    del model
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    words = AutoTokenizer.from_pretrained(tokenizer)
    words.chat_template = CHAT_TEMPLATE
    words.save_pretrained(unfinished, save_jinja_files=False)
    # transformers writes the tokenizer anew; the published file is the one that people have.
    shutil.copy(tokenizer / "tokenizer.json", unfinished)
    unfinished.rename(folder)
    return folder
