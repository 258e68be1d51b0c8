"""Turn a GGUF file of a causal language model into a Hugging Face folder in bfloat16.

Usage: ``python tools/gguf_to_folder.py FILE.gguf FOLDER``, in an environment with
``benchmarks/requirements.txt`` (transformers reads GGUF through the packages gguf and accelerate).

The folder has ``config.json``, ``model.safetensors``, and the tokenizer with its chat template. Values
are those of the file, dequantised: the same model, up to the rounding to bfloat16. It takes about 6 GB
of memory for 1.5 billion parameters.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers.normalizers import NFC
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Tokenizer


def write_folder(file: Path, folder: Path) -> None:
    """Dequantise one GGUF file.

    Parameters
    ----------
    file : Path
        The model; any architecture whose GGUF form transformers reads.
    folder : Path
        Where the result goes. What an interrupted run left there is no model: ``config.json`` is written
        last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    if isinstance(tokenizer, Qwen2Tokenizer):
        # GGUF has no place for a normaliser; every published Qwen tokenizer has this one.
        tokenizer.backend_tokenizer.normalizer = NFC()
    tokenizer.save_pretrained(folder, save_jinja_files=False)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.bfloat16)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        del tensors["lm_head.weight"]
    whole = folder / "model.safetensors.new"
    save_file(tensors, whole, metadata={"format": "pt"})
    whole.replace(folder / "model.safetensors")
    model.generation_config.save_pretrained(folder)
    # transformers calls a dequantised model quantised still, and would refuse to save it.
    del model.config.quantization_config
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)


def main() -> None:
    """Convert the file that the command line names."""
    parser = argparse.ArgumentParser(description="Turn a GGUF file into a Hugging Face folder.")
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write_folder(arguments.file, arguments.folder)
    print(arguments.folder)


if __name__ == "__main__":
    main()
