"""The SAP's service over real HTTP: reading, faults, notifications, and handing measures over."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from patto_connectors.contract import Batch, Pushed
from patto_connectors.errors import Malformed, Rejected, Trouble, Unreachable
from patto_connectors.soap import load_service
from patto_connectors.soap.envelope import write_message
from patto_connectors.testing.faults import WIRE
from patto_connectors.testing.soap import SOAP
from patto_plugins.employment_centres import exchange, notifications_door, sap_sink
from patto_plugins.employment_centres.fake import OWN
from patto_plugins.employment_centres.fake import SAP as SAP_PATH
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.chronicle import Rates

SETS_ASIDE = {"sap_broken", "sap_other_person", "sap_doctype"}
"""Faults of one document: it is set aside, and the rest of the round goes on."""
HARMLESS = {"slow", "sap_ko", "sap_x001", "soap_new_element"}
"""Faults that leave whole answers, or that befall what is written only."""


def _keys(batches):
    return {row["identificativo_politica"] for batch in batches for row in batch.rows if row["is"] == "policy"}


async def test_every_policy_and_person_of_the_people_asked_about_comes(town, records):
    batches, trouble = await town.read("sap")

    found = records(batches)
    known = {key for each in town.centre.workers.values() for key in each.measures}
    assert trouble is None
    assert {each.key for each in found if each.kind == "measure"} == known
    assert len([each for each in found if each.kind == "person"]) == len(town.people.listed)


async def test_each_policy_is_laid_to_the_pact_asked_for(town, records):
    batches, _ = await town.read("sap")

    truth = {measure.key: measure.pact for each in town.centre.workers.values() for measure in each.measures.values()}
    assert {each.key: each.pact for each in records(batches) if each.kind == "measure"} == truth


async def test_a_tax_code_travels_in_bodies_only(town):
    await town.read("sap")

    for asked in town.partner.asked:
        told = f"{asked.path} {asked.query} {dict(asked.headers)}"
        assert not [each.cf for each in town.centre.workers.values() if each.cf in told]


async def test_a_run_goes_on_from_every_page(make_town):
    whole, _ = await make_town().read("sap", pace={"page": 2, "at_once": 1})

    assert len(whole) > 2
    for number, batch in enumerate(whole[:-1]):
        rest, _ = await make_town().read("sap", batch.cursor, pace={"page": 2, "at_once": 1})
        assert _keys(rest) == _keys(whole[number + 1 :])


async def test_people_whom_the_centre_does_not_know_give_nothing(make_town):
    batches, trouble = await make_town(told=False).read("sap")

    assert (trouble, [len(batch.rows) for batch in batches]) == (None, [0])


@pytest.mark.parametrize("fault", sorted({*WIRE, *SOAP, *OWN}))
async def test_each_fault_ends_in_one_of_the_four_errors_or_in_good_rows(town, fault):
    town.partner.faults.order(
        fault, times=None, path=f"*/{SAP_PATH}", option={"slow": "0.1", "loris": "1"}.get(fault, "")
    )

    batches, trouble = await town.read("sap")

    told = "".join(f"{each.code} {each.detail} {each.hint}" for each in [trouble] if each)
    told += str([(place, code) for batch in batches for place, code, _ in batch.troubles])
    assert "ROSSI" not in told
    assert not [each.cf for each in town.centre.workers.values() if each.cf in told]
    if fault in HARMLESS:
        assert trouble is None
        assert _keys(batches)
    elif fault in SETS_ASIDE:
        assert trouble is None
        assert {code for batch in batches for _, code, _ in batch.troubles} <= {
            "xml.syntax",
            "sap.person",
            "xml.doctype",
        }
        assert not _keys(batches)
    else:
        assert isinstance(trouble, Trouble)


async def test_trap_7_a_broken_string_of_one_person_leaves_the_others(town):
    town.partner.faults.order("sap_broken", times=1, after=1)  # the answer after the first look-up

    batches, trouble = await town.read("sap", pace={"at_once": 1})

    assert trouble is None
    assert sum(len(batch.troubles) for batch in batches) == 1
    assert len({tuple(row["pact"]) for batch in batches for row in batch.rows if row["is"] == "policy"}) >= 5


async def test_mistakes_of_operators_set_single_rows_aside(make_town, streams):
    town = make_town(people=12, rates=Rates(mistakes=1, late=0, missing=0), told=False)
    for told in town.centre.world.told(town.code):
        if told.mistake or told.record.kind == "person":
            town.centre.show(told)
    batches, trouble = await town.read("sap")
    bad = 0
    for row in (row for batch in batches for row in batch.rows):
        try:
            streams("sap").translate(row)
        except (KeyError, ValueError):
            bad += 1

    assert trouble is None
    assert 0 < bad < sum(len(batch.rows) for batch in batches)


# Notifications


def _notified(code, number=1):
    operation = load_service(wsdl("sap")).operation("notificaSAP")
    content = write_message(operation.request, {"CodiceSAP": code, "MotivoNotifica": "02"})
    return Pushed(number=number, name=f"r{number}", content=content, media_type="text/xml")


async def test_a_notified_sheet_is_asked_for(town, records):
    worker = next(iter(town.centre.workers.values()))

    batches, trouble = await town.read("notifications", pushed=[_notified(worker.sap)])

    assert trouble is None
    assert [(batch.name, batch.cursor) for batch in batches] == [("r1", {"pushed": 1})]
    assert {each.key for each in records(batches, "notifications") if each.kind == "measure"} == set(worker.measures)


async def test_of_somebody_who_is_in_no_open_pact_nothing_is_kept(town):
    worker = next(iter(town.centre.workers.values()))
    town.people = replace(town.people, listed=())

    batches, trouble = await town.read("notifications", pushed=[_notified(worker.sap)])

    assert trouble is None
    assert [len(batch.rows) for batch in batches] == [0]
    assert worker.cf not in batches[0].content.decode()


async def test_a_second_run_follows_only_what_came_since(town):
    codes = [each.sap for each in town.centre.workers.values()]
    pushed = [_notified(code, number) for number, code in enumerate(codes, 1)]

    batches, _ = await town.read("notifications", {"pushed": 4}, pushed=pushed)

    assert [batch.name for batch in batches] == ["r5", "r6"]


async def test_a_centre_that_is_away_leaves_the_notification_for_the_next_run(town):
    worker = next(iter(town.centre.workers.values()))
    town.partner.faults.order("unavailable")

    batches, trouble = await town.read("notifications", pushed=[_notified(worker.sap)])

    assert batches == []
    assert isinstance(trouble, Unreachable)


async def test_of_a_sheet_that_cannot_be_read_only_the_notification_is_kept(town):
    worker = next(iter(town.centre.workers.values()))
    town.partner.faults.order("sap_broken")
    body = _notified(worker.sap)

    [batch], _ = await town.read("notifications", pushed=[body])

    assert [(code, content) for _, code, content in batch.troubles] == [("xml.syntax", body.content)]


@pytest.mark.parametrize(("code", "word"), [("AA00000001H", b"OK"), ("boh", b"KO")])
def test_the_door_answers_as_the_wsdl_says(town, code, word):
    body, media = notifications_door(town.settings("http://127.0.0.1:1")).answer(_notified(code))

    assert media == "text/xml"
    assert b"risposta_notificaSAP" in body
    assert b">" + word + b"</" in body


def test_the_door_takes_nothing_else(town):
    operation = load_service(wsdl("sap")).operation("annullaSAP")
    body = Pushed(
        number=1,
        name="r",
        media_type="text/xml",
        content=write_message(operation.request, {"CodiceSAP": "AA00000001H"}),
    )

    with pytest.raises(Malformed, match="not taken here"):
        notifications_door(town.settings("http://127.0.0.1:1")).answer(body)


@pytest.fixture
def threads(monkeypatch):
    """Notes in which thread each document is written or read."""
    seen = {}

    def noted(name):
        do = getattr(exchange, name)

        def by(*args):
            seen.setdefault(name, set()).add(threading.current_thread())
            return do(*args)

        monkeypatch.setattr(exchange, name, by)

    for name in ("document", "read_request", "person_of", "sheet_rows"):
        noted(name)
    return seen


async def test_a_notified_sheet_is_read_where_it_holds_up_nobody(town, threads):
    worker = next(iter(town.centre.workers.values()))

    await town.read("notifications", pushed=[_notified(worker.sap)])

    assert threads.keys() == {"read_request", "person_of", "sheet_rows"}
    assert threading.main_thread() not in set().union(*threads.values())


# Handing over


async def _write(town, rows):
    async with town.made.running() as url:
        return await sap_sink(town.settings(url)).write(Batch(rows=rows, name="sap-1-2"))


async def test_a_sheet_is_taken_by_the_centre_and_remembered(town, sheet_row):
    receipt = await _write(town, [sheet_row()])

    assert receipt.accepted == 1
    assert town.centre.workers["BNCNNA88E54E506D"].received.keys() == {"1400000002Q"}


async def test_a_sheet_is_written_where_it_holds_up_nobody(town, threads, sheet_row):
    await _write(town, [sheet_row()])

    assert threading.main_thread() not in threads["document"]


async def test_the_same_batch_twice_leaves_one_policy(town, sheet_row):
    async with town.made.running() as url:
        sink = sap_sink(town.settings(url))
        await sink.write(Batch(rows=[sheet_row()], name="sap-1-2"))

        await sink.write(Batch(rows=[sheet_row()], name="sap-1-2"))

    assert len(town.centre.workers["BNCNNA88E54E506D"].received) == 1
    assert len(town.centre.sent) == 2


@pytest.mark.parametrize(("fault", "code"), [("sap_ko", "KO"), ("sap_x001", "X001")])
async def test_what_the_sap_refuses_is_one_rejected_item_and_the_rest_is_sent(town, fault, code, sheet_row):
    town.partner.faults.order(fault, times=1)

    with pytest.raises(Rejected) as rejected:
        await _write(town, [sheet_row(), sheet_row("1400000003O")])

    assert [(item.index, item.code) for item in rejected.value.items] == [(0, code)]
    assert "ROSSI" not in str([(item.detail, rejected.value.detail) for item in rejected.value.items])
    assert "1400000003O" in town.centre.workers["BNCNNA88E54E506D"].received


async def test_the_centre_refuses_a_sheet_without_what_it_must_hold(town, sheet_row):
    with pytest.raises(Rejected) as rejected:
        await _write(town, [sheet_row(data_proposta=None)])

    assert [item.code for item in rejected.value.items] == ["KO"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"change": "upsert", "kind": "measure", "data": {"lacking": "person"}}, "sap.person_missing"),
        ({"change": "upsert", "kind": "measure", "data": {"lacking": "policy_id"}}, "sap.policy_id_missing"),
        ({"change": "delete", "kind": "measure"}, "sap.no_withdrawal"),
        ({"change": "withdraw", "kind": "measure"}, "sap.no_withdrawal"),
    ],
)
async def test_what_cannot_be_sent_is_said_so(town, row, code):
    with pytest.raises(Rejected) as rejected:
        await _write(town, [row])

    assert [item.code for item in rejected.value.items] == [code]
    assert town.partner.asked == []


@pytest.mark.parametrize(
    "row", [{"change": "upsert", "kind": "pact", "data": {}}, {"change": "withdraw", "kind": "person"}]
)
async def test_what_says_nothing_to_a_centre_is_not_sent(town, row):
    await _write(town, [row])

    assert town.partner.asked == []


async def test_a_centre_that_is_away_gets_the_whole_batch_again(town, sheet_row):
    town.partner.faults.order("unavailable", after=1)

    with pytest.raises(Unreachable):
        await _write(town, [sheet_row(), sheet_row("1400000003O")])


async def test_a_word_that_was_not_agreed_is_no_outcome(town, sheet_row):
    town.partner.faults.order("sap_namespace")

    with pytest.raises(Malformed):
        await _write(town, [sheet_row()])
