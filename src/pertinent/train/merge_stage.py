"""The stage that merges a student with other checkpoints, by given weights or by a share that is searched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from safetensors.numpy import save_file

from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.engine.torch_device import choose_device
from pertinent.errors import ModelError, UsageError
from pertinent.store.files import write_atomically
from pertinent.train.base import CONFIG_FILE, WEIGHTS_FILE, Base, Weights, find_base, keep_layers, read_base
from pertinent.train.config import TrainConfig
from pertinent.train.dev import METRICS, is_answer, measure_student
from pertinent.train.examples import Example
from pertinent.train.merge import SHARES, merge, search_share
from pertinent.train.students import open_student

SEARCH_FILE = "merge.json"
MOST_SEARCH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class MergeSearch:
    """What ``merge.json`` says: which share was chosen, and what each one gave.

    Parameters
    ----------
    made_of : str
        Hash of weights, examples and settings.
    share : float
        Of the other checkpoint.
    queries : int
        Development queries that could choose.
    tried : list[dict[str, float]]
        Each share with its metrics; the first metric chose.
    """

    made_of: str
    share: float
    queries: int
    tried: list[dict[str, float]]


def merge_student(
    config: TrainConfig,
    checkpoint: Path,
    folder: Path,
    dev: Sequence[Example] = (),
    *,
    bases: Path | None = None,
    device: str = "auto",
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Merge a student's checkpoint with those that the configuration names.

    Parameters
    ----------
    config : TrainConfig
        Its sections merge and student are read.
    checkpoint : Path
        From ``distil``.
    folder : Path
        Of the run: gets ``merged/``, which is a base again, and of a search ``merge.json``.
    dev : Sequence[Example]
        Examples on which the share is searched, where the configuration asks for that. A search that was
        made on the same ones with the same weights is not made again.
    bases : Path | None
        Folder in which the other checkpoints are looked for.
    device : str
        On which the search measures, as torch names it, or ``"auto"``.
    progress : Callable[[int, int, str], None] | None
        Called with (shares tried, in all, what the last one gave).

    Returns
    -------
    Path
        The merged folder.

    Raises
    ------
    UsageError
        If a checkpoint is not there or of another architecture, or the examples cannot choose.
    ModelError
        If a checkpoint is damaged.
    """
    merging = config.merge
    assert merging is not None
    student = read_base(checkpoint)
    others = (read_base(find_base(name, bases)) for name in merging.checkpoints)
    parts = [student.weights, *(_like(student, other, config.student.layers) for other in others)]
    out = folder / "merged"
    record = folder / SEARCH_FILE
    if not merging.search:
        record.unlink(missing_ok=True)
        merged = merge(parts, merging.weights or (1.0,) * len(parts), merging.method)
        return _written(out, merged, checkpoint, student)
    deciding = [example for example in dev if len(set(map(is_answer, example.passages))) == 2]
    if not deciding:
        raise UsageError(
            "No query of the sets under [merge] search has an answer and another passage.",
            hint="Name sets with candidates, or pairs with negatives.",
        )
    made_of = _made_of(config, parts, deciding)
    if (out / WEIGHTS_FILE).exists() and record.exists() and read_search(folder).made_of == made_of:
        return out
    record.unlink(missing_ok=True)
    quality = _Quality(config, checkpoint, deciding, device, progress)
    found = search_share(parts[0], parts[1], quality, method=merging.method)
    _written(out, found.weights, checkpoint, student)
    tried = [{"share": share} | metrics for share, metrics in zip(found.tried, quality.measured, strict=True)]
    search = MergeSearch(made_of, found.share, len(deciding), tried)
    write_atomically(record, (json.dumps(asdict(search), indent=1) + "\n").encode())
    return out


def read_search(folder: Path) -> MergeSearch:
    """Read what a search in a run's folder found.

    Raises
    ------
    ModelError
        If it is missing or damaged.
    """
    file = folder / SEARCH_FILE
    try:
        if file.stat().st_size > MOST_SEARCH_BYTES:
            raise ValueError
        found = MergeSearch(**json.loads(file.read_text("utf-8")))
        if not (isinstance(found.made_of, str) and type(found.share) is float and 0 <= found.share <= 1):
            raise ValueError
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{file} is missing or damaged.", hint="Remove it: the share is searched again."
        ) from error
    return found


class _Quality:
    """Measures weights as the student's own; the first metric is their quality."""

    def __init__(
        self,
        config: TrainConfig,
        checkpoint: Path,
        examples: Sequence[Example],
        device: str,
        progress: Callable[[int, int, str], None] | None,
    ) -> None:
        # A checkpoint has no other layers than those that were kept.
        whole = config.student.model_copy(update={"layers": None})
        self._student = open_student(whole, checkpoint, seed=config.seed)
        self._student.module.to(choose_device(device))
        self._examples = examples
        self._progress = progress
        self.measured: list[dict[str, float]] = []

    def __call__(self, weights: Weights) -> float:
        self._student.load(weights)
        metrics = measure_student(self._student, self._examples)
        self.measured.append(metrics)
        if self._progress:
            done = len(self.measured)
            told = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
            self._progress(done, len(SHARES), f"share {SHARES[done - 1]:g}: {told}")
        return metrics[METRICS[0]]


def _like(student: Base, other: Base, layers: Sequence[int] | None) -> Weights:
    """What another checkpoint has of a student's tensors; of a deeper one the layers that were kept."""
    weights = keep_layers(other.weights, layers if other.shape.layers != student.shape.layers else None)
    # A base has parts that a student of this kind leaves out, such as an embedder's pooler.
    return {name: weights[name] for name in student.weights if name in weights}


def _written(out: Path, weights: Weights, checkpoint: Path, student: Base) -> Path:
    out.mkdir(exist_ok=True)
    save_file(dict(weights), out / WEIGHTS_FILE)
    (out / TOKENIZER_FILE).write_bytes(student.tokenizer)
    # Whole: it says more of the student's shape than its heads.
    shutil.copyfile(checkpoint / CONFIG_FILE, out / CONFIG_FILE)
    return out


def _made_of(config: TrainConfig, parts: Sequence[Weights], examples: Sequence[Example]) -> str:
    """Hash of all that a search depends on."""
    merging = config.merge.model_dump() if config.merge else {}
    digest = sha256(json.dumps([SHARES, merging, config.student.model_dump()], sort_keys=True).encode())
    for weights in parts:
        for name in sorted(weights):
            digest.update(name.encode())
            digest.update(weights[name].tobytes())
    for example in examples:
        digest.update(json.dumps(example.to_dict()).encode())
    return digest.hexdigest()
