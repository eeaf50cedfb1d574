"""What partners have to mend, in one sequence: brought along by the upgrade, numbered anew whenever it changes."""

from __future__ import annotations

import json

import pytest

from patto_hub.ledger import invariants, quarantine, snags, upgrade
from patto_hub.ledger.store import open_ledger

ISSUES = json.dumps([{"code": "field.date", "where": "/on", "severity": "error", "values": {}}])


def entry(digest, now=1_000, issues=ISSUES):
    return ("fg1/pacts", 1, 1, None, "riga 2", "pact", f"P-{digest}", b"{}", digest, issues, "c", "partner", now, now)


@pytest.fixture
def opened(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    made = []

    def again():
        made.append(open_ledger(path))
        return made[-1]

    again.path = path
    yield again
    for ledger in made:
        ledger.close()


def test_the_upgrade_brings_along_what_is_open(opened):
    ledger = opened()
    ledger.write_now(quarantine.add, [entry(1), entry(2)])
    ledger.write_now(quarantine.close, 1, state="waived", by="staff:anna", reason="prova", now=2_000)
    ledger.close()
    upgrade.downgrade(opened.path, "0002")

    upgrade.upgrade(opened.path)

    found = opened().read_now(snags.page, 1, 0, 10)
    assert [(each.seq, each.id, each.sort, each.state, each.since) for each in found.snags] == [
        (1, 1, "row", "open", 1_000)
    ]


def test_each_change_has_a_number_of_its_own_above_all_before(opened):
    ledger, seen = opened(), []

    for work in (
        lambda each: quarantine.add(each, [entry(1), entry(2), entry(3)]),
        lambda each: quarantine.settle(each, "fg1/pacts", [("pact", "P-2")], [3], [], 2_000),
        lambda each: quarantine.add(each, [entry(2, 3_000), entry(4, 3_000)]),
        lambda each: quarantine.withdraw_unseen(each, "fg1/pacts", 9, 4_000),
    ):
        ledger.write_now(work)
        position = seen[-1].seq if seen else 0
        seen += ledger.read_now(snags.page, 1, position, 100).snags

    numbers = [each.seq for each in seen]
    assert numbers == sorted(set(numbers))
    assert {each.id: each.state for each in seen} == {1: "withdrawn", 2: "withdrawn", 3: "fixed", 4: "withdrawn"}
    assert ledger.read_now(invariants.mistold) == []


@pytest.fixture
def closed(opened):
    """A ledger in which the first two of four were settled long ago, and the last one a moment later."""
    ledger = opened()
    ledger.write_now(quarantine.add, [entry(1), entry(2), entry(3), entry(4)])
    for number, now in ((1, 2_000), (2, 3_000), (4, 4_000)):
        ledger.write_now(quarantine.close, number, state="waived", by="staff:anna", reason="prova", now=now)
    return ledger


def test_what_was_settled_long_ago_goes_and_what_is_open_stays(closed):
    dropped = closed.write_now(snags.drop, 2_500, 100)

    page = closed.read_now(snags.page, 1, 0, 10)
    assert (dropped, [each.id for each in page.snags], page.dropped) == (1, [3, 2, 4], 5)
    assert closed.read_now(invariants.mistold) == []


def test_neither_the_highest_number_nor_the_highest_id_is_given_twice(closed):
    before = closed.read_now(snags.page, 1, 0, 10).snags

    closed.write_now(snags.drop, 9_000, 100)
    closed.write_now(quarantine.add, [entry(5, 9_000)])

    after = closed.read_now(snags.page, 1, 0, 10).snags
    assert [(each.id, each.seq) for each in after] == [(3, 3), (4, 7), (5, 8)]
    assert max(each.seq for each in before) == 7


def test_snags_go_in_pieces(closed):
    assert [closed.write_now(snags.drop, 9_000, 1) for _ in range(3)] == [1, 1, 0]


def test_one_partners_settled_snags_make_nobody_elses_reader_stale(closed):
    closed.write_now(snags.drop, 9_000, 100)

    assert closed.read_now(snags.page, 2, 0, 10).dropped == 0
