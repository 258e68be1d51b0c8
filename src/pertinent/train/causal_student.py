"""A causal student: a decoder that answers yes or no, whose weights stay as they are beside LoRA adapters.

Hu et al. 2021, arXiv:2106.09685: beside a matrix W that does not change, two narrow ones learn, and the layer
computes Wx + 2 BAx. B begins as 0, so an untrained student says what its base says. Which matrices have
adapters, the factor 2 and no dropout are Prism-Reranker's recipe.

Prompts are those of ``qwen3_reranker``, made as in inference. Of the vocabulary only the rows of the two
answers are computed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from pertinent.engine.causal_model import TOKENIZER_FILE, read_tokenizer, require_rows
from pertinent.engine.checkpoint import CONFIG_FILE, Checkpoint, open_checkpoint
from pertinent.engine.judge_prompt import JudgePrompter
from pertinent.engine.quantized import FloatArray
from pertinent.engine.text_tokens import TextTokens
from pertinent.errors import ModelError, UsageError
from pertinent.families import qwen3_reranker
from pertinent.families.tokens import TokenIds
from pertinent.rerankers.judge_family import FAMILY_KEY
from pertinent.train.base import Weights
from pertinent.train.config import StudentConfig
from pertinent.train.protocol import Margins, fill_rows, run_by_length

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Matrices of each layer that have adapters."""

ALPHA = 2
"""What the adapters add is multiplied by this."""

LORA_KEY = "pertinent_lora"
"""Entry of a checkpoint's ``config.json``: rank, and the revision of the base that the adapters belong to."""

BESIDE = ("tokenizer_config.json", "chat_template.jinja", "generation_config.json")
"""Files of a base that other programs read."""

ONE_FILE = "1000TB"
"""No file of weights is larger, so that they are never split and no index of an earlier run is left over."""


class CausalStudent:
    """A decoder that learns to rerank; implements ``Student``.

    Parameters
    ----------
    module : PeftModel
        The decoder with its adapters, the only parameters that learn.
    base : Checkpoint
        The folder that it came from.
    rank : int
        Width of the adapters.
    max_tokens : int
        Window while it learns.

    Raises
    ------
    UsageError
        If the window leaves no room for query and document.
    ModelError
        If the tokenizer is of another family, or the base has no rows for the answers.
    """

    def __init__(self, module: PeftModel, base: Checkpoint, rank: int, max_tokens: int) -> None:
        self.module: PeftModel = module
        self.base = base
        self.rank = rank
        self.tokenizer = read_tokenizer(base.path)
        tokens = TextTokens(self.tokenizer)
        require_rows(base, tokens.largest_id)
        self.prompter = JudgePrompter(tokens, qwen3_reranker.CARD, max_tokens)
        self.prompter.prompt("")
        self._answers = torch.from_numpy(base.margin_vector(self.prompter.yes, self.prompter.no))

    @property
    def config(self) -> dict[str, Any]:
        """``config.json`` of the base, and what its adapters are."""
        lora = {"rank": self.rank, "alpha": ALPHA * self.rank, "base_revision": self.base.revision}
        return {**self.base.config, FAMILY_KEY: qwen3_reranker.NAME, LORA_KEY: lora}

    def weights(self) -> dict[str, FloatArray]:
        """Copies of the adapters, by the names that peft gives them in files."""
        return {
            name: parameter.detach().to("cpu", torch.float32, copy=True).numpy()
            for name, parameter in self._adapters()
        }

    def load(self, weights: Weights) -> None:
        """Take adapters that ``weights`` gave.

        Raises
        ------
        ModelError
            If they are another model's.
        """
        adapters = dict(self._adapters())
        expected = {name: tuple(parameter.shape) for name, parameter in adapters.items()}
        if expected != {name: array.shape for name, array in weights.items()}:
            raise ModelError(
                "The checkpoint's adapters are of another base or another lora_rank.",
                hint="Give base and lora_rank under [student] as they were, or the run another folder.",
            )
        with torch.no_grad():
            for name, parameter in adapters.items():
                parameter.copy_(torch.from_numpy(np.array(weights[name], np.float32)))

    def margins(self, queries: Sequence[str], passages: Sequence[Sequence[str]]) -> Margins:
        """Margins of each query with its own passages."""
        sequences: list[TokenIds] = []
        for query, row in zip(queries, passages, strict=True):
            prompt = self.prompter.prompt(query)
            sequences += (
                np.concatenate([prompt.fixed, prompt.query, document.ids, prompt.suffix])
                for document in self.prompter.documents(row, prompt.document_limit)
            )
        device = next(self.module.parameters()).device
        found = run_by_length(sequences, [len(ids) for ids in sequences], device, self._run)
        own = fill_rows(found, [len(row) for row in passages])
        return Margins(own, torch.sigmoid(own))

    def _run(self, sequences: list[TokenIds]) -> Tensor:
        """Margins of sequences, the longest last."""
        lengths = torch.tensor([len(ids) for ids in sequences])
        ids = nn.utils.rnn.pad_sequence(
            [torch.from_numpy(each.astype(np.int64)) for each in sequences], batch_first=True
        )
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        device = next(self.module.parameters()).device
        # The decoder below the head: logits of all words are not wanted.
        decoder: Any = self.module.get_base_model().base_model
        states = decoder(
            input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False
        ).last_hidden_state
        last = states[torch.arange(len(sequences), device=device), lengths.to(device) - 1]
        # Margins of some units differ by hundredths, which bfloat16 cannot tell.
        with torch.autocast(device.type, enabled=False):
            margins: Tensor = last.float() @ self._answers.to(device)
        return margins

    def _adapters(self) -> Iterator[tuple[str, nn.Parameter]]:
        for name, parameter in self.module.named_parameters():
            if parameter.requires_grad:
                yield name.replace(".default.", "."), parameter


def open_causal_student(config: StudentConfig, folder: Path, *, seed: int) -> CausalStudent:
    """Make a causal student from a Hugging Face folder.

    Parameters
    ----------
    config : StudentConfig
        Rank and window.
    folder : Path
        Of the base: ``config.json``, ``tokenizer.json`` and safetensors.
    seed : int
        Of the adapters.

    Raises
    ------
    UsageError
        If peft is missing, the window does not fit the base, or layers are to be left out.
    ModelError
        If the folder holds no such model.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise UsageError(
            "Training a causal student needs peft.", hint="Install it with: pip install 'pertinent[train]'"
        ) from error
    if config.layers is not None:
        raise UsageError("Only an encoder's layers can be chosen.", hint="Leave out layers under [student].")
    base = open_checkpoint(folder)
    if base.head not in ("tied", "lm_head"):
        raise ModelError(
            f"{base.name} has no rows for words, so it can answer neither yes nor no.",
            hint="Give a causal language model, not its conversion to a classifier or an embedder.",
        )
    if config.max_tokens > base.shape.context:
        raise UsageError(
            f"The base reads {base.shape.context} tokens, and max_tokens is {config.max_tokens}.",
            hint=f"Set max_tokens under [student] to {base.shape.context} or less.",
        )
    adapters = LoraConfig(
        r=config.lora_rank,
        lora_alpha=ALPHA * config.lora_rank,
        lora_dropout=0.0,
        target_modules=list(PROJECTIONS),
        task_type="CAUSAL_LM",
    )
    model = _read_model(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = get_peft_model(model, adapters)
    return CausalStudent(module, base, config.lora_rank, config.max_tokens)


def merged_weights(student: CausalStudent) -> Callable[[Path], None]:
    """Merge a student's adapters into the weights of its base; the student cannot be used afterwards.

    Parameters
    ----------
    student : CausalStudent
        What was learnt.

    Returns
    -------
    Callable[[Path], None]
        Writes a Hugging Face folder in float32, which ``Reranker`` opens as ``qwen3_reranker``.
    """
    merged: Any = student.module.merge_and_unload()
    config = {key: value for key, value in student.config.items() if key not in (LORA_KEY, "torch_dtype")}

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with _no_bars():
            merged.save_pretrained(folder, max_shard_size=ONE_FILE)
        text = json.dumps(config | {"dtype": "float32"}, indent=2, sort_keys=True) + "\n"
        (folder / CONFIG_FILE).write_text(text, "utf-8")
        (folder / TOKENIZER_FILE).write_bytes(student.tokenizer)
        for name in BESIDE:
            if (student.base.path / name).is_file():
                shutil.copyfile(student.base.path / name, folder / name)

    return write


def _read_model(folder: Path) -> PreTrainedModel:
    """The decoder in float32; code that a folder brings is not run."""
    from transformers import AutoModelForCausalLM

    try:
        with _no_bars():
            model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(
            f"transformers cannot read {folder.name} ({type(error).__name__}).",
            hint="Give the folder of a causal language model as it was published.",
        ) from error
    return model


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keep transformers from drawing bars beside ours."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
