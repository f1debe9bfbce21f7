"""The published messages of OpenTelemetry read the bytes that the gateway writes by hand."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

read = ExportTraceServiceRequest()
read.ParseFromString(open("gateway/src/traces/fixture.pb", "rb").read())


def said(attributes):
    return {it.key: getattr(it.value, it.value.WhichOneof("value")) for it in attributes}


(of_resource,) = read.resource_spans
resource = said(of_resource.resource.attributes)
assert resource["service.name"] == "outcall-gateway" and len(resource) == 3, resource
(of_scope,) = of_resource.scope_spans
assert of_scope.scope.name == "outcall-gateway", of_scope.scope
leading, calling = of_scope.spans
assert leading.trace_id == calling.trace_id == bytes(range(1, 17))
assert (leading.span_id, leading.parent_span_id) == (bytes(range(1, 9)), b"")
assert (calling.span_id, calling.parent_span_id) == (b"\xff" * 8, leading.span_id)
assert (leading.kind, calling.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)
assert (leading.name, calling.name) == ("POST /pay", "POST")
assert (leading.start_time_unix_nano, leading.end_time_unix_nano) == (1_795_000_000_000_000_001, 1_795_000_000_250_000_000)
assert (calling.start_time_unix_nano, calling.end_time_unix_nano) == (300, 70_000)
assert said(leading.attributes) == {
    "http.request.method": "POST",
    "http.route": "/pay",
    "http.response.status_code": 200,
}, leading
assert said(calling.attributes) == {"number": -1, "error.type": "broken_off"}, calling
assert (leading.status.code, calling.status.code) == (Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR)
# Nothing that these messages do not know: written again, it is as long as it was.
assert len(read.SerializeToString()) == read.ByteSize() == len(open("gateway/src/traces/fixture.pb", "rb").read())
print("read: one resource, two spans")
