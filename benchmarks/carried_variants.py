"""Rerankers that each lack one part of the recipe, to see what that part gives.

Usage: ``python benchmarks/carried_variants.py --weights FOLDER [--steps 120] [NAME ...]``, in the folder
where ``tools/train_carried.py`` left its ``work``: variants learn from the examples that its teachers were
asked about, for fewer steps, and so does the whole recipe beside them. Folders and ``variants.toml`` go to
``work/variants``; then ``python benchmarks/carried_ablations.py work/variants/variants.toml`` measures them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

# Read when torch is loaded: threads that wait asleep leave the cores to others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from safetensors.numpy import save_file

from pertinent.engine.model_folder import TOKENIZER_FILE
from pertinent.train.base import CONFIG_FILE, WEIGHTS_FILE, find_base
from pertinent.train.card import trained_facts
from pertinent.train.config import TrainConfig, read_config
from pertinent.train.distil import StepReport, distil
from pertinent.train.examples import Example, read_examples, write_examples
from pertinent.train.finish import export_student
from pertinent.train.label import label
from pertinent.train.merge_stage import merge_student
from pertinent.train.resume import made_of_file
from pertinent.train.students import open_student
from pertinent.types import content_hash

CONFIG = Path(__file__).parents[1] / "tools" / "carried" / "reranker.toml"
OUT = Path("work/variants")
STEPS = 120
CHECKED = 50
HARD = {"name": "info_nce", "weight": 0.5, "temperature": 3.0}
SOFT = {"name": "bce", "temperature": 3.0}


def everything(_: Example) -> bool:
    """Every example."""
    return True


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs from the whole recipe.

    Parameters
    ----------
    student, distil, export : Mapping
        Settings of these sections.
    keeps : Callable[[Example], bool]
        Which examples are learnt from.
    teachers : int | None
        So many of the teachers give the labels, the first ones; None asks all.
    trained : bool
        Whether it learns at all.
    merged : bool
        Whether it is merged with its base in equal shares.
    """

    student: Mapping[str, Any] = field(default_factory=dict)
    distil: Mapping[str, Any] = field(default_factory=dict)
    export: Mapping[str, Any] = field(default_factory=dict)
    keeps: Callable[[Example], bool] = everything
    teachers: int | None = None
    trained: bool = True
    merged: bool = False

    def of(self, config: TrainConfig, steps: int) -> TrainConfig:
        """The configuration with these differences and so many steps."""
        values = config.model_dump()
        values["student"] |= self.student
        values["distil"] |= {"steps": steps, "save_every": steps} | self.distil
        values["export"] |= self.export
        if self.teachers is not None:
            values["label"] |= {"teachers": values["label"]["teachers"][: self.teachers]}
        if self.merged:
            values["merge"] = {"checkpoints": [config.student.base], "method": "slerp"}
        return TrainConfig.model_validate(values)


VARIANTS = {
    "as published": Variant(student={"pruning": []}, trained=False),
    "as published, tokens dropped": Variant(trained=False),
    "the whole recipe, fewer steps": Variant(),
    "without the embedder as teacher": Variant(teachers=1),
    "without teachers' labels": Variant(distil={"losses": [HARD]}),
    "without judged answers": Variant(distil={"losses": [SOFT]}),
    "without written queries": Variant(keeps=lambda example: example.made_by == "judged"),
    "merged with its base": Variant(merged=True),
    "in float32": Variant(export={"word_table_largest": 0, "matrix_largest": 0}),
    "half of the layers instead of dropped tokens": Variant(
        student={"pruning": [], "layers": [0, 2, 4, 6, 8, 11]}
    ),
}


def train(name: str, steps: int, weights: Path) -> Path:
    """Train and export one variant, unless that is done; return the model's folder."""
    whole = read_config(CONFIG)
    variant = VARIANTS[name]
    config = variant.of(whole, steps)
    asked = Path(whole.folder) / "asked.jsonl"
    made_of = content_hash(config.model_dump_json(), made_of_file(asked))
    folder = OUT / f"{'-'.join(re.findall(r'[a-z0-9]+', name))}-{made_of[:8]}"
    # Written last, and not of a model that was refused.
    if (folder / "model" / "accuracy.json").exists():
        return folder / "model"
    assert config.export, "the recipe says how to export"
    folder.mkdir(parents=True, exist_ok=True)
    if variant.trained:
        checkpoint = learnt(name, config, asked, weights)
    else:
        checkpoint = untrained(config, find_base(config.student.base, weights), folder / "student")
    if config.merge is not None:
        checkpoint = merge_student(config, checkpoint, folder, bases=weights)
    checked = list(islice(read_examples(asked), CHECKED))
    found = export_student(
        checkpoint, folder / "model", config.student, config.export, checked, facts=trained_facts(config)
    )
    print(f"\n{name}: Kendall tau to the student {found.kendall_tau:.3f}")
    return folder / "model"


def learnt(name: str, config: TrainConfig, asked: Path, weights: Path) -> Path:
    """The checkpoint of a variant; variants that learn alike share it."""
    assert config.label, "the recipe has teachers"
    settings = config.model_dump_json(include={"seed", "label", "student", "distil"})
    some = VARIANTS[name].keeps is not everything
    folder = OUT / "learnt" / content_hash(settings, name if some else "", made_of_file(asked))[:8]
    folder.mkdir(parents=True, exist_ok=True)
    examples = folder / "examples.jsonl"
    labelled = label(lambda: read_examples(asked), config.label)
    write_examples(examples, filter(VARIANTS[name].keeps, labelled))
    return distil(config, examples, folder / "student", tell(name), weights=weights)


def untrained(config: TrainConfig, base: Path, folder: Path) -> Path:
    """Write the student before it learns: of its base's weights, with its own settings."""
    student = open_student(config.student, base, seed=config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(student.weights(), folder / WEIGHTS_FILE)
    (folder / CONFIG_FILE).write_text(json.dumps(student.config, indent=1), "utf-8")
    (folder / TOKENIZER_FILE).write_bytes(student.tokenizer)
    return folder


def tell(name: str) -> Callable[[StepReport], None]:
    """Progress on one line."""
    return lambda step: print(f"\r{name}: {step.step}/{step.steps} ", end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(VARIANTS))
    parser.add_argument("--weights", type=Path, default=os.environ.get("PERTINENT_WEIGHTS"))
    parser.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args()
    names = given.names or list(VARIANTS)
    if given.weights is None or not set(names) <= VARIANTS.keys():
        parser.error("give --weights FOLDER, and names of variants as --help tells them")
    folders = {name: train(name, given.steps, Path(given.weights)) for name in names}
    first = next(iter(folders))
    rows = [
        f'[[pairs]]\nname = "{name}"\nreranker = "{folder.relative_to(OUT)}"\n'
        + (f'against = "{first}"\n' if name != first else "")
        for name, folder in folders.items()
    ]
    (OUT / "variants.toml").write_text("\n".join(rows), "utf-8")
    print(OUT / "variants.toml")


if __name__ == "__main__":
    main()
