"""The numbers that Prometheus reads."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from zd_automation.metrics import Metrics


def shown(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_counters_count_by_outcome() -> None:
    metrics = Metrics()
    metrics.received.labels("accepted").inc()
    metrics.received.labels("accepted").inc()
    metrics.received.labels("bad_signature").inc()
    metrics.decided.labels("written").inc()
    metrics.urgent.inc()
    told = shown(metrics)
    assert told["zd_deliveries_total", (("outcome", "accepted"),)] == 2
    assert told["zd_deliveries_total", (("outcome", "bad_signature"),)] == 1
    assert told["zd_tickets_total", (("outcome", "written"),)] == 1
    assert told["zd_urgent_tickets_total", ()] == 1


def test_calls_to_zendesk_are_told_by_method_and_status() -> None:
    metrics = Metrics()
    for status, seconds in ((200, 0.04), (200, 0.2), (429, 0.001)):
        metrics.observe_call("PUT", status, seconds)
    told = shown(metrics)
    assert told["zd_zendesk_call_seconds_count", (("method", "PUT"), ("status", "200"))] == 2
    assert told["zd_zendesk_call_seconds_sum", (("method", "PUT"), ("status", "200"))] == pytest.approx(0.24)
    assert told["zd_zendesk_call_seconds_count", (("method", "PUT"), ("status", "429"))] == 1


@pytest.mark.parametrize(("seconds", "bucket"), [(0.001, "0.001"), (0.07, "0.1"), (9, "10.0"), (11, "+Inf")])
def test_stages_fall_into_buckets(seconds: float, bucket: str) -> None:
    metrics = Metrics()
    metrics.stage.labels("decide").observe(seconds)
    told = shown(metrics)
    full = [dict(labels)["le"] for (name, labels), value in told.items() if name == "zd_stage_seconds_bucket" and value]
    assert full[0] == bucket


def test_the_queue_is_read_when_somebody_asks() -> None:
    metrics, depth, age = Metrics(), {"new": 3, "sent": 1}, [12.5]
    metrics.watch_queue(lambda: depth, lambda: age[0])
    assert shown(metrics)["zd_queue_depth", (("state", "new"),)] == 3
    depth["new"], age[0] = 0, 0.0
    told = shown(metrics)
    assert (told["zd_queue_depth", (("state", "new"),)], told["zd_queue_depth", (("state", "sent"),)]) == (0, 1)
    assert told["zd_queue_age_seconds", ()] == 0


def test_two_services_in_one_process_do_not_share_numbers() -> None:
    one, other = Metrics(), Metrics()
    one.urgent.inc()
    assert shown(other)["zd_urgent_tickets_total", ()] == 0
    assert Metrics.content_type.startswith("text/plain")
