"""The numbers that Prometheus reads: one registry a process, no ticket text in any label."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Queue(Collector):
    """Depth and age of the queue, read from the inbox when Prometheus asks."""

    def __init__(self, depth: Callable[[], dict[str, int]], age: Callable[[], float]) -> None:
        self._depth = depth
        self._age = age

    def collect(self) -> Iterable[Metric]:
        depth = GaugeMetricFamily("zd_queue_depth", "Deliveries in each state", labels=["state"])
        for state, count in self._depth().items():
            depth.add_metric([state], count)
        yield depth
        yield GaugeMetricFamily(
            "zd_queue_age_seconds", "Age of the oldest delivery that has not ended", value=self._age()
        )


class Metrics:
    """Counters and histograms of the service."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "zd_deliveries_total",
            "Webhook deliveries by outcome or reason of refusal",
            ["outcome"],
            registry=self.registry,
        )
        self.decided = Counter("zd_tickets_total", "Tickets by outcome", ["outcome"], registry=self.registry)
        self.urgent = Counter("zd_urgent_tickets_total", "Tickets raised to the senior queue", registry=self.registry)
        self.stage = Histogram(
            "zd_stage_seconds",
            "Time of each stage of a ticket's way",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.zendesk = Histogram(
            "zd_zendesk_call_seconds",
            "Calls to Zendesk",
            ["method", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def watch_queue(self, depth: Callable[[], dict[str, int]], age: Callable[[], float]) -> None:
        """Show the inbox's depth and age as gauges."""
        self.registry.register(_Queue(depth, age))

    def observe_call(self, method: str, status: int, seconds: float) -> None:
        """One call to Zendesk, 429s among them."""
        self.zendesk.labels(method, str(status)).observe(seconds)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
