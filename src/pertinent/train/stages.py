"""A whole training run: each stage reads the file of the one before it and is passed over once it is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from pertinent.embedders.embedder import Embedder
from pertinent.errors import UsageError
from pertinent.evaluate.sources.files import find_file
from pertinent.rerankers.cached import with_cache
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.train.base import find_base, keep_layers, read_base
from pertinent.train.card import trained_facts
from pertinent.train.checkpoints import best_checkpoint
from pertinent.train.config import DataConfig, TrainConfig
from pertinent.train.distil import StepReport, distil
from pertinent.train.examples import Example, read_examples, write_examples
from pertinent.train.finish import export_student
from pertinent.train.label import label
from pertinent.train.merge import merge
from pertinent.train.mine import mine
from pertinent.train.resume import write_resumed
from pertinent.train.sources import open_examples, open_texts
from pertinent.train.synthesise import synthesise
from pertinent.train.teachers import EmbedderTeacher, ask_teachers
from pertinent.types import Document, content_hash

EMBEDDER = "embedder:"
"""Before the name of a teacher that is an embedder."""

CHECKED = 50
"""Examples on which the exported model is compared with the student."""

Report: TypeAlias = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, detail); total is 0 while it is not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run finds things and on what it runs.

    Parameters
    ----------
    data : Path
        Folder of data sets.
    weights : Path | None
        Folder of bases.
    device : str
        As torch names it, or ``"auto"``.
    seconds : float | None
        Of this call at most for ``distil``; the next call goes on.
    part_bytes : int | None
        Files of checkpoints are cut into parts of so many bytes.
    """

    data: Path
    weights: Path | None = None
    device: str = "auto"
    seconds: float | None = None
    part_bytes: int | None = None


class TrainingRun:
    """One configuration with its folder.

    Parameters
    ----------
    config : TrainConfig
        What to do.
    place : Place
        Where and on what.
    report : Callable[[str, int, int, str], None] | None
        Told of the progress.
    """

    def __init__(self, config: TrainConfig, place: Place, report: Report | None = None) -> None:
        if config.merge is not None and config.student.kind == "causal":
            raise UsageError("Adapters cannot be merged with other checkpoints.", hint="Leave out [merge].")
        self.config = config
        self.place = place
        self.folder = Path(config.folder)
        self._report = report or (lambda *_: None)

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages of this configuration, in their order."""
        optional = [name for name in ("mine", "label") if getattr(self.config, name) is not None]
        end = [name for name in ("merge", "export") if getattr(self.config, name) is not None]
        return ("examples", *optional, "distil", *end)

    def go(self, last: str | None = None) -> Path:
        """Run all stages, or those up to one of them.

        Returns
        -------
        Path
            What the last one made.

        Raises
        ------
        UsageError
            If there is no such stage, or a source or model is not found.
        """
        if last is not None and last not in self.stages:
            raise UsageError(
                f"This configuration has no stage {last!r}.", hint=f"It has {', '.join(self.stages)}."
            )
        work: Mapping[str, Callable[[Path], Path]] = {
            "examples": self._examples,
            "mine": self._mine,
            "label": self._label,
            "distil": self._distil,
            "merge": self._merge,
            "export": self._export,
        }
        made = self.folder
        for stage in self.stages:
            self._report(stage, 0, 0, "")
            made = work[stage](made)
            if stage == last:
                break
        return made

    def _examples(self, _: Path) -> Path:
        """Judged examples, and those whose queries are written here."""
        path = self.folder / "examples.jsonl"
        made_of = self._made_of("data", "synthesise")
        if not _is_done(path, made_of):
            written = write_examples(path, chain.from_iterable(map(self._of, self.config.data)))
            if not written:
                raise UsageError("The data gives no examples.", hint="Name at least one set under [[data]].")
            _mark(path, made_of)
        return path

    def _of(self, data: DataConfig) -> Iterator[Example]:
        if data.queries == "judged":
            return open_examples(data, self.place.data)
        if self.config.synthesise is None:
            raise UsageError(
                f"Queries for {data.path} are to be written, but nothing says how.",
                hint="Add a section [synthesise].",
            )
        texts = open_texts(data, self.place.data)
        return synthesise(texts, self.config.synthesise, source=data.path, seed=self.config.seed)

    def _mine(self, before: Path) -> Path:
        config = self.config.mine
        assert config is not None
        path = self.folder / "mined.jsonl"
        made_of = self._made_of("mine") + _made_of(before)
        if not _is_done(path, made_of):
            embedder = Embedder() if "dense" in config.lists else None
            reranker = Reranker(config.reranker, cache=True) if config.reranker else None
            total = _count(before)

            def stage(examples: Iterator[Example]) -> Iterator[Example]:
                found = mine(examples, self._documents, config, embedder, reranker)
                return self._told("mine", found, total)

            write_resumed(path, read_examples(before), stage, made_of)
            _mark(path, made_of)
        return path

    def _documents(self) -> Iterator[Document]:
        """Texts of all sources, in which negatives are looked for."""
        for number, data in enumerate(self.config.data):
            if data.queries == "synthesise" or find_file(self.place.data / data.path, "corpus.jsonl"):
                whole = data.model_copy(
                    update={"limit": data.limit if data.queries == "synthesise" else None}
                )
                for document in open_texts(whole, self.place.data):
                    yield Document(f"{number}/{document.id}", document.text, document.title)
            else:
                for place, example in enumerate(open_examples(data, self.place.data)):
                    for at, passage in enumerate(example.passages):
                        yield Document(f"{number}/{place}/{at}", passage.text)

    def _label(self, before: Path) -> Path:
        config = self.config.label
        assert config is not None
        path = self.folder / "labelled.jsonl"
        made_of = self._made_of("label") + _made_of(before)
        if not _is_done(path, made_of):
            asked = self.folder / "asked.jsonl"
            teachers = {name: open_teacher(name) for name in config.teachers}
            total = _count(before)

            def stage(examples: Iterator[Example]) -> Iterator[Example]:
                return self._told("label", ask_teachers(examples, teachers), total)

            write_resumed(asked, read_examples(before), stage, made_of)
            write_examples(path, label(lambda: read_examples(asked), config))
            _mark(path, made_of)
        return path

    def _distil(self, before: Path) -> Path:
        dev = [example for data in self.config.distil.dev for example in open_examples(data, self.place.data)]

        def told(step: StepReport) -> None:
            metrics = "".join(f", {name} {value:.3f}" for name, value in step.metrics.items())
            detail = f"loss {step.loss:.4f}, {step.pairs_per_second:.0f} pairs/s{metrics}"
            self._report("distil", step.step, step.steps, detail)

        out = self.folder / "student"
        newest = distil(
            self.config,
            before,
            out,
            told,
            weights=self.place.weights,
            dev=dev,
            device=self.place.device,
            seconds=self.place.seconds,
            part_bytes=self.place.part_bytes,
        )
        return best_checkpoint(out) or newest

    def _merge(self, before: Path) -> Path:
        from safetensors.numpy import save_file

        config = self.config.merge
        assert config is not None
        student = read_base(before)
        parts = [student.weights]
        for name in config.checkpoints:
            other = read_base(find_base(name, self.place.weights))
            whole = other.shape.layers != student.shape.layers
            weights = keep_layers(other.weights, self.config.student.layers if whole else None)
            # A base has parts that a student of this kind leaves out, such as an embedder's pooler.
            parts.append({name: weights[name] for name in student.weights if name in weights})
        merged = merge(parts, config.weights or (1.0,) * len(parts), config.method)
        out = self.folder / "merged"
        out.mkdir(exist_ok=True)
        save_file(merged, out / "model.safetensors")
        (out / "tokenizer.json").write_bytes(student.tokenizer)
        heads = {"num_attention_heads": student.shape.heads, "layer_norm_eps": student.shape.epsilon}
        (out / "config.json").write_text(json.dumps(heads) + "\n", "utf-8")
        return out

    def _export(self, before: Path) -> Path:
        config = self.config.export
        assert config is not None
        out = self.folder / config.name
        source = next(
            path
            for name in ("labelled", "mined", "examples")
            if (path := self.folder / f"{name}.jsonl").exists()
        )
        examples = list(islice(read_examples(source), CHECKED))
        facts = trained_facts(self.config)
        accuracy = export_student(
            before, out, self.config.student, config, examples, facts=facts, bases=self.place.weights
        )
        self._report("export", 1, 1, f"Kendall tau to the student: {accuracy.kendall_tau:.3f}")
        return out

    def _told(self, stage: str, examples: Iterator[Example], total: int) -> Iterator[Example]:
        for done, example in enumerate(examples, start=1):
            self._report(stage, done, total, "")
            yield example

    def _made_of(self, *sections: str) -> str:
        values: dict[str, Any] = self.config.model_dump(mode="json")
        return json.dumps([self.config.seed, *(values[name] for name in sections)])


def open_teacher(name: str, *, cached: bool = True) -> Scorer:
    """Find a teacher by the name that a configuration gives it.

    Parameters
    ----------
    name : str
        A reranker's name or folder; an embedder's behind ``embedder:``, alone for the carried one.
    cached : bool
        Whether its scores are kept, so that an interrupted stage goes on.
    """
    if name.startswith(EMBEDDER):
        scorer: Scorer = EmbedderTeacher(Embedder(name.removeprefix(EMBEDDER) or None))
        return with_cache(scorer, True) if cached else scorer
    return Reranker(name, cache=cached)


def _is_done(path: Path, made_of: str) -> bool:
    return path.exists() and _made_of(path) == content_hash(made_of)


def _made_of(path: Path) -> str:
    """What the file was made of, as a hash."""
    mark = path.with_name(path.name + ".made_of")
    return mark.read_text("utf-8") if mark.exists() else ""


def _mark(path: Path, made_of: str) -> None:
    path.with_name(path.name + ".made_of").write_text(content_hash(made_of), "utf-8")


def _count(path: Path) -> int:
    return sum(1 for _ in read_examples(path))
