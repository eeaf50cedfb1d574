"""What was set aside or waits ends when its partner has mended it, or no longer says it; it does not come back."""

from __future__ import annotations

import json

import pytest

from patto_hub.ledger import snags
from patto_hub.road.replay import replay
from patto_schemas.model import Loan, Visit


class Pages:
    """A source that gives these pages, whatever the cursor."""

    def __init__(self, *pages):
        self.pages = pages

    async def read(self, after):
        for page in self.pages:
            yield page


@pytest.fixture
def take(bench):
    async def taken(*pages, **more):
        return await bench.take(source=Pages(*pages), **more)

    return taken


@pytest.fixture
def entries(bench):
    def asked():
        return bench.ask("SELECT key, state, reason FROM quarantine ORDER BY id")

    return asked


@pytest.fixture
def waiting(bench):
    return lambda: {key for (key,) in bench.ask("SELECT key FROM parked")}


@pytest.fixture
def full(make_batch):
    """The last page of a full snapshot."""
    return lambda *rows: make_batch(rows, complete=True)


@pytest.fixture
def sheet(make_batch):
    """The last page of a cumulative file."""

    def made(*rows, prefixes=("P-",), **more):
        return make_batch(rows, **{"name": "a.xlsx", "cursor": {"page": 1}, "replaces": prefixes, **more})

    return made


def measure(number, of, **more):
    row = {"measure_id": f"P-{of}/M-{number}", "pact_id": f"P-{of}", "type": "training", "activity_code": "C06"}
    return {**row, **more}


NAMELESS = {"status": "active"}


async def test_a_bad_row_whose_correction_is_known_already_is_fixed(take, make_batch, make_pact, entries):
    good, bad = make_pact(1), make_pact(1, status="asleep")
    await take(make_batch([good]))
    await take(make_batch([bad]))

    outcome = await take(make_batch([good]))

    assert outcome.balance.unchanged == 1
    assert entries() == [("P-1", "fixed", None)]


async def test_the_correction_of_one_record_settles_no_other(take, make_batch, make_pact, entries):
    await take(make_batch([make_pact(1), make_pact(2)]))
    await take(make_batch([make_pact(1, status="asleep")]))

    await take(make_batch([make_pact(2)]))

    assert entries() == [("P-1", "open", None)]


async def test_a_row_that_names_nobody_is_settled_when_a_full_list_no_longer_has_it(take, full, make_pact, entries):
    await take(full(make_pact(1), NAMELESS))
    assert entries() == [(None, "open", None)]

    await take(full(make_pact(1)))

    assert entries() == [(None, "fixed", "withdrawn")]


async def test_a_row_that_a_full_list_still_has_stays_open(take, full, make_pact, entries):
    await take(full(make_pact(1), NAMELESS))

    await take(full(make_pact(1), make_pact(2), NAMELESS))

    assert entries() == [(None, "open", None)]


async def test_a_full_list_that_breaks_off_settles_nothing(take, make_batch, full, make_pact, entries):
    await take(full(make_pact(1), NAMELESS))

    outcome = await take(make_batch([make_pact(1)]))

    assert (outcome.state, entries()) == ("done", [(None, "open", None)])


async def test_a_full_list_that_leaves_out_too_much_settles_nothing(take, full, make_pact, entries):
    await take(full(*map(make_pact, range(20)), make_pact(30, status="asleep")))

    outcome = await take(full(make_pact(1)))

    assert outcome.trouble.code == "snapshot.vanished"
    assert entries() == [("P-30", "open", None)]


async def test_a_row_that_names_nobody_is_settled_when_a_newer_cumulative_file_no_longer_has_it(
    take, sheet, make_pact, entries
):
    await take(sheet(make_pact(1), NAMELESS))

    await take(sheet(make_pact(1), make_pact(2), name="b.xlsx"))

    assert entries() == [(None, "fixed", "withdrawn")]


async def test_rows_of_every_page_of_a_cumulative_file_count(take, sheet, make_batch, make_pact, entries):
    first = make_batch([NAMELESS, make_pact(1)], name="a.xlsx")
    await take(first, sheet(make_pact(2)))

    await take(first, sheet(make_pact(2), {"status": "completed"}))
    assert entries() == [(None, "open", None), (None, "open", None)]

    await take(sheet(make_pact(1), make_pact(2)))
    assert {state for _, state, _ in entries()} == {"fixed"}


async def test_a_file_of_another_register_settles_nothing(take, sheet, make_pact, entries):
    await take(sheet({"pact_id": "P-1/1"}, NAMELESS, prefixes=("P-1/",)))

    await take(sheet(make_pact("2/1"), prefixes=("P-2/",), name="b.xlsx"))
    await take(sheet(make_pact("1/9"), name="c.xlsx", replaces=()))

    assert {state for _, state, _ in entries()} == {"open"}


async def test_a_file_of_all_registers_settles_what_came_with_one(take, sheet, make_pact, entries):
    await take(sheet(NAMELESS, make_pact("1/1"), prefixes=("P-1/",)))

    await take(sheet(make_pact("1/1"), prefixes=("P-2/", "P-1/")))

    assert entries() == [(None, "fixed", "withdrawn")]


async def test_a_bad_row_with_a_key_that_a_newer_file_no_longer_names_is_settled(take, sheet, make_pact, entries):
    await take(sheet(make_pact(1), make_pact(2, status="asleep")))

    await take(sheet(make_pact(1), name="b.xlsx"))

    assert entries() == [("P-2", "fixed", "withdrawn")]


async def test_a_corrected_row_that_is_still_wrong_stays_open_under_its_new_bytes(take, sheet, make_pact, entries):
    await take(sheet(make_pact(1), make_pact(2, status="asleep")))

    await take(sheet(make_pact(1), make_pact(2, status="awake"), name="b.xlsx"))

    assert entries() == [("P-2", "fixed", "withdrawn"), ("P-2", "open", None)]


async def test_what_a_newer_file_no_longer_names_does_not_come_back_by_a_replay(bench, take, sheet, make_pact, entries):
    await take(sheet(make_pact(1), make_pact(2, status="asleep")))
    await take(sheet(make_pact(1), name="b.xlsx"))

    outcome = await replay(bench.job([]), ledger=bench.ledger, world=bench.world, owner="test")

    assert (outcome.balance.read, len(entries())) == (0, 1)


@pytest.fixture
def measures(wires, bench):
    return {"translate": wires["measure"], "name": "fg1/measures"}


@pytest.mark.parametrize("last", ["full", "sheet"])
async def test_what_waits_and_is_no_longer_named_does_not_come_back_when_its_pact_comes(  # noqa: PLR0917
    bench, take, make_batch, make_pact, full, sheet, measures, waiting, last
):
    made = full if last == "full" else sheet
    await take(made(measure(1, 1), measure(2, 1)), **measures)
    assert waiting() == {"P-1/M-1", "P-1/M-2"}

    await take(made(measure(2, 1)), **measures)
    assert waiting() == {"P-1/M-2"}

    await take(make_batch([make_pact(1)]))
    assert bench.ask("SELECT key FROM head WHERE kind = 'measure'") == [("P-1/M-2",)]


async def test_an_older_content_that_waits_goes_when_the_newer_file_has_another(  # noqa: PLR0917
    bench, take, sheet, make_batch, make_pact, measures
):
    await take(sheet(measure(1, 1)), **measures)
    await take(sheet(measure(1, 1, activity_code="C07")), **measures)

    await take(make_batch([make_pact(1)]))

    [(count, payload)] = bench.ask(
        "SELECT count(*), max(payload) FROM record_version WHERE payload LIKE '%measure_id%'"
    )
    assert (count, json.loads(payload)["activity_code"]) == (1, "C07")


async def test_a_file_with_a_row_that_names_nobody_lets_everything_wait_on(take, sheet, measures, waiting):
    await take(sheet(measure(1, 1)), **measures)

    await take(sheet(measure(2, 1), {"type": "training"}), **measures)

    assert waiting() == {"P-1/M-1", "P-1/M-2"}


async def test_what_waits_of_another_stream_or_register_waits_on(take, sheet, measures, waiting):
    await take(sheet(measure(1, 1), measure(1, 2)), **measures)

    await take(sheet(measure(2, 1), prefixes=("P-1/",)), **measures)
    await take(sheet(measure(3, 1)), **{**measures, "name": "fg1/others"})

    assert waiting() == {"P-1/M-2", "P-2/M-1", "P-1/M-3"}


async def test_what_waits_goes_on_when_what_it_waits_for_next_comes_by_the_same_page(
    bench, take, make_batch, make_pact
):
    """A visit waits for a pact and a loan, another partner's loan for the same pact; the pact lets both go on."""
    visit = {"visit_id": "V-1", "pact_id": "P-1", "pact_scheme": "local:fg1", "on": "2026-03-02", "visitor": "x"}
    visit |= {"loan_id": "L-1", "loan_scheme": "local:credit", "place": "home"}
    loan = {"loan_id": "L-1", "borrower_id": "RSSMRA85T10A562S", "pact_id": "P-1", "pact_scheme": "local:fg1"}
    loan |= {"regime": "social", "amount": "1000.00", "status": "requested"}
    await take(make_batch([visit]), name="monitoring/visits", translate=lambda row: Visit(**row))
    await take(make_batch([loan]), name="credit/loans", translate=lambda row: Loan(**row))
    assert bench.ask("SELECT kind FROM parked ORDER BY id") == [("visit",), ("loan",)]

    await take(make_batch([make_pact(1)]))

    assert bench.ask("SELECT kind FROM parked") == []
    assert bench.ask("SELECT kind FROM head ORDER BY kind") == [("loan",), ("pact",), ("visit",)]


async def test_a_refused_item_is_settled_by_its_sources_next_version(bench, take, make_batch, make_pact):
    await take(make_batch([make_pact(1), make_pact(2)]))
    bench.ledger.write_now(snags.open_items, [(1, 1, "codice_ignoto"), (2, 1, "x"), (2, 9, "not the current one")], 1)

    await take(make_batch([make_pact(1, status="suspended")]))

    assert bench.ask("SELECT ref, state FROM snag ORDER BY ref") == [(1, "fixed"), (2, "open")]


async def test_a_refused_item_that_its_source_no_longer_has_is_settled(bench, take, full, make_pact):
    await take(full(*map(make_pact, range(1, 9))))
    bench.ledger.write_now(snags.open_items, [(8, 1, "codice_ignoto")], 1)

    await take(full(*map(make_pact, range(1, 8))))

    assert bench.ask("SELECT state FROM snag") == [("fixed",)]
