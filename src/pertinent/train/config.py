"""The one file that says how a model is trained: TOML, every name checked before anything runs.

::

    seed = 7
    folder = "work/reranker"              # where stages leave their files

    [[data]]                              # judged sets and unlabelled texts
    path = "pubmedqa"                     # under --data
    split = "train"

    [[data]]
    path = "medline"
    queries = "synthesise"

    [synthesise]
    kinds = ["title", "sentence"]

    [mine]
    lists = ["bm25", "dense"]

    [label]
    teachers = ["pertinent-mini-reranker"]

    [student]
    kind = "cross_encoder"
    base = "ms-marco-minilm-l12"          # under --weights, or a folder
    layers = [0, 2, 4, 6, 8, 11]

    [distil]
    steps = 2000
    losses = [{ name = "bce", weight = 1.0 }, { name = "info_nce", weight = 0.5 }]

    [merge]
    checkpoints = ["other/checkpoint"]

    [export]
    name = "my-reranker"

A section that is left out is a stage that is left out, but for ``student`` and ``distil``, which are needed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pertinent.errors import UsageError
from pertinent.train.data_config import DataConfig, Section, SynthesiseConfig
from pertinent.train.export_config import ExportConfig

MOST_BYTES = 1 << 20
"""A larger file is no configuration."""

LossName = Literal["bce", "mse", "margin_mse", "hinge", "info_nce"]


class MineConfig(Section):
    """Where hard negatives come from (see ``mine``).

    Parameters
    ----------
    lists : tuple
        First-stage lists that are read.
    depth : int
        Their length.
    negatives : int
        Passages kept for a query.
    skip : int
        First places that are passed over: they often answer too.
    embedder : str | None
        Of the dense list, by name or folder; None is the carried one.
    reranker : str | None
        Orders what the lists found, and the hardest are kept; None takes them by turns.
    """

    lists: tuple[Literal["bm25", "dense"], ...] = ("bm25", "dense")
    depth: Annotated[int, Field(ge=1, le=1000)] = 50
    negatives: Annotated[int, Field(ge=1, le=100)] = 8
    skip: Annotated[int, Field(ge=0, le=100)] = 0
    embedder: str | None = None
    reranker: str | None = None


class LabelConfig(Section):
    """What teachers say (see ``label``).

    Parameters
    ----------
    teachers : tuple[str, ...]
        Rerankers by name or folder, local or remote; an embedder behind ``embedder:``.
    combine : {"mean", "bradley_terry"}
        Mean of standardised margins, or strengths from their pairwise outcomes.
    temperature : float
        Margins are divided by it before they become soft labels.
    agree : bool
        Leave out judged passages that teachers hold for the contrary.
    false_negative : float
        A passage that was not judged and whose label lies above the answer's times this is left out.
    """

    teachers: tuple[str, ...]
    combine: Literal["mean", "bradley_terry"] = "mean"
    temperature: Annotated[float, Field(gt=0)] = 1.0
    agree: bool = False
    false_negative: Annotated[float, Field(gt=0)] = 0.95


class LossConfig(Section):
    """One loss and its weight in the sum (see ``losses``)."""

    name: LossName
    weight: Annotated[float, Field(gt=0)] = 1.0
    temperature: Annotated[float, Field(gt=0)] = 1.0
    margin: Annotated[float, Field(ge=0)] = 0.8
    mask: Annotated[float, Field(ge=0)] = 0.1


class PruningConfig(Section):
    """After how many layers tokens of a passage are dropped; which share, and how many at least, go on."""

    after: Annotated[int, Field(ge=1)]
    share: Annotated[float, Field(gt=0, lt=1)]
    least: Annotated[int, Field(ge=0)] = 0


class StudentConfig(Section):
    """The model that learns.

    Parameters
    ----------
    kind : {"cross_encoder", "embedder", "causal"}
        What it becomes; causal is a decoder that answers yes or no (see ``causal_student``).
    base : str
        Folder of its first weights, under the folder of weights or by itself.
    layers : tuple[int, ...] | None
        Layers of an encoder that are kept, in their order; None keeps all.
    pruning : tuple[PruningConfig, ...]
        Where a cross-encoder drops tokens of the passage (see ``engine.token_pruning``).
    lora_rank : int
        Of a causal model: width of the adapters that learn in place of its weights.
    pooling : {"mean", "cls"}
        Of an embedder.
    max_tokens : int
        Window while it learns.
    dropout : float
        Share of an encoder's numbers that are dropped while it learns; 0.1 is BERT's.
    """

    kind: Literal["cross_encoder", "embedder", "causal"]
    base: str
    layers: tuple[int, ...] | None = None
    pruning: tuple[PruningConfig, ...] = ()
    lora_rank: Annotated[int, Field(ge=1, le=256)] = 16
    pooling: Literal["mean", "cls"] = "mean"
    max_tokens: Annotated[int, Field(ge=16, le=8192)] = 256
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1


class DistilConfig(Section):
    """How it learns.

    Parameters
    ----------
    steps : int
        Updates of the weights.
    queries, passages : int
        Queries of one batch, and passages taken of each.
    accumulation : int
        Batches of one update.
    learning_rate, warmup, weight_decay, clip
        Of AdamW with a linear warm-up over a share of the steps, then a fall to zero.
    precision : {"float32", "bfloat16"}
        Numbers of the forward and backward pass.
    losses : tuple[LossConfig, ...]
        Added up.
    save_every : int
        Steps between two checkpoints, from which an interrupted run goes on.
    dev : tuple[DataConfig, ...]
        Sets to measure on at each checkpoint; a set that chooses is no result.
    """

    steps: Annotated[int, Field(ge=1, le=10_000_000)]
    queries: Annotated[int, Field(ge=1, le=4096)] = 8
    passages: Annotated[int, Field(ge=1, le=256)] = 8
    accumulation: Annotated[int, Field(ge=1, le=4096)] = 1
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-5
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip: Annotated[float, Field(gt=0)] = 1.0
    precision: Literal["float32", "bfloat16"] = "float32"
    losses: Annotated[tuple[LossConfig, ...], Field(min_length=1)]
    save_every: Annotated[int, Field(ge=1)] = 200
    dev: tuple[DataConfig, ...] = ()


class MergeConfig(Section):
    """Checkpoints that are merged with the one just trained (see ``merge``).

    Parameters
    ----------
    checkpoints : tuple[str, ...]
        Under the folder of weights, or by themselves.
    method : {"linear", "slerp"}
        On the line or on the arc.
    weights : tuple[float, ...]
        Of the student, then of each checkpoint; none for equal ones.
    search : tuple[DataConfig, ...]
        Sets on which the share of one checkpoint is searched; a set that chooses is no result.
    """

    checkpoints: Annotated[tuple[str, ...], Field(min_length=1)]
    method: Literal["linear", "slerp"] = "slerp"
    weights: tuple[Annotated[float, Field(gt=0)], ...] = ()
    search: tuple[DataConfig, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_the_shares(self) -> Self:
        if self.search and self.weights:
            raise ValueError("weights are given and search looks for them; leave one of the two out")
        if self.search and len(self.checkpoints) > 1:
            raise ValueError("search finds the share of one checkpoint; give weights for more")
        if any(data.queries != "judged" for data in self.search):
            raise ValueError("search needs judged sets")
        if self.weights and len(self.weights) != 1 + len(self.checkpoints):
            raise ValueError("weights are one for the student and one for each checkpoint")
        return self


class TrainConfig(Section):
    """Everything of one training run.

    Examples
    --------
    >>> parse_config('''
    ... folder = "work"
    ... student = { kind = "embedder", base = "minilm" }
    ... distil = { steps = 10, losses = [{ name = "info_nce" }] }
    ... ''').distil.queries
    8
    """

    seed: Annotated[int, Field(ge=0)] = 0
    folder: str
    data: tuple[DataConfig, ...] = ()
    synthesise: SynthesiseConfig | None = None
    mine: MineConfig | None = None
    label: LabelConfig | None = None
    student: StudentConfig
    distil: DistilConfig
    merge: MergeConfig | None = None
    export: ExportConfig | None = None


def parse_config(text: str) -> TrainConfig:
    """Read a configuration from TOML.

    Raises
    ------
    UsageError
        If it is no TOML, or a name or value is not known; each fault is named.
    """
    try:
        return TrainConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration is no TOML: {error}.", hint="Correct the file.") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:10])
        raise UsageError(
            f"The configuration is not valid ({faults}).", hint="Correct what is named; see docs/training.md."
        ) from None


def read_config(path: Path) -> TrainConfig:
    """Read a configuration file (see :func:`parse_config`)."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large for a configuration.", hint="Give a TOML file.")
        return parse_config(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read ({type(error).__name__}).", hint="Give a readable TOML file."
        ) from None
