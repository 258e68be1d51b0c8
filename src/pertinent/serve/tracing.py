"""OpenTelemetry: one span for each request and one for each of its stages (extra ``otel``).

Where spans go is said by the standard variables (``OTEL_EXPORTER_OTLP_ENDPOINT`` and others).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pertinent.errors import UsageError
from pertinent.serve.speaking import Speaking

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

NANOSECONDS = 1_000_000_000


class Traces:
    """Writes spans; they are sent by a thread of OpenTelemetry's own.

    Parameters
    ----------
    exporter : SpanExporter | None
        Where they go; None sends them by OTLP over HTTP.

    Raises
    ------
    UsageError
        If the extra is not installed.
    """

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            if exporter is None:
                from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

                exporter = OTLPSpanExporter()
        except ImportError as error:
            raise UsageError(
                f"Traces need {error.name}.", hint="Install it: pip install pertinent[otel]."
            ) from error
        self._provider = TracerProvider(resource=Resource.create({"service.name": "pertinent"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("pertinent.serve")
        # Times are taken by a clock that never jumps, spans want the time of day.
        self._offset = time.time() - time.perf_counter()

    def tell(self, speaking: Speaking, fields: Mapping[str, Any]) -> None:
        """Write the spans of a request that is answered."""
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract({"traceparent": speaking.trace_parent})
        known = {f"pertinent.{name}": value for name, value in fields.items() if value is not None}
        request = self._tracer.start_span(
            "request", parent, SpanKind.SERVER, known, start_time=self._time(speaking.began)
        )
        within = set_span_in_context(request)
        for stage in speaking.stages:
            span = self._tracer.start_span(stage.name, within, start_time=self._time(stage.began))
            span.end(self._time(stage.ended))
        request.end(self._time(time.perf_counter()))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _time(self, moment: float) -> int:
        return int((moment + self._offset) * NANOSECONDS)
