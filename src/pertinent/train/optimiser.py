"""AdamW as BERT is trained with it, and what it remembers as bytes.

Loshchilov and Hutter 2019, arXiv:1711.05101. Biases and normalisation do not decay.
"""

from __future__ import annotations

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from pertinent.errors import ModelError


def make_optimiser(module: nn.Module, *, weight_decay: float) -> torch.optim.AdamW:
    """AdamW over everything that learns; its rate is set at each step."""
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups = [
        {"params": [each for each in learning if each.ndim >= 2], "weight_decay": weight_decay},
        {"params": [each for each in learning if each.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0)


def pack(optimiser: torch.optim.AdamW, module: nn.Module) -> bytes:
    """What the optimiser remembers of each parameter, as safetensors."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in module.named_parameters():
        for key, tensor in optimiser.state.get(parameter, {}).items():
            tensors[f"{key}/{name}"] = tensor.detach().cpu().contiguous()
    return save(tensors)


def unpack(data: bytes, optimiser: torch.optim.AdamW, module: nn.Module) -> None:
    """Let an optimiser remember what was packed.

    Raises
    ------
    ModelError
        If it is of another model.
    """
    parameters = dict(module.named_parameters())
    try:
        for entry, tensor in load(data).items():
            key, _, name = entry.partition("/")
            parameter = parameters[name]
            # AdamW counts steps on the CPU wherever the parameters are.
            place = tensor if key == "step" else tensor.to(parameter.device)
            if key != "step" and tensor.shape != parameter.shape:
                raise ValueError
            optimiser.state[parameter][key] = place
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelError(
            "The checkpoint's optimiser belongs to another model.",
            hint="Give the run another folder, or remove its checkpoints.",
        ) from error
