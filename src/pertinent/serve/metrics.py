"""What Prometheus reads: counts and times, never texts."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's numbers.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.tokens.labels("mini").inc(5)
    >>> 'pertinent_tokens_total{model="mini"} 5.0' in metrics.text().decode()
    True
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "dialect", "operation", "status")
        self.errors = self._counter("errors", "Requests that failed by a fault of the server's.", "kind")
        self.tokens = self._counter("tokens", "Tokens that models have read.", "model")
        self.documents = self._counter("documents", "Documents scored and texts embedded.", "model")
        self.cache = self._counter("cache", "Scores asked of the cache.", "found")
        self.seconds = self._histogram("request_seconds", "From a request's head to its answer.", "operation")
        self.queue = self._histogram(
            "queue_seconds", "From coming into the queue to the first batch.", "model"
        )
        self.tokenise = self._histogram("tokenise_seconds", "Texts of one request to token ids.", "model")
        self.inference = self._histogram("inference_seconds", "One batch on the engine.", "model")

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """A gauge that is looked up when it is read."""
        Gauge(f"pertinent_{name}", about, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"pertinent_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(f"pertinent_{name}", about, labels, buckets=SECONDS, registry=self._registry)
