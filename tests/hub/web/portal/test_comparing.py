"""What a tried file would change: which records, which fields, and their values where somebody asks for them."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from tests.hub.web.portal.conftest import CSV, rows

from patto_connectors.contract import Door
from patto_hub.clock.calendar import italy
from patto_hub.ledger import audit, pushed
from patto_hub.road import runner
from patto_hub.web.portal import comparing
from patto_hub.web.portal.comparing import FRESH, LONGEST, NOTHING, said
from patto_hub.web.words import Words

JOB = "ambito-fg1/visits"
FILE = b"codice;cognome;sesso\nk0;CANARINO;F\nk1;Bianchi;M\nP9;Verdi;M\n"
"""Of k0 another name, of k1 the same, P9 is new."""


KNOWN = b"codice;cognome;sesso\nk0;Rossi;F\nk1;Bianchi;M\n"


@pytest.fixture
def take_in(site):
    """Hand in a file and let its run read it."""

    async def taken(content):
        number = await site.ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM pushed").scalar())
        how = {"idempotency_key": None, "media_type": CSV, "now": site.world.milliseconds()}
        await site.ledger.write(pushed.take, job=JOB, receipt=f"{number:032}", content=content, **how)
        outcome = await runner.run(
            site.jobs[JOB], ledger=site.ledger, world=site.world, owner="test", reason="cli", checks=lambda _: ()
        )
        assert outcome.state == "done"

    return taken


@pytest.fixture
async def known(take_in):
    """Two people of whom the hub has heard."""
    await take_in(KNOWN)


def table(text):
    """Give the rows of the page's table of changes, as text."""
    found = text.partition('id="changes"')[2].partition("</table>")[0].partition("<tbody")[2]
    return [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in found.split("<tr")[1:]]


async def values_of(browser, answer):
    path = answer.url.path
    return await browser.post(f"{path}/values", ticket=await browser.ticket(path))


async def test_a_changed_record_is_shown_by_its_fields_and_a_new_one_as_new(inside, known):
    text = await (await inside.upload(FILE)).text()

    assert table(text)[0].endswith("riga 2 persone Cognome")
    assert table(text)[-1].endswith("riga 4 persone scheda nuova")
    assert not [row for row in table(text) if "riga 3" in row]


async def test_no_value_is_shown_until_it_is_asked_for_and_then_it_is_noted(inside, known, site):
    answer = await inside.upload(FILE)
    before = await answer.text()
    shown = await (await values_of(inside, answer)).text()

    assert "CANARINO" not in before
    assert "Rossi" not in before
    assert table(shown)[0].endswith("riga 2 persone Cognome: Rossi → CANARINO")
    assert "Verdi" not in shown
    noted = [each for each in site.ledger.read_now(audit.newest) if each.action == "portal.values"]
    assert [(each.actor, each.subject, each.detail) for each in noted] == [
        ("partner:ambito-fg1", JOB, '{"records":2}'),
    ]


async def test_looking_at_the_values_needs_the_page_of_this_session(inside, known, site):
    path = (await inside.upload(FILE)).url.path

    answer = await inside.post(f"{path}/values", ticket="x.y")

    assert answer.status == 403
    assert "CANARINO" not in await answer.text()


async def test_what_changes_is_shown_before_what_is_new_however_much_there_is_of_that(inside, known):
    many = "".join(f"P{number};Verdi;M\n" for number in range(2 * FRESH))

    text = await (await inside.upload(f"codice;cognome;sesso\n{many}k0;CANARINO;F\n".encode())).text()

    assert table(text)[0].endswith(f"riga {2 * FRESH + 2} persone Cognome")
    assert len(table(text)) == FRESH + 1
    assert f"Ecco le prime {FRESH + 1} schede" in text


async def test_a_record_that_the_file_says_twice_is_shown_as_it_says_it_last(inside, known):
    answer = await inside.upload(b"codice;cognome;sesso\nk0;CANARINO;F\nk0;Verdi;F\nP9;Verdi;M\nP9;Neri;M\n")

    shown = table(await (await values_of(inside, answer)).text())

    assert [row.partition("persone ")[2] for row in shown] == ["Cognome: Rossi → Verdi", "scheda nuova"]


async def test_of_a_long_value_no_more_is_kept_than_is_shown(inside, known, site):
    await inside.upload(f"codice;cognome;sesso\nk0;{'x' * 300};F\n".encode())

    kept = await site.ledger.read(lambda c: c.exec_driver_sql("SELECT verdict FROM portal_upload").scalar())
    assert "x" * (LONGEST + 1) in kept
    assert "x" * (LONGEST + 2) not in kept


async def test_a_file_of_rows_that_are_known_changes_nothing(inside, known):
    text = await (await inside.upload(b"codice;cognome;sesso\nk1;Bianchi;M\n")).text()

    assert "Che cosa cambierebbe" not in text
    assert "Mostra i valori" not in text


async def test_the_changes_are_told_in_english_too_and_the_language_can_be_changed_there(inside, known):
    answer = await inside.upload(FILE)
    shown = await (await values_of(inside, answer)).text()

    assert f'href="{answer.url.path}?lang=en"' in shown
    assert table(await inside.text(f"{answer.url.path}?lang=en"))[0].endswith("row 2 people Family name")


async def test_what_a_complete_list_no_longer_names_is_shown_by_kind_and_by_key_where_asked_for(inside, known, site):
    def whole(body):
        for batch in rows(body):
            yield replace(batch, replaces=("k",))

    door = Door(media_types=(CSV,), rows=whole)
    job = site.jobs[JOB]
    site.jobs[JOB] = replace(job, connector=replace(job.connector, door=lambda _: door))

    answer = await inside.upload(b"codice;cognome;sesso\nk1;Bianchi;M\nP9;Verdi;M\n")
    text, shown = await answer.text(), await (await values_of(inside, answer)).text()

    assert "Che cosa manca nel file" in text
    assert re.search(r"<li>persone: 1\s*</li>", text)
    assert re.search(r"<li>persone: 1<br><code>k0</code>", shown)
    assert "Che cosa manca nel file" not in await (await inside.upload(FILE)).text()


async def test_only_the_first_fields_of_a_record_are_shown_and_the_others_counted(inside, known, monkeypatch):
    monkeypatch.setattr(comparing, "FIELDS", 1)

    text = await (await inside.upload(b"codice;cognome;sesso\nk0;CANARINO;M\n")).text()

    assert table(text)[0].endswith("riga 2 persone Cognome e un altro campo")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, NOTHING),
        ("", NOTHING),
        ([], NOTHING),
        (True, "sì"),
        (False, "no"),
        (1234.5, "1.234,5"),
        ("2026-03-02", "02/03/2026"),
        ("2026-13-02", "2026-13-02"),
        ("00123", "00123"),
        ({"a": "è"}, '{"a": "è"}'),
        ("x" * 200, "x" * LONGEST + "…"),
    ],
)
def test_a_value_is_written_as_people_do(value, words):
    assert said(value, Words("it", 0, italy())) == words
