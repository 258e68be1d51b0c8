"""Distillation: a student learns what teachers said of examples, step by step, and can stop at any time.

Numbers drawn in a step follow from seed and step, as its batch does; so a run that goes on from a checkpoint
makes the weights that it would have made uninterrupted, to the last bit on the same machine and threads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from safetensors.numpy import load, save
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.torch_device import DTYPES, choose_device
from pertinent.errors import ModelError, UsageError
from pertinent.train.base import CONFIG_FILE, find_base
from pertinent.train.batches import Batches, ExampleFile
from pertinent.train.checkpoints import (
    MODEL_FILE,
    OPTIMISER_FILE,
    newest_checkpoint,
    read_checkpoint,
    read_file,
    save_checkpoint,
)
from pertinent.train.config import DistilConfig, TrainConfig
from pertinent.train.curves import write_curves
from pertinent.train.determinism import drawn_seed, identity
from pertinent.train.dev import METRICS, measure_student
from pertinent.train.examples import Example
from pertinent.train.interruption import Interruption
from pertinent.train.log import LOG_FILE, TrainingLog
from pertinent.train.losses import mixture
from pertinent.train.optimiser import make_optimiser, pack, unpack
from pertinent.train.protocol import Student
from pertinent.train.schedule import learning_rate
from pertinent.train.students import open_student
from pertinent.train.targets import with_targets


@dataclass(frozen=True, slots=True)
class StepReport:
    """What is told of a step.

    Parameters
    ----------
    step, steps : int
        Updates made, and in all.
    loss : float
        Mean over the step's batches.
    pairs_per_second : float
        Queries with passages, forward and backward.
    seconds_left : float
        If the rest goes as fast as this call's steps did, without development examples.
    metrics : Mapping[str, float]
        At checkpoints: what was measured on development examples.
    """

    step: int
    steps: int
    loss: float
    pairs_per_second: float
    seconds_left: float
    metrics: dict[str, float] = field(default_factory=dict)


def distil(
    config: TrainConfig,
    examples_path: Path,
    out: Path,
    progress: Callable[[StepReport], None] | None = None,
    *,
    weights: Path | None = None,
    dev: Sequence[Example] = (),
    device: str = "auto",
    seconds: float | None = None,
    part_bytes: int | None = None,
) -> Path:
    """Train a student, or go on with it.

    Parameters
    ----------
    config : TrainConfig
        Its seed and its sections student and distil are read.
    examples_path : Path
        Examples, with labels where losses want them.
    out : Path
        Of the run: ``step-*`` (the two newest checkpoints and the best one), ``log.jsonl``, ``training.svg``.
    progress : Callable[[StepReport], None] | None
        Called after every step.
    weights : Path | None
        Folder in which bases are looked for.
    dev : Sequence[Example]
        Examples to measure on at each checkpoint.
    device : str
        As torch names it, or ``"auto"``.
    seconds : float | None
        Stop at the first step that ends later, with a checkpoint; None goes on to the end.
    part_bytes : int | None
        Files of checkpoints are cut into parts of so many bytes.

    Returns
    -------
    Path
        The newest checkpoint; of the last step, where time was not up.

    Raises
    ------
    UsageError
        If base or device are not there, or the folder holds the run of another configuration.
    DataError
        If examples cannot be read.
    ModelError
        If the base or a checkpoint is damaged, or the loss is no number any more.
    KeyboardInterrupt
        After Ctrl-C, with a checkpoint of the step that was under way.
    """
    place = choose_device(device)
    with torch.random.fork_rng([place] if place.type == "cuda" else []):
        run = _Run(config, examples_path, out, weights, dev, place, part_bytes)
        with Interruption() as interruption:
            return run.go(progress, interruption, seconds)


class _Run:
    """One run, from its newest checkpoint on."""

    def __init__(
        self,
        config: TrainConfig,
        examples_path: Path,
        out: Path,
        weights: Path | None,
        dev: Sequence[Example],
        device: torch.device,
        part_bytes: int | None,
    ) -> None:
        self.config: DistilConfig = config.distil
        self.seed = config.seed
        self.out = out
        self.dev = dev
        self.device = device
        self.part_bytes = part_bytes
        examples = ExampleFile(examples_path)
        self.identity = identity(config, examples.digest)
        self.batches = Batches(
            examples, queries=self.config.queries, passages=self.config.passages, seed=config.seed
        )
        self.loss = mixture(self.config.losses)
        base = find_base(config.student.base, weights)
        self.student: Student = open_student(config.student, base, seed=config.seed)
        self.student.module.to(device)
        self.optimiser = make_optimiser(self.student.module, weight_decay=self.config.weight_decay)
        self.start = self._restore()

    def go(
        self, progress: Callable[[StepReport], None] | None, interruption: Interruption, seconds: float | None
    ) -> Path:
        """Make the steps that are left."""
        log = TrainingLog(self.out / LOG_FILE, self.start)
        path = newest_checkpoint(self.out)
        began = perf_counter()
        in_steps = 0.0
        try:
            for step in range(self.start, self.config.steps):
                record = self._step(step)
                in_steps += record["seconds"]
                last = step + 1 == self.config.steps
                due = last or (step + 1) % self.config.save_every == 0
                interrupted = interruption.wanted
                stop = interrupted or (seconds is not None and perf_counter() - began > seconds)
                metrics = measure_student(self.student, self.dev) if due else {}
                if due or stop:
                    path = self._save(step + 1, metrics)
                log.write(record | metrics)
                if progress:
                    left = in_steps / (step + 1 - self.start) * (self.config.steps - step - 1)
                    rate = record["pairs_per_second"]
                    progress(StepReport(step + 1, self.config.steps, record["loss"], rate, left, metrics))
                if interrupted:
                    raise KeyboardInterrupt
                if stop:
                    break
        finally:
            log.close()
        write_curves(self.out, METRICS)
        assert path is not None, "there is a last step, which is saved"
        return path

    def _step(self, step: int) -> dict[str, Any]:
        """Update the weights once; returns the line of the log."""
        began = perf_counter()
        rate = learning_rate(
            step, steps=self.config.steps, highest=self.config.learning_rate, warmup=self.config.warmup
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.student.module.train()
        parts: dict[str, float] = {}
        total, pairs = 0.0, 0
        for number in range(step * self.config.accumulation, (step + 1) * self.config.accumulation):
            loss, found, count = self._learn(number)
            total += loss / self.config.accumulation
            pairs += count
            for name, part in found.items():
                parts[name] = parts.get(name, 0.0) + float(part) / self.config.accumulation
        norm = float(torch.nn.utils.clip_grad_norm_(self.student.module.parameters(), self.config.clip))
        if not math.isfinite(norm):
            raise ModelError(
                f"The gradient of step {step + 1} is no number.",
                hint="Lower learning_rate, or set precision to float32; checkpoints before it are kept.",
            )
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        took = perf_counter() - began
        return {
            "step": step + 1,
            "loss": total,
            **{f"loss_{name}": part for name, part in parts.items()},
            "learning_rate": rate,
            "gradient": norm,
            "seconds": took,
            "pairs_per_second": pairs / took,
        }

    def _learn(self, number: int) -> tuple[float, dict[str, Tensor], int]:
        """Add the gradient of one batch; returns loss, its parts and the number of pairs."""
        examples = self.batches[number]
        torch.manual_seed(drawn_seed(self.seed, number))
        with (
            torch.autocast(
                self.device.type, DTYPES[self.config.precision], enabled=self.config.precision != "float32"
            ),
            attention(self.device),
        ):
            margins = self.student.margins(
                [example.query for example in examples],
                [[passage.text for passage in example.passages] for example in examples],
            )
        loss, parts = self.loss(with_targets(examples, margins))
        (loss / self.config.accumulation).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach()), parts, sum(len(example.passages) for example in examples)

    def _save(self, step: int, metrics: dict[str, float]) -> Path:
        files = {
            MODEL_FILE: save(self.student.weights()),
            OPTIMISER_FILE: pack(self.optimiser, self.student.module),
            CONFIG_FILE: json.dumps(self.student.config, indent=1, sort_keys=True).encode(),
            TOKENIZER_FILE: self.student.tokenizer,
        }
        return save_checkpoint(
            self.out,
            files,
            step=step,
            run=self.identity,
            quality=metrics.get(METRICS[0]),
            part_bytes=self.part_bytes,
        )

    def _restore(self) -> int:
        """Go back to the newest checkpoint; returns its step."""
        path = newest_checkpoint(self.out)
        if path is None:
            return 0
        checkpoint = read_checkpoint(path)
        if checkpoint.run != self.identity:
            raise UsageError(
                f"{self.out} holds a run of other settings or examples.",
                hint="Give this run another folder, or remove that one.",
            )
        self.student.load(load(read_file(path, checkpoint, MODEL_FILE)))
        unpack(read_file(path, checkpoint, OPTIMISER_FILE), self.optimiser, self.student.module)
        return checkpoint.step


def attention(device: torch.device) -> AbstractContextManager[None]:
    """How attention is computed: torch's flash attention takes twice as long as plain products on a CPU."""
    return sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()
