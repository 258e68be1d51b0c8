"""Everything that a request names: its sets, its models, and the evaluation of each set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, cast

from pertinent.embedders.embedder import Embedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.engine.catalogue import is_own_model
from pertinent.engine.causal_model import EngineName, EngineOptions
from pertinent.engine.loading import load_now
from pertinent.errors import UsageError
from pertinent.evaluate.cards.run_card import make_card, values_hash
from pertinent.evaluate.checking import read_through, require_answerable
from pertinent.evaluate.effort import CountingCache, Judge
from pertinent.evaluate.evaluation import Report, evaluate_task
from pertinent.evaluate.first_stage import WithoutVectors, base_stage, index_path, is_indexed
from pertinent.evaluate.named.named import is_named, open_named
from pertinent.evaluate.request import RERANKED, Request
from pertinent.evaluate.result import TaskResult
from pertinent.evaluate.sources.opening import open_tasks
from pertinent.evaluate.statistics.significance import with_holm
from pertinent.evaluate.task import Task
from pertinent.families.carried import CARRIED_RERANKER
from pertinent.rerankers.cached import CACHE_FILE, CachedScorer
from pertinent.rerankers.cascade import Cascade
from pertinent.rerankers.opening import ModelOptions, open_scorer
from pertinent.rerankers.protocol import Scorer
from pertinent.rerankers.reranker import Reranker
from pertinent.settings import load_settings

CASCADE = "+"
"""Joins the names of two rerankers of which the first reads all and the second the best of it."""

CASCADE_TOP = 10
"""First places that a cascade is to get right."""


def evaluate(
    request: Request,
    *,
    embedder: TextEmbedder | None = None,
    rerankers: Mapping[str, Scorer] | None = None,
    fresh: bool = False,
    report: Report | None = None,
    finished: Callable[[TaskResult], None] | None = None,
) -> list[TaskResult]:
    """Evaluate every set that a request names.

    Rerankers share the first stage. Documents are indexed once and scores are kept, so that a
    call which was interrupted goes on where it was. All sets are read through before the first
    is evaluated, so that what is broken in the last one shows at once.

    Parameters
    ----------
    request : Request
        What to do.
    embedder : TextEmbedder | None
        Takes the place of the one that the request names.
    rerankers : Mapping[str, Scorer] | None
        By label; take the place of those that the request names.
    fresh : bool
        Compute every score anew.
    report : Callable[[str, int, int], None] | None
        Called with (what is being done, done, total).
    finished : Callable[[TaskResult], None] | None
        Given each result as soon as it is there, corrected by Holm's method within its own set alone.

    Returns
    -------
    list[TaskResult]
        One for each set, in the order of the paths.

    Raises
    ------
    PertinentError
        If a set or a model cannot be found or used.
    """
    tasks = open_all(request)
    models = Models.open(request, embedder, rerankers, fresh=fresh)
    models.check(tasks, request, report)
    results = []
    for task in tasks:
        results.append(models.evaluate(task, request, report))
        if finished is not None:
            finished(*with_holm(results[-1:]))
    return with_holm(results)


def open_all(request: Request) -> list[Task]:
    """The tasks that a request names; a name is looked up where no file or folder is called so."""
    tasks: list[Task] = []
    for path in request.paths:
        named = not Path(path).exists() and is_named(path)
        opened = open_named(path, request.split) if named else open_tasks(path, request.split)
        tasks += (replace(task, path=path) for task in opened)
    names = [(task.name, task.split) for task in tasks]
    if len(set(names)) < len(names):
        raise UsageError("Two of the sets have one name.", hint="Give each set once.")
    return tasks


class Models:
    """The models of a request.

    Parameters
    ----------
    embedder : TextEmbedder | None
        None where no vectors are needed.
    rerankers : Mapping[str, Scorer]
        By label.
    caches : Mapping[str, Sequence[CountingCache]]
        Where scores of each may come from.
    """

    def __init__(
        self,
        embedder: TextEmbedder | None,
        rerankers: Mapping[str, Scorer],
        caches: Mapping[str, Sequence[CountingCache]],
    ) -> None:
        self.embedder = embedder
        self.rerankers = rerankers
        self._caches = caches

    @classmethod
    def open(
        cls,
        request: Request,
        embedder: TextEmbedder | None = None,
        rerankers: Mapping[str, Scorer] | None = None,
        *,
        fresh: bool = False,
    ) -> Models:
        """Find the models that a request names; see :func:`evaluate`."""
        if embedder is None and rerankers is None:
            _require_choice(request)
        if base_stage(request.stages) == "bm25":
            embedder = None
        elif embedder is None:
            embedder = Embedder(request.embedder, **_chosen(request, request.embedder))
        caches: dict[str, list[CountingCache]] = {}
        if not set(RERANKED) & set(request.stages):
            rerankers = {}
        elif rerankers is None:
            rerankers = {}
            for name in request.rerankers or (CARRIED_RERANKER,):
                if name in rerankers:
                    raise UsageError(f"{name} is given twice.", hint="Give each reranker once.")
                caches[name] = []
                rerankers[name] = _open_reranker(name, request, None if fresh else caches[name])
        return cls(embedder, rerankers, caches)

    def check(self, tasks: Sequence[Task], request: Request, report: Report | None = None) -> None:
        """Find what is wrong in any of the sets; documents that are indexed are known to be sound."""
        require_answerable(tasks, request, self.rerankers)
        used = WithoutVectors() if self.embedder is None else self.embedder
        for task in tasks:
            if task.candidates is None and not is_indexed(index_path(task, used, request)):
                read_through(task, report or (lambda *_: None))

    def evaluate(self, task: Task, request: Request, report: Report | None = None) -> TaskResult:
        """Evaluate one task, with its card."""
        self._load(task, report)
        judges = {
            label: Judge(scorer, self._caches.get(label, ())) for label, scorer in self.rerankers.items()
        }
        result = evaluate_task(task, request, self.embedder, judges, report)
        values = {name: stage.values for name, stage in result.stages.items()}
        return replace(result, card=self.card(task, request) | {"values_hash": values_hash(values)})

    def _load(self, task: Task, report: Report | None) -> None:
        """Load what the task needs, so that no query's time holds that of loading."""
        used: dict[str, object] = dict(self.rerankers)
        if task.candidates is None and self.embedder is not None:
            used[self.embedder.model.name] = self.embedder
        for label, model in used.items():
            load_now(model, progress=None if report is None else partial(report, label))

    def card(self, task: Task, request: Request) -> dict[str, Any]:
        """The run card of a task with these models."""
        searched = self.embedder if task.candidates is None else None
        return make_card(task.sample(request.queries), request, searched, self.rerankers)


def _require_choice(request: Request) -> None:
    """Refuse settings that none of the named models has a choice of: they would be passed over in silence."""
    plain = Request(request.paths)
    names = ("engine", "device", "dtype", "prompt", "max_tokens")
    asked = [name for name in names if getattr(request, name) != getattr(plain, name)]
    rerankers = ([name] if Path(name).exists() else name.split(CASCADE) for name in request.rerankers)
    models = [request.embedder, *chain.from_iterable(rerankers)]
    if asked and all(name is None or is_own_model(name) for name in models):
        raise UsageError(
            f"There is no choice of {', '.join(asked)} for carried models: int8 on OpenVINO.",
            hint="Leave it out, or name a Hugging Face model.",
        )


def _open_reranker(name: str, request: Request, caches: list[CountingCache] | None) -> Scorer:
    small, plus, large = name.partition(CASCADE)
    if plus and not Path(name).exists():
        two = (_open_reranker(each, request, caches) for each in (small, large))
        return Reranker(Cascade(*two, top_k=CASCADE_TOP))
    if is_own_model(name):
        options = ModelOptions()
    else:
        options = ModelOptions(
            EngineOptions(**_chosen(request, name)), max_tokens=request.max_tokens, prompt=request.prompt
        )
    scorer: Scorer = open_scorer(name, options)
    if caches is not None and hasattr(type(scorer), "fingerprint"):
        cache = CountingCache(load_settings().cache / CACHE_FILE)
        caches.append(cache)
        scorer = CachedScorer(cast(Any, scorer), cache)
    return Reranker(scorer)


def _chosen(request: Request, model: str | None) -> dict[str, Any]:
    """What a model runs on; carried ones have no choice."""
    if model is None or is_own_model(model):
        return {}
    return {
        "engine": cast(EngineName, request.engine),
        "device": request.device,
        "dtype": request.dtype,
    }
