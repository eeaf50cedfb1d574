from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from patto_hub import DeliveryFailure, RunOutcome
from patto_hub.balance import Balance
from patto_hub.observe.metrics import Metrics, make_metrics

START = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(state: str = "done") -> RunOutcome:
    return RunOutcome(
        run=1,
        job="lecce/pacts",
        partner="lecce",
        state=state,
        reason="schedule",
        started_at=START,
        finished_at=START + timedelta(seconds=20),
        balance=Balance(read=3, new=2, quarantined=1),
    )


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry) -> Metrics:
    return make_metrics(registry)


def test_a_run_is_counted_by_its_end(registry, metrics) -> None:
    metrics.count_run(outcome())
    metrics.count_run(outcome("failed"))

    text = generate_latest(registry).decode()
    assert 'patto_runs_total{job="lecce/pacts",state="done"} 1.0' in text
    assert 'patto_runs_total{job="lecce/pacts",state="failed"} 1.0' in text
    assert 'patto_run_duration_seconds_sum{job="lecce/pacts"} 40.0' in text
    assert 'patto_records_total{class="read",job="lecce/pacts"} 6.0' in text
    assert 'patto_records_total{class="quarantined",job="lecce/pacts"} 2.0' in text


def test_a_failed_delivery_is_counted(registry, metrics) -> None:
    metrics.count_failure(
        DeliveryFailure(
            delivery=1,
            partner="bari",
            feed="pacts",
            way="webhook",
            from_seq=1,
            to_seq=2,
            attempts=1,
            trouble_code="http.status",
            trouble_detail="500",
            last=False,
        )
    )

    assert 'patto_delivery_failures_total{feed="pacts",partner="bari"} 1.0' in generate_latest(registry).decode()


def test_two_hubs_in_one_process_count_apart(registry, metrics) -> None:
    other = make_metrics(CollectorRegistry())

    other.count_run(outcome())

    assert "patto_runs_total{" not in generate_latest(registry).decode()
