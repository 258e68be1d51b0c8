"""Spans: of the request and its stages, within the caller's trace, without texts."""

from __future__ import annotations

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pertinent.serve.speaking import Speaking
from pertinent.serve.tracing import Traces

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_request_and_its_stages_are_one_trace() -> None:
    kept = InMemorySpanExporter()
    traces = Traces(kept)
    headers = [(b"traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode())]
    speaking = Speaking({"type": "http", "path": "/tei/rerank", "headers": headers})
    with speaking.stage("read"):
        pass
    with speaking.stage("run"):
        pass
    traces.tell(speaking, {"status": 200, "tokens": None, "operation": "/tei/rerank"})
    traces.close()
    read, run, request = kept.get_finished_spans()
    assert [span.name for span in (read, run, request)] == ["read", "run", "request"]
    assert {f"{span.context.trace_id:032x}" for span in (read, run, request)} == {TRACE}
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert read.parent == run.parent == request.context
    assert dict(request.attributes or {}) == {"pertinent.status": 200, "pertinent.operation": "/tei/rerank"}
    assert request.start_time <= read.start_time <= read.end_time <= run.end_time <= request.end_time
