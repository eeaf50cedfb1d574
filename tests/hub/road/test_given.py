"""What a source is given besides its settings: people it may ask about, and what its partner handed in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from patto_connectors.contract import Batch, Connector, Door, Pushed
from patto_connectors.errors import Malformed, Refused
from patto_hub import failpoints
from patto_hub.ledger import pushed
from patto_hub.road.replay import replay
from patto_schemas.rules import check as all_rules

CENTRE = ("cpi_11", "D643C000001")
CF = "RSSMRA85T10A562S"


def yes(granted, at="2026-01-02T10:00:00Z"):
    scheme, value = CENTRE
    return {
        "organisation_scheme": scheme,
        "organisation_id": value,
        "from_domain": "social",
        "granted": granted,
        "at": at,
    }


@dataclass
class Curious:
    """A source that notes whom it may ask about."""

    given: object
    met: list = field(default_factory=list)
    found: list = field(default_factory=list)

    async def read(self, after):
        position = None
        while some := await self.given.subjects.after(position, 2):
            self.met += [(each.person, each.pact) for each in some]
            position = some[-1].position
        self.found.append(await self.given.subjects.find("cf", CF))
        yield Batch(rows=())


@pytest.fixture
def asking(bench):
    async def ask(organisation=CENTRE):
        job = bench.job([], name="cpi/sap", organisation=organisation)
        made = []

        def asks(_settings, given):
            made.append(Curious(given))
            return made[-1]

        connector = Connector(name="sap", settings=job.connector.settings, asks=asks, translate=job.connector.translate)
        outcome = await bench.run(replace(job, connector=connector))
        assert outcome.state == "done"
        return made[0]

    return ask


async def test_a_source_may_ask_about_people_whose_open_pact_its_organisation_may_know(bench, asking, make_pact):
    await bench.take([make_pact(number, consents=[yes(granted=True)]) for number in range(1, 6)])

    asked = await asking()

    assert asked.met == [(("cf", CF), ("local:fg1", f"P-{number}")) for number in range(1, 6)]
    assert asked.found[0].pact == ("local:fg1", "P-5")  # the newest


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"consents": [yes(granted=False)]},
        {"consents": [yes(granted=True), yes(granted=False, at="2026-01-03T10:00:00Z")]},
        {"consents": [yes(granted=True)], "status": "completed"},
        {"consents": [yes(granted=True)], "status": "proposed"},
    ],
    ids=["unnamed", "refused", "withdrawn", "closed", "unsigned"],
)
async def test_nobody_else_can_be_asked_about(bench, asking, make_pact, more):
    await bench.take([make_pact(1, **more)])

    asked = await asking()

    assert (asked.met, asked.found) == ([], [None])


async def test_a_partner_without_an_organisation_asks_about_nobody(bench, asking, make_pact):
    await bench.take([make_pact(1, consents=[yes(granted=True)])])

    assert (await asking(organisation=None)).met == []


async def test_whom_a_pact_names_by_its_partners_own_key_is_asked_about_by_tax_code(bench, asking, wires, make_pact):
    person = {
        "person_id": "H-7",
        "identifiers": [{"scheme": "cf", "value": CF}],
        "given_name": "Maria",
        "family_name": "Rossi",
        "sex": "F",
        "birth_date": "1985-12-10",
    }
    local = {"person_scheme": "local", "person_id": "H-7", "consents": [yes(granted=True)]}
    await bench.take([make_pact(1, **local), make_pact(2, **local | {"person_id": "H-8"})])
    await bench.take([person], translate=wires["person"], name="fg1/persons")

    asked = await asking()

    assert asked.met == [(("cf", CF), ("local:fg1", "P-1"))]  # of H-8 no tax code is known; keys are the partner's own
    assert asked.found[0].pact == ("local:fg1", "P-1")


async def test_many_closed_pacts_between_two_open_ones_cost_no_page(bench, asking, make_pact):
    closed = {"consents": [yes(granted=True)], "status": "completed"}
    await bench.take(
        [
            make_pact(number, **closed | {"status": "active" if number in {1, 40} else "completed"})
            for number in range(41)
        ]
    )

    assert [pact.value for _, pact in (await asking()).met] == ["P-1", "P-40"]


def rows(body: Pushed):
    if body.content == b"rubbish":
        raise Malformed("json.syntax", "not JSON", position="line 1", content=body.content)
    if body.content == b"locked":
        raise Refused("sheet.encrypted", "a workbook with a password")
    given = json.loads(body.content)
    for start in range(0, len(given), 2):
        yield Batch(
            rows=[json.dumps(each).encode() for each in given[start : start + 2]],
            content=json.dumps(given[start : start + 2]).encode(),
            place=f"$[{start}+{{}}]",
        )


@pytest.fixture
def hand_in(bench):
    def put(content, receipt, key=None):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        return bench.ledger.write_now(
            pushed.take,
            job="fg1/pacts",
            receipt=receipt,
            idempotency_key=key,
            content=content,
            media_type="application/json",
            now=1,
        )

    return put


@pytest.fixture
def door_job(bench):
    job = bench.job([])
    connector = Connector(
        name="pacts",
        settings=job.connector.settings,
        door=lambda _: Door(media_types=("application/json",), rows=rows),
        translate=job.connector.translate,
    )
    return replace(job, connector=connector)


def receipt(bench, name):
    return bench.ledger.read_now(pushed.get, "fg1", name)


async def test_what_was_handed_in_is_read_in_order_and_the_receipts_tell_what_became_of_it(
    bench, door_job, hand_in, make_pact
):
    hand_in([make_pact(1), make_pact(2), make_pact(3)], "a")
    hand_in([make_pact(4), {"pact_id": "P-5"}], "b")

    outcome = await bench.run(door_job)

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 4, 1)
    assert receipt(bench, "a").outcome["counts"]["new"] == 3
    assert receipt(bench, "b").outcome["rows"][0]["position"] == "$[0+1]"
    assert receipt(bench, "b").told_at is not None


async def test_a_second_run_reads_only_what_came_since(bench, door_job, hand_in, make_pact):
    hand_in([make_pact(1)], "a")
    await bench.run(door_job)
    hand_in([make_pact(2)], "b")

    outcome = await bench.run(door_job)

    assert (outcome.balance.read, outcome.balance.new) == (1, 1)
    assert receipt(bench, "a").outcome["counts"]["read"] == 1


async def test_a_body_that_is_not_the_agreed_format_is_set_aside_whole_and_the_next_one_is_read(
    bench, door_job, hand_in, make_pact
):
    hand_in(b"rubbish", "a")
    hand_in([make_pact(1)], "b")

    outcome = await bench.run(door_job)

    assert (outcome.balance.new, outcome.balance.quarantined) == (1, 1)
    assert receipt(bench, "a").outcome["rows"][0]["code"] == "json.syntax"
    assert bench.ask("SELECT row FROM quarantine") == [(b"rubbish",)]


async def test_a_workbook_with_a_password_is_set_aside_whole_and_holds_up_no_other_body(
    bench, door_job, hand_in, make_pact
):
    hand_in(b"locked", "a")
    hand_in([make_pact(1)], "b")

    outcome = await bench.run(door_job)

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 1, 1)
    assert receipt(bench, "a").outcome["rows"][0]["code"] == "sheet.encrypted"


async def test_a_body_of_many_rows_alike_is_no_source_that_never_ends(bench, door_job, hand_in):
    hand_in([{"status": "active"}] * 60, "a")

    outcome = await bench.run(door_job)

    assert (outcome.state, receipt(bench, "a").outcome["counts"]["quarantined"]) == ("done", 60)


async def test_what_was_read_is_told_although_the_run_fails_at_the_next_body(bench, door_job, hand_in, make_pact):
    hand_in([make_pact(1), make_pact(2), make_pact(3)], "a")
    hand_in(b"no JSON: a bug of this door", "b")

    outcome = await bench.run(door_job)

    assert outcome.state == "failed"
    assert receipt(bench, "a").outcome["counts"]["new"] == 3
    assert receipt(bench, "b").told_at is None


async def test_many_bodies_alike_are_no_source_that_never_ends(bench, door_job, hand_in, make_pact):
    for number in range(30):
        hand_in([make_pact(1)] if number % 2 else b"[]", f"r{number}")

    outcome = await bench.run(door_job)

    assert (outcome.state, outcome.balance.read) == ("done", 15)
    assert bench.ask("SELECT count(*) FROM pushed WHERE told_at IS NULL") == [(0,)]


async def test_a_receipt_is_told_once_all_pages_of_its_body_are_kept(bench, door_job, hand_in, make_pact):
    hand_in([make_pact(1), make_pact(2), make_pact(3)], "a")
    with failpoints.armed("road.page_done"):
        await bench.run(door_job)
    half = receipt(bench, "a")

    await bench.run(door_job)

    told = receipt(bench, "a").outcome["counts"]
    assert (half.told_at, len(bench.ask("SELECT * FROM head"))) == (None, 3)
    assert (told["read"], told["new"], told["unchanged"]) == (3, 1, 2)


async def test_a_door_that_gives_cursors_of_its_own_moves_nothing_before_the_body_is_read(
    bench, door_job, hand_in, make_pact
):
    def paged(body):
        yield from (replace(page, cursor={"pushed": 99}) for page in rows(body))

    door = Door(media_types=("application/json",), rows=paged)
    hand_in([make_pact(1), make_pact(2), make_pact(3)], "a")

    with failpoints.armed("road.page_done"):
        await bench.run(replace(door_job, connector=replace(door_job.connector, door=lambda _: door)))

    assert len(bench.ask("SELECT * FROM head")) == 2
    assert bench.ask("SELECT * FROM cursor") == []


async def test_a_row_that_was_handed_in_and_set_aside_is_replayed_like_any_other(bench, door_job, hand_in, wires):
    hand_in([{"pact_id": "P-5", "status": "active"}], "a")
    await bench.run(door_job)
    lenient = replace(door_job, connector=replace(door_job.connector, translate=lambda row: mended(wires, row)))

    outcome = await replay(lenient, ledger=bench.ledger, world=bench.world, owner="test", checks=lambda _: ())

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 1, 0)
    assert receipt(bench, "a").outcome["rows"][0]["verdict"] == "quarantined"  # what it was told then


def mended(wires, row):
    return wires["pact"].model_validate(
        {"person_id": CF, "ambito": "FG/1", "scheme": "ReD_3", **row}, by_alias=True, by_name=True
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"person_id": "RSSMRA85T10A562X"},
        {"person_id": "XQZWKY"},
        {"status": "XQZWKY"},
        {"signed_on": "XQZWKY"},
        {"XQZWKY": 1, "status": None},
        {"identifiers": [{"scheme": "XQZWKY"}]},
        {"consents": [{"organisation_id": "XQZWKY", "granted": "XQZWKY"}]},
        {"pact_id": ["XQZWKY"]},
    ],
    ids=str,
)
async def test_a_receipt_repeats_no_value_of_a_row(bench, door_job, hand_in, make_pact, wrong):
    hand_in([make_pact(1) | wrong], "a")

    await bench.run(door_job, checks=all_rules)

    told = json.dumps(receipt(bench, "a").outcome)
    assert receipt(bench, "a").outcome["rows"]
    assert "XQZWKY" not in told
    assert "RSSMRA85T10A562X" not in told


async def test_a_receipt_is_its_partners_alone(bench, hand_in, make_pact):
    hand_in([make_pact(1)], "a")

    with pytest.raises(KeyError):
        bench.ledger.read_now(pushed.get, "other", "a")


def test_F82_the_same_key_again_gives_the_same_receipt_and_another_body_under_it_is_refused(bench, hand_in, make_pact):
    first, fresh = hand_in([make_pact(1)], "a", key="k")
    again, repeated = hand_in([make_pact(1)], "b", key="k")

    assert (first, fresh, repeated) == (again, True, False)
    with pytest.raises(pushed.OtherContent):
        hand_in([make_pact(2)], "c", key="k")


def test_only_what_was_read_loses_its_bytes(bench, hand_in, make_pact):
    hand_in([make_pact(1)], "a")
    hand_in([make_pact(2)], "b")
    bench.ledger.write_now(lambda each: each.exec_driver_sql("UPDATE pushed SET told_at = 2 WHERE receipt = 'a'"))

    assert bench.ledger.write_now(pushed.drop_read, 10, 100) == 1

    assert bench.ask("SELECT receipt FROM pushed WHERE content IS NOT NULL") == [("b",)]
