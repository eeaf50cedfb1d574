from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from aiohttp import FormData
from sqlalchemy import func, select

from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import audit, job_state, portal_sessions, pushed, upkeep
from patto_hub.ledger.tables import metadata
from patto_hub.ledger.upkeep import Retention

JOB = "ambito-fg1/visits"
GOOD = b"codice;cognome;sesso\nP1;Rossi;F\nP2;Bianchi;M\n"
BAD = b"codice;cognome;sesso\nP1;Rossi;F\nP2;CANARINO;Z\n"


def count(table):
    return lambda connection: connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar()


async def confirm(browser, answer):
    path = answer.url.path
    return await browser.post(path, ticket=await browser.ticket(path))


async def test_a_good_file_is_shown_first_and_nothing_is_recorded(inside, site):
    answer = await inside.upload(GOOD)
    text = await answer.text()

    assert answer.url.path.startswith("/portal/upload/")
    assert "Il file va bene" in text
    assert "Invia questo file" in text
    assert await site.ledger.read(count("pushed")) == 0
    assert await site.ledger.read(count("head")) == 0
    assert (await site.ledger.read(job_state.get, JOB)).requested_at is None


async def test_a_bad_row_is_named_with_place_rule_example_and_owner_and_never_with_its_content(inside):
    text = await (await inside.upload(BAD)).text()

    assert "Un problema da guardare" in text
    assert "riga 3" in text
    assert "Sesso <code>sex</code>" in text
    assert "Regola" in text
    assert "Invia lo stesso: le righe giuste passano" in text
    assert "CANARINO" not in text
    assert "Bianchi" not in text


async def test_a_file_of_another_format_says_so_and_is_not_offered_to_be_sent(inside):
    text = await (await inside.upload(b"altro;file\n1;2\n")).text()

    assert "Nessuna riga di questo file sarebbe accettata" in text
    assert "Invia" not in text.partition("<main")[2]


async def test_of_a_file_that_cannot_be_read_the_place_is_the_whole_file(inside):
    text = await (await inside.upload(b"nessuno\n")).text()

    assert "tutto il file" in text
    assert "<code>body</code>" not in text


async def test_the_check_is_told_in_english_too(inside):
    path = (await inside.upload(BAD)).url.path

    text = await inside.text(f"{path}?lang=en")
    assert "One problem to look at" in text
    assert "Send anyway" in text


async def test_exactly_the_bytes_that_were_shown_are_handed_in(inside, site, woken):
    answer = await confirm(inside, await inside.upload(GOOD))

    assert answer.url.path.startswith("/portal/receipts/")
    assert "al sicuro" in await answer.text()
    kept = await site.ledger.read(pushed.after, JOB, 0)
    assert (kept.content, kept.media_type) == (GOOD, "text/csv")
    assert kept.name == answer.url.name
    assert (await site.ledger.read(job_state.get, JOB)).requested_by == "push"
    assert woken == [1]
    assert await site.ledger.read(count("portal_upload")) == 0
    (entry,) = [each for each in await site.ledger.read(audit.newest) if each.action == "portal.hand_in"]
    assert (entry.actor, entry.subject) == ("partner:ambito-fg1", JOB)


async def test_F82_the_same_confirmation_sent_twice_hands_in_once(inside, site):
    shown = await inside.upload(GOOD)
    ticket = await inside.ticket(shown.url.path)

    answers = await asyncio.gather(*(inside.post(shown.url.path, ticket=ticket) for _ in range(4)))

    assert len({answer.url.path for answer in answers}) == 1
    assert await site.ledger.read(count("pushed")) == 1


async def test_a_file_that_takes_a_correction_back_is_handed_in_though_it_was_there_before(inside, site):
    for content in (GOOD, BAD, GOOD):
        await confirm(inside, await inside.upload(content))

    assert await site.ledger.read(count("pushed")) == 3


async def test_a_file_that_was_sent_before_is_recognised_before_it_is_sent_again(inside):
    receipt = (await confirm(inside, await inside.upload(GOOD))).url.name

    text = await (await inside.upload(GOOD)).text()
    assert "già stato inviato" in text
    assert receipt in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("file.pdf", GOOD, "Il nome deve finire in: .csv"),
        ("file", GOOD, "Il nome deve finire in"),
        ("file.csv", b"", "un file che non sia vuoto"),
        ("file.csv", b"\xff\xfe\x00", "difetto nostro"),
        ("file.csv", b"x" * 10_001, "troppo grande"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(inside, site, name, content, words):
    answer = await inside.upload(content, name=name)

    assert answer.status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    assert words in await answer.text()
    assert await site.ledger.read(count("portal_upload")) == 0


async def test_the_name_of_a_file_is_kept_nowhere(inside, site):
    await confirm(inside, await inside.upload(GOOD, name="rossi maria invalidità.csv"))

    dump = await site.ledger.read(lambda c: "\n".join(c.connection.driver_connection.iterdump()))
    assert "rossi maria" not in dump


@pytest.mark.parametrize("stream", ["notices", "courses", "altro", ""])
async def test_no_stream_takes_files_but_ones_own_with_a_door_for_files(inside, site, stream):
    answer = await inside.upload(GOOD, stream=stream)

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert await site.ledger.read(count("portal_upload")) == 0


@pytest.mark.parametrize("way", ["key", "settings"])
async def test_without_the_right_to_hand_in_no_file_is_taken(browser, new_key, site, way):
    scopes = ("pacts",) if way == "key" else (PUSH,)
    if way == "settings":
        object.__setattr__(site, "refuse_feed", lambda _partner, feed: "no" if feed == PUSH else None)
    await browser.post("/portal/login", key=new_key(scopes=scopes)[1])

    assert "non si possono inviare file" in await browser.text("/portal/upload")
    data = FormData({"ticket": await browser.ticket("/portal/keys"), "stream": "visits"})
    data.add_field("file", GOOD, filename="a.csv")
    assert (await browser.post("/portal/upload", data=data)).status == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_what_was_shown_is_gone_after_a_quarter_of_an_hour(inside, site, world):
    shown = await inside.upload(GOOD)
    ticket = await inside.ticket(shown.url.path)
    object.__setattr__(site, "world", replace(world, now=lambda: world.now() + timedelta(minutes=15)))

    answer = await inside.post(shown.url.path, ticket=ticket)

    assert answer.status == HTTPStatus.NOT_FOUND
    assert "vale un quarto d" in await answer.text()
    assert await site.ledger.read(count("pushed")) == 0


async def test_signing_out_removes_the_bytes(inside, site):
    await inside.upload(GOOD)
    await inside.post("/portal/logout")

    assert await site.ledger.read(count("portal_upload")) == 0


async def test_the_upkeep_removes_bytes_that_nobody_comes_back_for(inside, site, world):
    await inside.upload(GOOD)

    await upkeep.tidy(site.ledger, world.milliseconds() + portal_sessions.UPLOAD_MS, Retention())

    assert await site.ledger.read(count("portal_upload")) == 0


async def test_a_new_file_takes_the_place_of_the_one_before(inside, site):
    first = await inside.upload(GOOD)
    await inside.upload(BAD)

    assert await site.ledger.read(count("portal_upload")) == 1
    assert (await inside.get(first.url.path)).status == HTTPStatus.NOT_FOUND


async def test_another_session_of_the_same_partner_has_not_that_file(inside, browsers, new_key):
    shown = await inside.upload(GOOD)
    other = await browsers()
    await other.post("/portal/login", key=new_key()[1])

    assert (await other.get(shown.url.path)).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no boundary", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    ],
)
async def test_a_form_that_is_none_is_no_request(inside, body, kind):
    answer = await inside.post("/portal/upload", data=body, headers={"Content-Type": kind})

    assert answer.status == HTTPStatus.BAD_REQUEST


# --- empty files to fill in -------------------------------------------------------------------------------------------


async def test_an_empty_file_can_be_had_filled_in_and_handed_in(inside):
    path = re.search(r'href="(/portal/upload/blanks/[^"]+)"', await inside.text("/portal/upload")).group(1)
    answer = await inside.get(path)
    text = await (await inside.upload((await answer.read()) + b"P1;Rossi;F\r\n")).text()

    assert path == "/portal/upload/blanks/visits.csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="visits.csv"'
    assert answer.content_type == "text/csv"
    assert "Il file va bene" in text


@pytest.mark.parametrize("name", ["visits.xlsx", "visits.txt", "visits", "notices.csv", "courses.csv", ".csv"])
async def test_there_is_no_empty_file_but_those_that_are_offered(inside, name):
    assert (await inside.get(f"/portal/upload/blanks/{name}")).status == 404


async def test_where_no_empty_file_can_be_made_none_is_offered(inside, site):
    job = site.jobs[JOB]
    door = replace(job.connector.door(job.settings), blanks={})
    site.jobs[JOB] = replace(job, connector=replace(job.connector, door=lambda _: door))

    assert "Modelli da compilare" not in await inside.text("/portal/upload")


async def test_without_the_right_to_hand_in_there_is_no_empty_file(browser, new_key):
    await browser.post("/portal/login", key=new_key(scopes=("pacts",))[1])

    assert (await browser.get("/portal/upload/blanks/visits.csv")).status == 404
