from __future__ import annotations

from datetime import UTC, datetime, timedelta

from patto_hub import DeliveryFailure, RunOutcome
from patto_hub.balance import Balance
from patto_hub.observe.metrics import Metrics, render

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


def test_a_run_is_counted_with_its_records_by_class() -> None:
    metrics = Metrics()

    metrics.count_run(outcome())

    text = render(metrics).decode()
    assert 'patto_runs_total{job="lecce/pacts",state="done"} 1.0' in text
    assert 'patto_records_total{class="new",job="lecce/pacts"} 2.0' in text
    assert 'patto_records_total{class="quarantined",job="lecce/pacts"} 1.0' in text
    assert 'patto_run_duration_seconds_sum{job="lecce/pacts"} 20.0' in text
    assert metrics.last_good_run.labels("lecce/pacts")._value.get() == START.timestamp() + 20


def test_a_failed_run_does_not_move_the_last_good_one() -> None:
    metrics = Metrics()

    metrics.count_run(outcome("failed"))

    assert "patto_last_good_run_timestamp_seconds{" not in render(metrics).decode()


def test_a_failed_delivery_is_counted() -> None:
    metrics = Metrics()

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

    assert 'patto_delivery_failures_total{feed="pacts",partner="bari"} 1.0' in render(metrics).decode()


def test_two_hubs_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()

    one.count_run(outcome())

    assert "patto_runs_total{" not in render(other).decode()
