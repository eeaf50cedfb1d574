from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import insert

from patto_connectors.contract import Outcome, RowOutcome
from patto_hub.ledger import acknowledgements, pushed, tables

JOB = "ambito-fg1/visits"
HOUR = 3_600_000


@pytest.fixture
def hand_in(site, world):
    def made(content=b"a", *, job=JOB, outcome=None, at=0):
        receipt = world.token(16)
        site.ledger.write_now(
            pushed.take,
            job=job,
            receipt=receipt,
            idempotency_key=None,
            content=content,
            media_type="text/csv",
            now=world.milliseconds() + at,
        )
        if outcome is not None:
            counts, rows = outcome
            told = Outcome(name=receipt, counts=counts, rows=rows)
            site.ledger.write_now(pushed.tell, job, told, world.milliseconds())
        return receipt

    return made


def put(site, table, **values):
    site.ledger.write_now(lambda c: c.execute(insert(table).values(values)))


def set_aside(site, job=JOB, *, number=1, owner="partner", position="riga 4", code="field.missing"):
    issues = [{"code": code, "where": "/birth_date", "severity": "error", "values": {}}]
    put(
        site,
        tables.quarantine,
        job=job,
        run_id=1,
        partner_id=1,
        position=position,
        row=b"CANARINO RSSMRA80A01D643X",
        row_digest=number,
        issues=json.dumps(issues),
        code=code,
        owner=owner,
        opened_at=site.world.milliseconds(),
        last_at=site.world.milliseconds(),
    )


def ran(site, job, at, **values):
    now = site.world.milliseconds()
    told = {"state": "done", "read": 3, "new": 3, "partner_id": 1, "fence": 1, "owner": "h", "reason": "schedule"}
    put(site, tables.run, job=job, started_at=now + at, finished_at=now + at, **{**told, **values})


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))


# --- receipts ---------------------------------------------------------------------------------------------------------


async def test_a_receipt_says_who_sent_what_when_and_what_became_of_it(inside, hand_in):
    rows = [
        RowOutcome(
            position="riga 7",
            verdict="quarantined",
            code="field.missing",
            message="Manca la data.",
            message_en="The date is missing.",
            owner="partner",
        )
    ]
    number = hand_in(b"x" * 1234, outcome=({"read": 9, "new": 8, "quarantined": 1}, rows))

    text = plain(await inside.text(f"/portal/receipts/{number}"))

    for said in (number, "Visite", "2 marzo 2026, 10:00:00 (CET)", "1.234 byte", "Accettato in parte", "riga 7"):
        assert said in text
    assert "Manca la data." in text
    assert "The date is missing." in await inside.text(f"/portal/receipts/{number}?lang=en")
    assert "Chi può rimediare" in text


async def test_a_receipt_that_was_not_read_yet_says_so(inside, hand_in):
    number = hand_in()

    assert "Ricevuto, non ancora letto" in await inside.text(f"/portal/receipts/{number}")


@pytest.mark.parametrize(
    ("counts", "unwell", "said"),
    [
        ({"read": 2, "new": 2}, 0, "Accettato per intero"),
        ({"read": 2, "new": 1, "parked": 1}, 0, "Accettato, con righe in attesa"),
        ({"read": 2, "parked": 2}, 0, "In attesa di altri dati"),
        ({"read": 2, "parked": 1, "quarantined": 1}, 1, "Accettato in parte"),
        ({"read": 2, "quarantined": 2}, 2, "Nessuna riga accettata"),
        ({"read": 0}, 0, "Letto: nessuna riga"),
    ],
)
async def test_a_receipt_says_in_a_word_what_became_of_all_its_rows(inside, hand_in, counts, unwell, said):
    wrong = {"position": "riga 7", "verdict": "quarantined", "code": "field.missing", "message": "Manca la data."}
    number = hand_in(outcome=(counts, [RowOutcome(**wrong, owner="partner")] * unwell))

    badges = re.compile(r'class="state state-\w+">.*?</svg>([^<]+)<', re.DOTALL)
    assert badges.findall(await inside.text(f"/portal/receipts/{number}")) == [said]
    assert badges.findall(await inside.text("/portal/receipts")) == [said]


async def test_where_there_is_nothing_the_way_on_is_there_still(inside):
    answer = await inside.get("/portal/receipts/nessuna")
    text = await answer.text()

    assert answer.status == 404
    assert "Non c&#39;è una vostra ricevuta con questo numero" in text
    assert 'href="/portal/receipts"' in text


async def test_rows_that_wait_are_said_to_go_on_by_themselves(inside, hand_in):
    number = hand_in(outcome=({"read": 2, "parked": 2}, []))

    assert "Di solito basta aspettare" in await inside.text(f"/portal/receipts/{number}")


async def test_a_receipt_can_be_had_as_a_file_for_programs_just_as_the_api_gives_it(inside, hand_in, new_key):
    number = hand_in(outcome=({"read": 1, "new": 1}, []))

    page = await inside.text(f"/portal/receipts/{number}")
    file = await inside.get(f"/portal/receipts/{number}.json")
    bearer = {"Authorization": f"Bearer {new_key()[1]}"}
    told = await inside.client.get(f"/rest/patto/v1/receipts/{number}", headers=bearer)

    assert f'href="/portal/receipts/{number}.json"' in page
    assert file.headers["Content-Disposition"] == f'attachment; filename="ricevuta-{number}.json"'
    assert file.headers["Cache-Control"] == "no-store"
    assert await file.json() == await told.json()


async def test_the_list_of_receipts_goes_back_page_by_page_and_misses_none(inside, hand_in):
    made = [hand_in(bytes([n])) for n in range(120)]

    seen, path = [], "/portal/receipts"
    while path:
        text = await inside.text(path)
        seen += re.findall(r'href="/portal/receipts/([0-9a-f]{32})"', text)
        older = re.search(r'href="(\?before=\d+)"', text)
        path = f"/portal/receipts{older.group(1)}" if older else ""

    assert seen == made[::-1]


async def test_what_stands_after_before_is_never_more_than_a_number(inside):
    for text in ("x", "-1", "9" * 40, "1%20OR%201=1"):
        assert (await inside.get(f"/portal/receipts?before={text}")).status == 200


# --- rows to correct --------------------------------------------------------------------------------------------------


async def test_a_row_to_correct_has_place_rule_example_and_owner_and_no_content(inside, site):
    set_aside(site)

    text = await inside.text("/portal/refusals")

    assert "riga 4" in text
    assert "Visite" in text
    assert "field.missing" in text
    assert "Chi può rimediare" in text
    assert ">voi<" in text
    assert "CANARINO" not in text
    assert "RSSMRA" not in text


async def test_a_row_to_correct_names_the_field_as_people_do(inside, site):
    set_aside(site)
    site.ledger.write_now(lambda c: c.exec_driver_sql("UPDATE quarantine SET kind = 'person'"))

    assert "Campo: Data di nascita birth_date" in plain(await inside.text("/portal/refusals"))
    assert "Field: Day of birth birth_date" in plain(await inside.text("/portal/refusals?lang=en"))


async def test_positions_are_said_in_the_language_of_the_page(inside, site):
    set_aside(site, position="foglio 'Presenze', riga 4")

    assert "sheet &#39;Presenze&#39;, row 4" in await inside.text("/portal/refusals?lang=en")
    assert "foglio &#39;Presenze&#39;, riga 4" in await inside.text("/portal/refusals?lang=it")


async def test_no_row_to_correct_is_good_news(inside):
    assert "tutto quello che avete inviato è stato accettato" in await inside.text("/portal/refusals")


async def test_a_record_that_a_reader_cannot_use_is_told_to_its_source_without_the_reader(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[2], partner=1)
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    refused = acknowledgements.Refused(head, 1, "data.strana", "La data di inizio è dopo la fine")
    said = acknowledgements.Said(
        partner="cpi-foggia", feed="pacts", position=1, applied=False, refused=[refused], digest=b"d"
    )
    site.ledger.write_now(acknowledgements.note, said, (0, 1), site.world.milliseconds())

    text = plain(await inside.text("/portal/refusals"))
    assert "La data di inizio è dopo la fine" in text
    assert "cpi-foggia" not in text


async def test_what_one_refused_oneself_is_listed_by_the_feeds_own_id(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[1], partner=2)
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    refused = acknowledgements.Refused(head, 1, "x", None)
    said = acknowledgements.Said(
        partner="ambito-fg1", feed="pacts", position=1, applied=False, refused=[refused], digest=b"d"
    )
    site.ledger.write_now(acknowledgements.note, said, (0, 1), site.world.milliseconds())

    assert f"pact-{head}" in await inside.text("/portal/refusals")
    assert "Una scheda non l'avete potuta usare" in (await inside.text("/portal")).replace("&#39;", "'")
    assert "Una non presa" in await inside.text("/portal/deliveries")
