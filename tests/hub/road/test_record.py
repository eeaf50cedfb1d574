"""One page, one transaction: versions, order, duplicates, quarantine, drift, scope."""

from __future__ import annotations

import json

import pytest

from patto_schemas.model.base import Name


def current(bench):
    rows = bench.ask(
        "SELECT h.key, h.version, v.payload FROM head h JOIN record_version v ON v.id = h.version_id ORDER BY h.key"
    )
    return {key: (version, json.loads(payload)["status"]) for key, version, payload in rows}


async def again(bench, *pages, **more):
    await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    return await bench.take(*pages, **more)


async def test_a_changed_record_gets_another_version(bench, make_pact):
    await bench.take([make_pact(1)])

    outcome = await again(bench, [make_pact(1, status="suspended")])

    assert outcome.balance.changed == 1
    assert current(bench) == {"P-1": (2, "suspended")}


async def test_a_change_that_is_taken_back_is_a_third_version(bench, make_pact):
    page_a, page_b = [make_pact(1)], [make_pact(1, status="suspended")]
    await bench.take(page_a)
    await again(bench, page_b)

    await again(bench, page_a)

    assert current(bench) == {"P-1": (3, "active")}


async def test_a_change_that_is_taken_back_within_one_run_is_seen(bench, make_pact):
    page_a, page_b = [make_pact(1)], [make_pact(1, status="suspended")]
    await bench.take(page_a)

    outcome = await again(bench, page_b, page_a, page_b, page_a)

    assert outcome.balance.changed == 4
    assert current(bench) == {"P-1": (5, "active")}


async def test_a_change_that_is_taken_back_within_one_page_is_seen(bench, make_pact):
    await bench.take([make_pact(1)])

    await again(bench, [make_pact(1, status="suspended"), make_pact(1)])

    assert current(bench) == {"P-1": (3, "active")}


async def test_an_older_revision_is_kept_as_history_and_changes_nothing(bench, make_pact):
    await bench.take([make_pact(1, revision=5, status="completed")])

    outcome = await again(bench, [make_pact(1, revision=4)])

    assert outcome.balance.changed == 1
    assert current(bench) == {"P-1": (1, "completed")}
    assert bench.ask("SELECT count(*) FROM record_version") == [(2,)]
    assert bench.ask("SELECT count(*) FROM change") == [(1,)]


async def test_an_older_revision_that_is_in_the_history_is_a_duplicate(bench, make_pact):
    await bench.take([make_pact(1, revision=4), make_pact(1, revision=5, status="completed")])

    outcome = await again(bench, [make_pact(1, revision=4)])

    assert (outcome.balance.duplicate, outcome.balance.changed) == (1, 0)
    assert bench.ask("SELECT count(*) FROM record_version") == [(2,)]


async def test_version_numbers_go_on_after_a_late_arrival(bench, make_pact):
    await bench.take([make_pact(1, revision=5)])
    await again(bench, [make_pact(1, revision=4)])

    await again(bench, [make_pact(1, revision=6, status="completed")])

    assert current(bench) == {"P-1": (3, "completed")}


async def test_the_later_modification_time_wins(bench, make_pact):
    await bench.take([make_pact(1, modified_at="2026-05-02T10:00:00Z", status="completed")])

    await again(bench, [make_pact(1, modified_at="2026-05-01T10:00:00Z")])

    assert current(bench) == {"P-1": (1, "completed")}


async def test_the_same_row_twice_in_a_page_is_a_duplicate(bench, make_pact):
    outcome = await bench.take([make_pact(1), make_pact(1)])

    assert (outcome.balance.new, outcome.balance.duplicate) == (1, 1)


async def test_the_same_row_in_two_pages_of_a_run_is_a_duplicate(bench, make_pact):
    outcome = await bench.take([make_pact(1)], [make_pact(1)])

    assert (outcome.balance.new, outcome.balance.duplicate) == (1, 1)


async def test_the_same_content_in_other_bytes_is_unchanged(bench, make_pact):
    await bench.take([make_pact(1)])

    outcome = await again(bench, [json.dumps(make_pact(1), indent=2).encode()])

    assert outcome.balance.unchanged == 1


async def test_a_bad_row_is_set_aside_with_its_bytes_and_the_rest_goes_on(bench, make_pact):
    bad = json.dumps(make_pact(2, status="asleep")).encode()

    outcome = await bench.take([make_pact(1), bad, make_pact(3)])

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 2, 1)
    [(row, position, key, issues, owner)] = bench.ask("SELECT row, position, key, issues, owner FROM quarantine")
    assert (row, position, key, owner) == (bad, "$[1]", "P-2", "partner")
    assert json.loads(issues)[0]["where"] == "/status"
    assert "asleep" not in issues


async def test_the_same_bad_row_again_is_one_entry(bench, make_pact):
    await bench.take([make_pact(2, status="asleep")])

    await again(bench, [make_pact(2, status="asleep")])

    assert bench.ask("SELECT times, state FROM quarantine") == [(2, "open")]


async def test_a_good_row_of_the_same_key_closes_the_entry(bench, make_pact):
    await bench.take([make_pact(2, status="asleep")])

    await again(bench, [make_pact(2)])

    assert bench.ask("SELECT state FROM quarantine") == [("fixed",)]


async def test_broken_json_is_set_aside(bench, make_pact):
    outcome = await bench.take([b'{"pact_id": "P-1"', make_pact(2)])

    assert (outcome.balance.quarantined, outcome.balance.new) == (1, 1)


async def test_parts_of_a_page_that_are_no_rows_are_set_aside(bench, make_pact, make_batch):
    page = make_batch([make_pact(1)], troubles=[("riga 7", "csv.quote", b'a;"b')])

    outcome = await bench.take(page)

    assert (outcome.balance.read, outcome.balance.quarantined) == (2, 1)
    assert bench.ask("SELECT position, row, code FROM quarantine") == [("riga 7", b'a;"b', "csv.quote")]


async def test_F36_a_new_field_is_kept_as_an_extra_and_noted_once(bench, make_pact):
    outcome = await bench.take([make_pact(1, colore="blu"), make_pact(2, colore="rosso")])

    assert outcome.state == "done"
    assert bench.ask("SELECT extra FROM record_version ORDER BY id LIMIT 1") == [('{"/colore":"blu"}',)]
    assert bench.ask("SELECT field, what, times FROM drift") == [("/colore", "added", 2)]


async def test_F37_a_field_that_goes_missing_is_noted_and_counted(bench, make_pact):
    row = make_pact(1)
    del row["status"]

    await bench.take([row])

    assert bench.ask("SELECT field, what, times FROM drift") == [("/status", "missing", 1)]


async def test_F39_a_record_of_another_ambito_is_refused_and_not_stored(bench, make_pact):
    scope = frozenset({Name("ambito", "FG/1")})

    outcome = await bench.take([make_pact(1), make_pact(2, ambito="TA/7")], scope=scope)

    assert (outcome.balance.new, outcome.balance.refused) == (1, 1)
    assert bench.ask("SELECT key FROM head") == [("P-1",)]
    assert bench.ask("SELECT count(*) FROM quarantine") == [(0,)]


async def test_the_cursor_moves_with_its_page(bench, make_pact):
    await bench.take([make_pact(1)], [make_pact(2)])

    assert bench.ask("SELECT value FROM cursor") == [('{"page": 2}',)]


async def test_the_page_is_kept_once_as_it_came(bench, make_pact):
    await bench.take([make_pact(1)], [make_pact(1)])

    assert bench.ask("SELECT count(*), min(size) FROM inbox") == [(1, len(json.dumps([make_pact(1)])))]


@pytest.mark.parametrize("isolation", ["inline", "worker"])
async def test_both_lanes_give_the_same_ledger(bench, make_pact, isolation):
    pages = [
        [make_pact(1, colore="blu"), make_pact(2, status="asleep"), b"[]", make_pact(3, ambito="TA/7")],
        [make_pact(1), make_pact(4, consents=[])],
    ]

    outcome = await bench.take(*pages, isolation=isolation, scope=frozenset({Name("ambito", "FG/1")}))

    assert outcome.balance.quarantined == 2
    assert (outcome.balance.new, outcome.balance.changed, outcome.balance.refused) == (2, 1, 1)
    assert bench.ask("SELECT key, version FROM head ORDER BY key") == [("P-1", 2), ("P-4", 1)]
