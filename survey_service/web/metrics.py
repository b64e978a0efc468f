"""`/metrics` in the text format of Prometheus, at an address of its own, where no participant comes."""

from collections.abc import Iterator, Mapping
from importlib import metadata

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from survey_service.operations.count_service import ServiceCounts, count_service

STATES = ("prepared", "scheduled", "open", "closed", "unsealed", "released", "erased", "lost")


class MetricsBeside:
    """The service, and what came in by the metrics' own door: there is `/metrics` behind it, and nothing else."""

    def __init__(self, service: Litestar, door: tuple[str, int] | None) -> None:
        self._service = service
        self._port = None if door is None else door[1]

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] == ScopeType.HTTP and self._is_ours(scope):  # type: ignore[arg-type]
            await self._answer(scope, send)  # type: ignore[arg-type]
        else:
            await self._service(scope, receive, send)

    def _is_ours(self, scope: HTTPScope) -> bool:
        return self._port is not None and scope["server"] is not None and scope["server"][1] == self._port

    async def _answer(self, scope: HTTPScope, send: Send) -> None:
        if scope["method"] == "GET" and scope["path"] == "/metrics":
            counts = await count_service(self._service.state["installation"])
            await _send(send, 200, exposed(counts), CONTENT_TYPE_LATEST)
        else:
            await _send(send, 404, b"Here is /metrics only.\n", "text/plain")


def exposed(counts: ServiceCounts) -> bytes:
    """The counts in the text format. A registry of our own: the usual one adds processor time and memory."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counts(counts))
    return generate_latest(registry)


class _Counts(Collector):
    def __init__(self, counts: ServiceCounts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        version = metadata.version("survey-service")
        yield _gauge("survey_info", "The version of the service.", "version", {version: 1})
        yield _gauge(
            "survey_check_ok",
            "Whether what the service needs is as it must be: 1 or 0.",
            "check",
            {finding.name: int(finding.is_ok) for finding in counts.findings},
        )
        if not all(finding.is_ok for finding in counts.findings if finding.name == "database"):
            return  # zeros would say that nothing is due
        yield _gauge(
            "survey_rounds", "Rounds by state.", "state", {state: counts.rounds.get(state, 0) for state in STATES}
        )
        yield _gauge(
            "survey_rounds_due",
            "Rounds of which the schedule has something to do by now; more than 0 for minutes: look at the log.",
            "step",
            counts.due,
        )
        yield _gauge(
            "survey_participation_per_cent",
            "Who has taken part, in tenths of the roster, counted once a day.",
            "round",
            {str(round_id): per_cent for round_id, per_cent in counts.participation.items()},
        )
        waiting = GaugeMetricFamily("survey_mails_waiting", "Invitations and reminders that are still to go.")
        waiting.add_metric([], counts.mails_waiting)
        yield waiting


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family


async def _send(send: Send, status: int, body: bytes, media_type: str) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
