"""Whatever the order of arrival and however often: the same records are in force, told to the same readers."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_connectors.contract import Batch
from patto_hub import failpoints
from patto_hub.ledger import invariants
from patto_schemas.model import Measure, Pact, Person

CODES = ("RSSMRA85T10A562S", "BNCLCU80A01A662F")
CENTRES = ("D643C000123", "A662C000456")


def translate(row):
    return {"pact_id": Pact, "person_id": Person, "measure_id": Measure}[row.pop("is")](**row)


def pact(number, revision, person, consents):
    return {
        "is": "pact_id",
        "pact_id": f"P-{number}",
        "revision": revision,
        "person_id": CODES[person],
        "ambito": "FG/1",
        "scheme": "ReD_3",
        "status": "active",
        "consents": [
            {
                "organisation_scheme": "cpi_11",
                "organisation_id": CENTRES[centre],
                "from_domain": "social",
                "granted": granted,
                "at": "2026-01-01T10:00:00Z",
            }
            for centre, granted in consents
        ],
    }


def person(number, revision):
    return {
        "is": "person_id",
        "person_id": f"H-{number}",
        "revision": revision,
        "identifiers": [{"scheme": "cf", "value": CODES[number]}],
        "given_name": "Maria",
        "family_name": "Rossi",
        "sex": "F",
        "birth_date": "1985-12-10",
    }


def measure(number, revision, of):
    return {
        "is": "measure_id",
        "measure_id": f"M-{number}",
        "revision": revision,
        "pact_id": f"P-{of}",
        "type": "training",
        "activity_code": "C06",
    }


number, revision = st.integers(0, 1), st.integers(1, 3)
consents = st.lists(st.tuples(number, st.booleans()), max_size=2)
rows = st.lists(
    st.one_of(
        st.builds(pact, number, revision, number, consents),
        st.builds(person, number, revision),
        st.builds(measure, number, revision, number),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: (row["is"], row[row["is"]], row["revision"]),
)


def play(bench_of, orders, *, point=None):
    """Take the rows in each order, one run each, and give what is in force and who may read it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = bench_of.ledger(Path(folder))
        try:
            bench = bench_of(ledger)
            for order in orders:
                pages = [
                    Batch(rows=[json.dumps(row).encode() for row in order[start : start + 3]])
                    for start in range(0, len(order), 3)
                ]
                if point is not None:
                    broken(bench, pages, point)
                outcome = asyncio.run(bench.take(*pages, translate=translate, name="fg1/all"))
                assert outcome.balance.closes
            assert list(ledger.read_now(lambda each: list(invariants.unbalanced(each)))) == []
            return state(bench)
        finally:
            ledger.close()


def broken(bench, pages, point):
    """Take the rows with an error planted at a fail point; whatever happens, the next run must make it good."""
    with failpoints.armed(point):
        try:
            asyncio.run(bench.take(*pages, translate=translate, name="fg1/all"))
        except OSError:
            bench.ledger.write_now(lambda each: each.exec_driver_sql("UPDATE lease SET expires_at = 0"))


def state(bench):
    force = bench.ask(
        "SELECT h.key, v.payload, p.key FROM head h JOIN record_version v ON v.id = h.version_id"
        " LEFT JOIN head p ON p.id = h.pact_id ORDER BY h.key"
    )
    readers = {}
    for organisation, key, op in bench.ask(
        "SELECT o.value, h.key, c.op FROM audience a JOIN organisation o ON o.id = a.organisation_id"
        " JOIN change c ON c.seq = a.seq JOIN head h ON h.id = c.head_id ORDER BY a.seq"
    ):
        readers[organisation, key] = op
    parked = bench.ask("SELECT key, waits_value, json_extract(record, '$[0][4]') FROM parked ORDER BY 1, 2, 3")
    return force, {each for each, op in readers.items() if op == "upsert"}, parked


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, data=st.data())
def test_any_order_of_arrival_gives_the_same_state(make_bench, rows, data):
    other = data.draw(st.permutations(rows))

    assert play(make_bench, [other]) == play(make_bench, [rows])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, data=st.data())
def test_coming_again_changes_nothing(make_bench, rows, data):
    again = data.draw(st.permutations(rows))

    assert play(make_bench, [rows, again]) == play(make_bench, [rows])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=rows,
    point=st.sampled_from(
        ["road.page_read", "road.bytes_kept", "road.records_written", "road.cursor_written", "road.page_done"]
    ),
)
def test_an_error_anywhere_is_made_good(make_bench, rows, point):
    assert play(make_bench, [rows], point=point) == play(make_bench, [rows])
