"""The hub's figures for Prometheus: what the web side counts itself, and what the ledger knows when it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from patto_hub.ledger.status import Gauges


@dataclass(frozen=True, slots=True)
class Measures:
    """Counters of one app; several apps in one process do not mix."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    refused: Counter
    """Lines that were not taken: too many are open, or the process has no file descriptor left."""
    seen: dict[tuple[str, str, int], tuple[Counter, Histogram]] = field(default_factory=dict)
    """What counts requests of one kind, found once: looking it up by its labels costs more than counting."""

    def saw(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request by its route's pattern, never by its address."""
        kind = route, method, status
        if kind not in self.seen:
            self.seen[kind] = self.requests.labels(route, method, str(status)), self.seconds.labels(route)
        count, spread = self.seen[kind]
        count.inc()
        spread.observe(seconds)

    def text(self, gauges: Gauges, now: int) -> bytes:
        """Give all figures in the text format."""
        return generate_latest(self.registry) + generate_latest(of_ledger(gauges, now))


def make_measures() -> Measures:
    """Make counters that start at nothing."""
    registry = CollectorRegistry()
    return Measures(
        registry,
        Counter("patto_http_requests", "Requests answered", ["route", "method", "status"], registry=registry),
        Histogram("patto_http_seconds", "Time to answer", ["route"], registry=registry),
        Counter(
            "patto_http_lines_refused",
            "Lines closed because of too_many, and accepts put off for want of a file descriptor (no_descriptor)",
            ["reason"],
            registry=registry,
        ),
    )


def of_ledger(gauges: Gauges, now: int) -> CollectorRegistry:
    """Give what the ledger knows as figures; `now` is the instant that ages are counted to."""
    registry = CollectorRegistry()
    Gauge("patto_change_seq", "Highest change number", registry=registry).set(gauges.changes)
    Gauge("patto_parked_records", "Records that wait for a reference", registry=registry).set(gauges.parked)
    quarantined = Gauge("patto_quarantine_open", "Rows in quarantine", ["job"], registry=registry)
    for job, count in gauges.quarantined.items():
        quarantined.labels(job).set(count)
    age = Gauge("patto_job_last_good_seconds", "Seconds since the last good run", ["job"], registry=registry)
    for job, at in gauges.last_good_at.items():
        age.labels(job).set(max(0, now - at) / 1000)
    records = Gauge("patto_run_records", "Records of the last good run by class", ["job", "class"], registry=registry)
    for (job, name), count in gauges.records.items():
        records.labels(job, name).set(count)
    failures = Gauge("patto_lane_failures", "Failed attempts in a row", ["partner", "feed", "way"], registry=registry)
    held = Gauge("patto_lane_held", "1 while a lane waits or is stopped", ["partner", "feed", "way"], registry=registry)
    for lane, (state, count) in gauges.lanes.items():
        failures.labels(*lane).set(count)
        held.labels(*lane).set(state != "running")
    return registry


MEASURES: Final = web.AppKey("measures", Measures)
