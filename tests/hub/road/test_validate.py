"""A body on trial: what it would come to is what its receipt says later, and nothing of it is written."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_connectors.contract import Batch, Connector, Door, Pushed
from patto_connectors.errors import Malformed
from patto_hub.ledger import pushed, records
from patto_hub.road.trial import SHOWN
from patto_hub.road.validate import validate
from patto_schemas.model import Measure, Pact, Person
from patto_schemas.model.base import Name

CODES = ("RSSMRA85T10A562S", "BNCLCU80A01A662F")
COUNTS = ("read", "new", "changed", "unchanged", "duplicate", "parked", "quarantined", "refused")


def translate(row):
    models = {"pact": Pact, "person": Person, "measure": Measure}
    return [models[each.pop("is")](**each) for each in row["of"]]


def no_rules(_record):
    return ()


def pact(number, revision, person):
    row = {"is": "pact", "pact_id": f"P-{number}", "person_id": CODES[person], "ambito": "FG/1", "scheme": "ReD_3"}
    return {**row, "status": "active", **({} if revision is None else {"revision": revision})}


def person(number, name):
    return {
        "is": "person",
        "person_id": f"H-{number}",
        "identifiers": [{"scheme": "cf", "value": CODES[number]}],
        "given_name": name,
        "family_name": "Rossi",
        "sex": "F",
        "birth_date": "1985-12-10",
    }


def measure(number, of):
    row = {"is": "measure", "measure_id": f"M-{number}", "pact_id": f"P-{of}", "type": "training"}
    return {**row, "activity_code": "C06"}


number = st.integers(0, 1)
record = st.one_of(
    st.builds(pact, number, st.sampled_from([None, 1, 2]), number),
    st.builds(person, number, st.sampled_from(["Anna", "Maria"])),
    st.builds(measure, number, number),
    st.builds(lambda of: {**measure(0, of), "type": "no such type"}, number),
    st.builds(lambda of: {**pact(of, None, 0), "ambito": "TA/7"}, number),
    st.just({"is": "pact"}),
)
rows = st.lists(st.builds(lambda of: {"of": of}, st.lists(record, max_size=2)), max_size=6)
bodies = st.lists(st.tuples(rows, st.sampled_from([(), ("P-",), ("",)])), min_size=1, max_size=4)


def pages(body):
    """Pages of two rows; a body may replace what it does not name."""
    told = json.loads(body.content)
    rows = [json.dumps(row).encode() for row in told["rows"]]
    cut = [rows[at : at + 2] for at in range(0, len(rows), 2)] or [[]]
    for at, page in enumerate(cut):
        replaces = tuple(told["replaces"]) if at == len(cut) - 1 else ()
        yield Batch(rows=page, content=b"\n".join(page), name=body.name, replaces=replaces)


def content_of(rows, replaces=()):
    return json.dumps({"rows": rows, "replaces": replaces}).encode()


@pytest.fixture
def job(bench):
    return door_job(bench)


def door_job(bench, read=pages):
    connector = Connector(
        name="all",
        settings=type(bench.job([]).settings),
        door=lambda _: Door(media_types=("application/json",), rows=read),
        translate=translate,
    )
    scope = frozenset({Name("ambito", "FG/1")})
    return replace(bench.job([], name="fg1/all"), connector=connector, scope=scope)


async def tried(bench, job, content):
    body = Pushed(number=0, name="trial", content=content, media_type="application/json")
    return await validate(job, body, ledger=bench.ledger, world=bench.world, checks=no_rules)


async def receipt(bench, job, content, name):
    bench.ledger.write_now(
        pushed.take,
        job=job.name,
        receipt=name,
        idempotency_key=None,
        content=content,
        media_type="application/json",
        now=bench.world.milliseconds(),
    )
    await bench.run(job)
    return bench.ledger.read_now(pushed.get, job.partner, name).outcome


def everything(bench):
    """All that the ledger holds, table by table."""
    with bench.ledger.engine.connect() as connection:
        return list(connection.connection.driver_connection.iterdump())


async def test_a_trial_says_what_would_become_of_each_record_and_why(bench, job):
    await receipt(bench, job, content_of([{"of": [pact(0, None, 0)]}]), "a" * 32)

    found = await tried(
        bench,
        job,
        content_of(
            [
                {"of": [pact(0, None, 0)]},
                {"of": [{**pact(0, None, 0), "status": "suspended"}]},
                {"of": [measure(0, 0)]},
                {"of": [measure(1, 7)]},
                {"of": [{**pact(1, None, 0), "ambito": "TA/7"}]},
                {"of": [{**measure(1, 0), "type": "no such type"}]},
            ]
        ),
    )

    assert [each.verdict for each in found.rows] == [
        *("unchanged", "changed", "new", "parked", "refused", "quarantined")
    ]
    parked, refused, wrong = found.problems
    assert (parked.code, refused.code, wrong.field) == ("need.unknown", "scope.outside", "/type")
    assert (wrong.position, wrong.owner, bool(wrong.message), bool(wrong.message_en)) == ("$[1]", "partner", True, True)
    assert "no such type" not in repr(found)
    assert not found.good


async def test_a_trial_writes_nothing(bench, job):
    await receipt(bench, job, content_of([{"of": [pact(0, None, 0), measure(1, 1)]}]), "a" * 32)
    before = everything(bench)

    found = await tried(bench, job, content_of([{"of": [pact(1, 2, 0), measure(0, 0), {"is": "pact"}]}], ("P-",)))

    assert found.counts["read"] > 0
    assert everything(bench) == before


async def test_a_trial_of_a_new_ledger_makes_not_even_its_keys(bench, job):
    before = everything(bench)

    found = await tried(bench, job, content_of([{"of": [pact(1, 2, 0)]}]))

    assert (found.counts["new"], everything(bench)) == (1, before)


async def test_a_body_that_cannot_be_read_is_one_row_in_quarantine(bench):
    def broken(_body):
        raise Malformed("sheet.broken", "no workbook")

    found = await tried(bench, door_job(bench, broken), b"x")

    assert (found.counts["read"], found.counts["quarantined"], found.problems[0].code) == (1, 1, "sheet.broken")


async def test_many_problems_are_counted_whole_and_shown_in_part(bench, job):
    found = await tried(
        bench, job, content_of([{"of": [{"is": "pact", "pact_id": f"P-{each}"}]} for each in range(SHOWN)])
    )

    assert (len(found.problems), len(found.rows)) == (SHOWN, SHOWN)
    assert found.problem_count > SHOWN
    assert found.counts["quarantined"] == SHOWN


async def test_a_file_that_leaves_out_too_much_would_be_held(bench, job):
    many = [{"of": [pact(100 + each, None, 0)]} for each in range(30)]
    await receipt(bench, job, content_of(many), "a" * 32)

    few = await tried(bench, job, content_of(many[:28], ("P-1",)))
    most = await tried(bench, job, content_of(many[:2], ("P-1",)))

    named = {head.key: head.id for head in bench.ledger.read_now(records.heads, job.partner_id, "pact", _keys(many))}
    assert list(few.left) == sorted(named[key] for key in _keys(many[28:]))
    assert len(most.left) == 28
    assert (few.removed, few.held, few.good) == (2, None, True)
    assert (most.removed, most.good) == (0, False)
    assert "28" in most.held[0]


def _keys(rows):
    return [each["of"][0]["pact_id"] for each in rows]


@given(bodies)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trial_says_exactly_what_the_receipt_says_later(make_bench, handed_in):
    async def story(bench):
        job = door_job(bench)
        for at, (rows, replaces) in enumerate(handed_in):
            content = content_of(rows, replaces)
            before = await tried(bench, job, content)
            told = await receipt(bench, job, content, f"{at:032}")
            if told is None:
                assert before.held
                return
            assert {each: told["counts"][each] for each in COUNTS} == dict(before.counts), content
            shown = list(dict.fromkeys((e.position, e.verdict) for e in before.problems if e.verdict != "parked"))
            assert list(dict.fromkeys((row["position"], row["verdict"]) for row in told["rows"])) == shown
            gone = bench.ask(
                "SELECT count(*) FROM record_version v JOIN run r ON r.id = v.run_id WHERE v.tombstone AND "
                "r.id = (SELECT max(id) FROM run)"
            )
            assert before.removed == gone[0][0]

    with tempfile.TemporaryDirectory() as folder:
        bench = make_bench(make_bench.ledger(Path(folder)))
        try:
            asyncio.run(story(bench))
        finally:
            bench.ledger.close()
