"""F01: a hub that reads what was handed in is killed at every fail point; nothing is lost, doubled or untold."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from patto_hub.failpoints import POINTS
from patto_hub.ledger import job_state, partners, pushed, runs, snags, upgrade
from patto_hub.ledger.store import open_ledger
from patto_hub.testing import invariants

JOB = "office/people"
BODIES = {"a" * 32: range(10), "b" * 32: range(10, 13), "c" * 32: range(5, 15)}
WRONG = {"person_id": "H-99"}
"""Ends each body: it is set aside, and its partner told so, once."""
ON_THE_ROAD = sorted(name for name in POINTS if name.startswith(("run.", "road.", "ledger.")))
LATER = 200.0
"""Seconds that pass between a kill and the next start: longer than a lease."""


def person(number):
    return {
        "person_id": f"H-{number}",
        "identifiers": [{"scheme": "cf", "value": "RSSMRA85T10A562S"}],
        "given_name": "Mario",
        "family_name": "Rossi",
        "sex": "M",
        "birth_date": "1985-12-10",
    }


@dataclass
class Office:
    """A ledger with bodies that wait, and hubs that read them."""

    path: Path
    partner: int
    process: subprocess.Popen[str]
    clock_s: float = 0.0

    def run(self, points=""):
        order = {"path": str(self.path), "partner": self.partner, "clock_s": self.clock_s, "points": points}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.clock_s += LATER
        return json.loads(self.process.stdout.readline())["status"]

    def ask(self, work):
        ledger = open_ledger(self.path)
        try:
            return ledger.write_now(work)
        finally:
            ledger.close()


@pytest.fixture(scope="module")
def process():
    """Imports the hub once; each run is a fork of it."""
    script = Path(__file__).with_name("push_process.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as started:
        yield started
        started.stdin.close()


@pytest.fixture
def office(tmp_path, process):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    made = Office(path, 0, process)
    made.partner = made.ask(hand_in)
    return made


def hand_in(connection):
    number = partners.register(connection, name="office", plugin="office")
    for receipt, numbers in BODIES.items():
        content = json.dumps([*map(person, numbers), WRONG]).encode()
        pushed.take(
            connection,
            job=JOB,
            receipt=receipt,
            idempotency_key=None,
            content=content,
            media_type="application/json",
            now=1,
        )
    return number


def receipts(connection):
    return {receipt: pushed.get(connection, "office", receipt) for receipt in BODIES}


def refusals(connection):
    return [(each.sort, each.state, each.position) for each in snags.page(connection, 1, 0, 10).snags]


def versions(connection):
    rows = connection.exec_driver_sql(
        "SELECT h.key, count(*) FROM head h JOIN record_version v ON v.head_id = h.id GROUP BY 1"
    )
    return dict(iter(rows))


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("point", ON_THE_ROAD)
def test_F01_what_was_handed_in_survives_a_kill_at_each_fail_point(office, point, nth):
    killed = office.run(f"{point}:{nth}:kill")
    in_between = office.ask(invariants.everything)
    again = office.run()

    assert killed in {-9, 0}  # a run comes to some points once only
    assert (in_between, again) == ([], 0)
    assert office.ask(versions) == {f"H-{number}": 1 for number in range(15)}
    assert {receipt: told.outcome["counts"]["read"] for receipt, told in office.ask(receipts).items()} == {
        receipt: len(numbers) + 1 for receipt, numbers in BODIES.items()
    }
    assert office.ask(refusals) == [("row", "open", "$[2]")]
    assert office.ask(invariants.everything) == []


def test_F01_a_killed_run_for_what_was_handed_in_is_asked_for_again(office):
    office.run("road.page_done:1:kill")

    def found_lost(connection):
        runs.expire(connection, 2**52)
        return job_state.get(connection, JOB)

    assert office.ask(found_lost).requested_by == "push"
