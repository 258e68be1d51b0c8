"""A whole training run: each stage reads the file of the one before it and is passed over once it is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from pertinent.embedders.embedder import Embedder
from pertinent.errors import UsageError
from pertinent.evaluate.sources.files import find_file
from pertinent.rerankers.reranker import Reranker
from pertinent.train.card import MADE_BY, trained_facts
from pertinent.train.checkpoints import best_checkpoint
from pertinent.train.config import TrainConfig
from pertinent.train.data_config import DataConfig
from pertinent.train.distil import StepReport, distil
from pertinent.train.examples import Example, read_examples, write_examples
from pertinent.train.export import Origin
from pertinent.train.finish import export_student
from pertinent.train.label import label
from pertinent.train.merge_stage import merge_student, read_search
from pertinent.train.mine import mine
from pertinent.train.place import Place
from pertinent.train.quantise import Accuracy
from pertinent.train.resume import is_done, made_of_file, mark_done, write_resumed
from pertinent.train.sources import open_examples, open_texts
from pertinent.train.synthesise import QueryWriter, synthesise
from pertinent.train.teachers import ask_teachers, open_teacher
from pertinent.train.written import open_writer
from pertinent.types import Document

CHECKED = 50
"""Examples on which the exported model is compared with the student."""

Report: TypeAlias = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, detail); total is 0 while it is not known."""


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
        if not is_done(path, made_of):
            with self._writer() as writer:
                found = chain.from_iterable(self._of(data, writer) for data in self.config.data)
                written = write_examples(path, self._told("examples", found, 0))
            if not written:
                raise UsageError("The data gives no examples.", hint="Name at least one set under [[data]].")
            mark_done(path, made_of)
        return path

    def _writer(self) -> AbstractContextManager[QueryWriter | None]:
        written = self.config.synthesise
        if written is None or written.provider is None:
            return nullcontext()
        return open_writer(written.provider, self.folder / "written.jsonl")

    def _of(self, data: DataConfig, writer: QueryWriter | None) -> Iterator[Example]:
        if data.queries == "judged":
            return open_examples(data, self.place.data)
        if self.config.synthesise is None:
            raise UsageError(
                f"Queries for {data.path} are to be written, but nothing says how.",
                hint="Add a section [synthesise].",
            )
        texts = open_texts(data, self.place.data)
        return synthesise(
            texts, self.config.synthesise, source=data.path, seed=self.config.seed, writer=writer
        )

    def _mine(self, before: Path) -> Path:
        config = self.config.mine
        assert config is not None
        path = self.folder / "mined.jsonl"
        made_of = self._made_of("mine") + made_of_file(before)
        if not is_done(path, made_of):
            embedder = Embedder(config.embedder) if "dense" in config.lists else None
            reranker = Reranker(config.reranker, cache=True) if config.reranker else None
            total = _count(before)

            def stage(examples: Iterator[Example]) -> Iterator[Example]:
                found = mine(examples, self._documents, config, embedder, reranker)
                return self._told("mine", found, total)

            write_resumed(path, read_examples(before), stage, made_of)
            mark_done(path, made_of)
        return path

    def _documents(self) -> Iterator[Document]:
        """Texts of all sources, in which negatives are looked for."""
        for number, data in enumerate(self.config.data):
            if data.queries == "synthesise" or find_file(self.place.data / data.path, "corpus.jsonl"):
                whole = data.queries != "synthesise"
                texts = data.model_copy(update={"limit": None, "skip": 0}) if whole else data
                for document in open_texts(texts, self.place.data):
                    yield Document(f"{number}/{document.id}", document.text, document.title)
            else:
                for place, example in enumerate(open_examples(data, self.place.data)):
                    for at, passage in enumerate(example.passages):
                        yield Document(f"{number}/{place}/{at}", passage.text)

    def _label(self, before: Path) -> Path:
        config = self.config.label
        assert config is not None
        path = self.folder / "labelled.jsonl"
        made_of = self._made_of("label") + made_of_file(before)
        if not is_done(path, made_of):
            asked = self.folder / "asked.jsonl"
            teachers = {name: open_teacher(name) for name in config.teachers}
            total = _count(before)

            def stage(examples: Iterator[Example]) -> Iterator[Example]:
                return self._told("label", ask_teachers(examples, teachers), total)

            write_resumed(asked, read_examples(before), stage, made_of)
            write_examples(path, label(lambda: read_examples(asked), config))
            mark_done(path, made_of)
        return path

    def _distil(self, before: Path) -> Path:
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
            dev=self._development(self.config.distil.dev),
            device=self.place.device,
            seconds=self.place.seconds,
            part_bytes=self.place.part_bytes,
        )
        return best_checkpoint(out) or newest

    def _merge(self, before: Path) -> Path:
        assert self.config.merge is not None
        return merge_student(
            self.config,
            before,
            self.folder,
            self._development(self.config.merge.search),
            bases=self.place.weights,
            device=self.place.device,
            progress=lambda done, total, detail: self._report("merge", done, total, detail),
        )

    def _development(self, sets: Sequence[DataConfig]) -> list[Example]:
        return [example for data in sets for example in open_examples(data, self.place.data)]

    def _export(self, before: Path) -> Path:
        assert self.config.export is not None
        out = self.folder / self.config.export.name
        accuracy = self.export(before, out)
        self._report("export", 1, 1, f"Kendall tau to the student: {accuracy.kendall_tau:.3f}")
        return out

    def export(
        self,
        checkpoint: Path,
        out: Path,
        *,
        origin: Origin | None = None,
        shared_tokenizer: bytes | None = None,
        made_by: str = MADE_BY,
    ) -> Accuracy:
        """Write the model of a checkpoint of this run.

        Parameters
        ----------
        checkpoint : Path
            What the stages before made.
        out : Path
            The model's folder.
        origin, shared_tokenizer
            As for ``finish.export_student``.
        made_by : str
            Command on the model card.

        Returns
        -------
        Accuracy
            What the integers cost.

        Raises
        ------
        UsageError
            If the configuration does not say how to export.
        """
        config = self.config.export
        if config is None:
            raise UsageError("The configuration does not say what the model is called.", hint="Add [export].")
        last = "labelled" if self.config.label else "mined" if self.config.mine else "examples"
        examples = list(islice(read_examples(self.folder / f"{last}.jsonl"), CHECKED))
        searched = self.config.merge is not None and self.config.merge.search
        share = read_search(self.folder).share if searched else None
        return export_student(
            checkpoint,
            out,
            self.config.student,
            config,
            examples,
            facts=replace(trained_facts(self.config, share), made_by=made_by),
            bases=self.place.weights,
            origin=origin,
            shared_tokenizer=shared_tokenizer,
        )

    def _told(self, stage: str, examples: Iterator[Example], total: int) -> Iterator[Example]:
        for done, example in enumerate(examples, start=1):
            self._report(stage, done, total, "")
            yield example

    def _made_of(self, *sections: str) -> str:
        values: dict[str, Any] = self.config.model_dump(mode="json")
        return json.dumps([self.config.seed, *(values[name] for name in sections)])


def _count(path: Path) -> int:
    return sum(1 for _ in read_examples(path))
