"""F01, F02, F03, F08: hubs are killed with SIGKILL, at random moments and at every fail point; nobody does anything."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from patto_hub.failpoints import POINTS

KILLS = 200
ON_THE_ROAD = sorted(name for name in POINTS if name.startswith(("run.", "road.", "ledger.")))
PAGE = ("head", "record_version", "change", "inbox", "cursor")
"""Tables that the transaction of a page writes."""
LATER = 200.0
"""Seconds that pass between a kill and the next start: longer than a lease, and than the overlap of the filter."""


def some_work(partner, changes):
    for _ in range(changes):
        partner.people.work()


def come_to_rest(hubs):
    hubs.partner.do(hubs.partner.people.settle)
    for _ in range(6):
        hubs.wait(LATER)
        end = hubs.run()
        assert end["status"] == 0, end
        if all(each["state"] == "done" and each["news"] == 0 for each in end["outcomes"]):
            return
    pytest.fail(f"still news: {end}")


@pytest.mark.timeout(300)
def test_F01_two_hundred_kills_in_a_row_lose_nothing_and_double_nothing(hubs, partner):
    chance = random.Random(20)
    partner.do(partner.people.begin, 400)
    killed = spared = 0
    seconds = 0.3
    while killed < KILLS:
        if killed % 3 == 2:
            point = f"{chance.choice(ON_THE_ROAD)}:{chance.randint(1, 5)}:kill"
            end = hubs.run(points=point)
        else:
            end = hubs.run(after_s=chance.uniform(0.005, seconds * 1.1))
        if end["status"] == -9:
            killed += 1
        else:
            assert end["status"] == 0, end
            spared += 1
            seconds = 0.8 * seconds + 0.2 * end["seconds"]
        partner.do(some_work, partner, 12)
        hubs.wait(LATER)
        if killed % 25 == 0:
            assert hubs.judge_lightly() == []
    come_to_rest(hubs)

    assert hubs.judge() == []
    assert spared < KILLS


@pytest.mark.parametrize("point", ON_THE_ROAD)
def test_F01_a_kill_at_each_fail_point_is_made_good_by_the_next_run(hubs, partner, point):
    partner.do(partner.people.begin, 60)

    killed = hubs.run(points=f"{point}:1:kill")
    in_between = hubs.judge_lightly()
    come_to_rest(hubs)

    assert killed["status"] == -9
    assert in_between == []
    assert hubs.judge() == []


@pytest.mark.parametrize("point", ["road.bytes_kept", "road.records_written", "road.cursor_written"])
def test_F02_a_kill_before_the_commit_leaves_nothing_half_stored(hubs, partner, point):
    partner.do(partner.people.begin, 60)

    killed = hubs.run(points=f"{point}:1:kill")

    assert killed["status"] == -9
    assert [hubs.count(table) for table in PAGE] == [0] * len(PAGE)


def test_F02_each_commit_that_a_kill_prevents_leaves_a_whole_page_or_none(hubs, partner):
    partner.do(partner.people.begin, 60)
    stored = []
    for nth in range(1, 12):
        assert hubs.run(points=f"ledger.before_commit:{nth}:kill")["status"] in (-9, 0)
        stored.append({hubs.count(table) > 0 for table in PAGE})
        hubs.wait(LATER)

    assert stored[0] == {False}
    assert stored[-1] == {True}
    assert {False, True} not in stored


def test_F03_a_page_offered_again_after_its_commit_makes_no_new_version(hubs, partner):
    partner.do(partner.people.begin, 60)
    for nth in range(1, 12):
        assert hubs.run(points=f"ledger.after_commit:{nth}:kill")["status"] in (-9, 0)
        hubs.forget_cursors()  # the partner offers everything again
        hubs.wait(LATER)
    come_to_rest(hubs)
    versions = hubs.count("record_version")
    hubs.forget_cursors()
    hubs.wait(LATER)
    again = hubs.run()

    assert hubs.judge() == []
    assert [each["news"] for each in again["outcomes"]] == [0, 0, 0]
    assert hubs.count("record_version") == versions


def marked(mark):
    """Find the processes that were started by whoever carried a mark."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"PATTO_MARK={mark}".encode() in place.read_bytes().split(b"\0"):
                found.append(int(place.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_F08_a_worker_process_does_not_outlive_its_hub(hubs, partner):
    partner.do(partner.people.begin, 60)
    mark = f"worker-{os.getpid()}-{hubs.path.parent.name}"

    seen = set()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(hubs.run, points="road.page_done:1:kill", isolation="worker", mark=mark)
        while not running.done():
            seen.update(marked(mark))
            time.sleep(0.02)
    killed = running.result()
    until = time.monotonic() + 20
    while marked(mark) and time.monotonic() < until:
        time.sleep(0.05)  # the kernel closes its pipe; it sees that and ends
    left = marked(mark)
    come_to_rest(hubs)

    assert killed["status"] == -9
    assert len(seen) == 1, "there was no worker to be left behind"
    assert left == []
    assert hubs.judge() == []
