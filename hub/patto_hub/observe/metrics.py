"""What the hub counts while it works, in Prometheus' names and base units; labels name jobs and partners, no persons.

What the ledger knows (records by class, quarantine, last good runs) is read from it when the figures are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge, Histogram, ProcessCollector

from patto_hub.balance import CLASSES

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from patto_hub.outcomes import DeliveryFailure, RunOutcome

RUN_SECONDS: Final = (1, 5, 15, 60, 300, 900, 3_600, 14_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The counters of one hub."""

    runs: Counter
    run_seconds: Histogram
    records: Counter
    delivery_failures: Counter
    loop_lag: Gauge
    loop_blocks: Counter
    plugins: Gauge
    clock_silence: Gauge

    def count_run(self, outcome: RunOutcome) -> None:
        """Count a run that has ended."""
        self.runs.labels(outcome.job, outcome.state).inc()
        self.run_seconds.labels(outcome.job).observe((outcome.finished_at - outcome.started_at).total_seconds())
        for name in ("read", *CLASSES):
            self.records.labels(outcome.job, name).inc(getattr(outcome.balance, name))

    def count_failure(self, failure: DeliveryFailure) -> None:
        """Count a delivery that failed."""
        self.delivery_failures.labels(failure.partner, failure.feed).inc()


def make_metrics(registry: CollectorRegistry) -> Metrics:
    """Make the counters of a hub in a registry of its own, so that two hubs in one process count apart."""
    ProcessCollector(registry=registry)  # of the process: memory, and file descriptors against their limit
    return Metrics(
        runs=Counter("patto_runs", "Runs that have ended", ["job", "state"], registry=registry),
        run_seconds=Histogram(
            "patto_run_duration_seconds", "How long runs took", ["job"], registry=registry, buckets=RUN_SECONDS
        ),
        records=Counter(
            "patto_records", "Records of the runs that have ended, by class", ["job", "class"], registry=registry
        ),
        delivery_failures=Counter(
            "patto_delivery_failures", "Deliveries that failed", ["partner", "feed"], registry=registry
        ),
        loop_lag=Gauge(
            "patto_event_loop_lag_seconds", "How late the event loop's last heartbeat was", registry=registry
        ),
        loop_blocks=Counter(
            "patto_event_loop_blocks", "Times that the event loop stood still", ["plugin"], registry=registry
        ),
        plugins=Gauge("patto_plugins", "Installed plugins", ["state"], registry=registry),
        clock_silence=Gauge(
            "patto_clock_silence_seconds", "Seconds since the plan was last compared", registry=registry
        ),
    )
