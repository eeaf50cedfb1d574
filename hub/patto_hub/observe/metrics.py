"""What the hub counts, in the names and base units of Prometheus; labels hold job and partner names, never persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from patto_hub.balance import CLASSES

if TYPE_CHECKING:
    from patto_hub.outcomes import DeliveryFailure, RunOutcome

RUN_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 14_400)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters of one hub; each hub has a registry of its own."""

    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=True))
    runs: Counter = field(init=False)
    run_seconds: Histogram = field(init=False)
    records: Counter = field(init=False)
    last_good_run: Gauge = field(init=False)
    feed_items: Counter = field(init=False)
    delivery_failures: Counter = field(init=False)
    loop_lag: Gauge = field(init=False)
    loop_blocks: Counter = field(init=False)
    plugins: Gauge = field(init=False)

    def __post_init__(self) -> None:
        made = {
            "runs": Counter("patto_runs", "Runs that have ended", ["job", "state"], registry=self.registry),
            "run_seconds": Histogram(
                "patto_run_duration_seconds", "How long runs took", ["job"], registry=self.registry, buckets=RUN_SECONDS
            ),
            "records": Counter(
                "patto_records", "Records read, by the class they ended in", ["job", "class"], registry=self.registry
            ),
            "last_good_run": Gauge(
                "patto_last_good_run_timestamp_seconds", "When a job last ended well", ["job"], registry=self.registry
            ),
            "feed_items": Counter(
                "patto_feed_items", "Changes handed to partners", ["partner", "feed"], registry=self.registry
            ),
            "delivery_failures": Counter(
                "patto_delivery_failures", "Deliveries that failed", ["partner", "feed"], registry=self.registry
            ),
            "loop_lag": Gauge(
                "patto_event_loop_lag_seconds", "How late the event loop's last heartbeat was", registry=self.registry
            ),
            "loop_blocks": Counter(
                "patto_event_loop_blocks", "Times the event loop stood still", ["plugin"], registry=self.registry
            ),
            "plugins": Gauge("patto_plugins", "Installed plugins", ["state"], registry=self.registry),
        }
        for name, metric in made.items():
            object.__setattr__(self, name, metric)

    def count_run(self, outcome: RunOutcome) -> None:
        """Count a run that has ended, and its records by class."""
        self.runs.labels(outcome.job, outcome.state).inc()
        self.run_seconds.labels(outcome.job).observe((outcome.finished_at - outcome.started_at).total_seconds())
        for name in CLASSES:
            self.records.labels(outcome.job, name).inc(getattr(outcome.balance, name))
        if outcome.state in {"done", "partial"}:
            self.last_good_run.labels(outcome.job).set(outcome.finished_at.timestamp())

    def count_failure(self, failure: DeliveryFailure) -> None:
        """Count a delivery that failed."""
        self.delivery_failures.labels(failure.partner, failure.feed).inc()


def render(metrics: Metrics) -> bytes:
    """Give the counters in Prometheus' text format."""
    return generate_latest(metrics.registry)
