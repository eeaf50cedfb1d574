from __future__ import annotations

import asyncio
import html
import json
import re
from dataclasses import replace
from datetime import time, timedelta

import pytest
from pydantic import BaseModel
from structlog.testing import capture_logs

from patto_connectors.contract import Connector
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job, Unusable
from patto_hub.ledger import audit, drift, job_state, keys, lanes, staff
from patto_hub.ledger.lanes import LaneName
from patto_hub.web import signin
from patto_hub.web.app import make_app
from patto_hub.web.pages import EVERY_ROLE, PAGES
from patto_hub.web.site import WebSettings

PASSWORD = "una frase lunga e facile"
JOB = "ambito-fg1/pacts"
SAME = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}


class NoSettings(BaseModel):
    pass


@pytest.fixture
def woken():
    return []


@pytest.fixture
def site(make_site, woken):
    job = Job(
        name=JOB,
        partner="ambito-fg1",
        partner_id=1,
        plugin="prova",
        connector=Connector(name="pacts", settings=NoSettings, summary={"it": "Patti", "en": "Pacts"}),
        settings=NoSettings(),
        schedule=Schedule(cron="30 2 * * *", expected_by=time(6)),
    )
    made = make_site(settings=WebSettings(secure_cookies=False), jobs={JOB: job}, wake=lambda: woken.append(1))
    yield made
    made.passwords.close()


@pytest.fixture
async def client(aiohttp_client, site):
    return await aiohttp_client(make_app(site))


class Browser:
    """Fetches pages as a browser does: sends where a form comes from, follows redirects."""

    def __init__(self, client):
        self.client = client
        self.address = str(client.make_url("/")).rstrip("/")

    async def get(self, path, **how):
        return await self.client.get(path, headers={"Accept": "text/html"}, **how)

    async def post(self, path, *, headers=None, **form):
        sent = {"Origin": self.address, "Sec-Fetch-Site": "same-origin", "Accept": "text/html", **(headers or {})}
        return await self.client.post(path, data=form, headers={k: v for k, v in sent.items() if v is not None})

    async def ticket(self, path="/", verb="run"):
        text = await (await self.get(path)).text()
        form = re.search(rf'action="[^"]*/{verb}">\s*<input type="hidden" name="ticket" value="([^"]+)"', text)
        return form.group(1)


@pytest.fixture
def browser(client):
    return Browser(client)


@pytest.fixture
async def inside(browser, site):
    link = await signin.demo_link(site.ledger, site.world, "")
    answer = await browser.get(link)
    assert answer.status == 200
    return browser


async def add(site, name, role):
    password_hash = await site.passwords.hash(PASSWORD)
    await site.ledger.write(staff.add, name=name, role=role, password_hash=password_hash, now=0)


async def test_a_receiver_that_is_no_longer_configured_is_told_and_raises_no_alarm(inside, site):
    gone = LaneName("cpi-foggia", "pacts", "webhook")
    trouble = {"failures": 9, "trouble": "dns"}
    await site.ledger.write(lanes.change, gone, lambda lane: replace(lane, **trouble))
    text = await (await inside.get("/")).text()

    assert "non è più nelle impostazioni" in html.unescape(text)
    assert "non risponde" not in text


# --- who may look -----------------------------------------------------------------------------------------------------


def expand(path):
    return re.sub(r"\{(\w+)[^}]*\}", lambda part: {"partner": "ambito-fg1", "stream": "pacts"}.get(part[1], "x"), path)


@pytest.mark.parametrize("page", [page for page in PAGES if page.roles is not None], ids=lambda page: page.path)
async def test_strangers_see_no_page_and_do_nothing(browser, site, page):
    request = browser.get if page.method == "GET" else browser.post
    answer = await request(expand(page.path))
    text = await answer.text()

    assert "Leggi ora" not in text
    assert 'href="/login"' in text or 'action="/login"' in text
    assert (await site.ledger.read(job_state.get, JOB)).requested_at is None


@pytest.mark.parametrize("role", sorted(EVERY_ROLE))
@pytest.mark.parametrize("page", [page for page in PAGES if page.roles is not None], ids=lambda page: page.path)
async def test_each_role_may_use_what_the_table_of_pages_says(browser, site, role, page):
    token = await site.ledger.write(staff.signin_link, site.world, f"x-{role}", role)
    await browser.get(f"/signin/{token}")

    if page.method == "GET":
        answer = await browser.get(expand(page.path))
    else:
        answer = await browser.post(expand(page.path), ticket="x.y")
    text = await answer.text()

    allowed = role in page.roles
    assert ("Il tuo ruolo" in text) is not allowed
    if page.method == "GET":
        assert answer.status == 200
        assert ("Leggi ora" in text) is (role in {"region", "engineer"})


async def test_the_first_page_lists_what_ends_in_the_next_months_and_what_to_do(browser, site):
    day = 86_400_000
    for partner, days in (("ente", 60), ("nessuno", 3), ("cpi-foggia", 200)):
        end = site.world.milliseconds() + days * day
        await site.ledger.write(keys.add, site.world, partner=partner, scopes=["pacts"], expires_at=end)
    await browser.get(f"/signin/{await site.ledger.write(staff.signin_link, site.world, 'x', 'region')}")

    listed = (await (await browser.get("/")).text()).partition('id="endings"')[2]

    assert listed.index("patto key rotate nessuno") < listed.index("patto key rotate ente")
    assert "fra 3 giorni" in listed
    assert "cpi-foggia" not in listed


def test_every_page_says_which_roles_may_use_it():
    assert all(page.roles is None or (page.roles and page.roles <= EVERY_ROLE) for page in PAGES)
    assert {page.path for page in PAGES if page.roles is None} == {
        "/docs",
        "/login",
        "/logout",
        "/problems",
        "/problems/{code:[^/]+}",
        "/setup/{token}",
        "/signin/{token}",
    }


# --- signing in -------------------------------------------------------------------------------------------------------


async def test_the_first_start_gives_a_link_that_makes_the_first_user(browser, site):
    link = await signin.setup_link(site.ledger, site.world, "")
    assert "Prima configurazione" in await (await browser.get(link)).text()

    answer = await browser.post(link, name="anna.bianchi", password=PASSWORD, again=PASSWORD)

    assert "anna.bianchi" in await answer.text()
    assert await signin.setup_link(site.ledger, site.world, "") is None
    await browser.post("/logout")
    assert "già stato usato" in await (await browser.get(link)).text()


@pytest.mark.parametrize(
    ("name", "password", "again", "words"),
    [
        ("a", PASSWORD, PASSWORD, "Da 2 a 60 caratteri"),
        ("<script>", PASSWORD, PASSWORD, "Da 2 a 60 caratteri"),
        ("anna", "corta", "corta", "La password deve avere"),
        ("anna", "x" * 129, "x" * 129, "La password deve avere"),
        ("anna", "la password di Anna", "la password di Anna", "contiene il nome"),
        ("anna", PASSWORD, "altra", "sono diverse"),
    ],
)
async def test_a_bad_first_user_is_refused_and_the_link_stays_good(  # noqa: PLR0917 - parameters
    browser, site, name, password, again, words
):
    link = await signin.setup_link(site.ledger, site.world, "")

    answer = await browser.post(link, name=name, password=password, again=again)

    assert answer.status == 422
    assert words in await answer.text()
    assert (await browser.post(link, name="anna", password=PASSWORD, again=PASSWORD)).status == 200


async def test_there_is_no_default_password(browser, site):
    await browser.get(await signin.demo_link(site.ledger, site.world, ""))
    await browser.post("/logout")

    for password in ("", "demo", "admin", "password", "!"):
        answer = await browser.post("/login", name="demo", password=password)
        assert answer.status in {401, 429}


async def test_the_right_password_signs_in_and_a_wrong_one_says_no_more_than_that(browser, site):
    await add(site, "anna", "region")

    wrong = await browser.post("/login", name="anna", password="sbagliata")
    unknown = await browser.post("/login", name="nessuno", password="sbagliata")
    right = await browser.post("/login", name="anna", password=PASSWORD)

    assert (wrong.status, unknown.status, right.status) == (401, 401, 200)
    said = [re.search(r'role="alert">([^<]+)', await answer.text()).group(1) for answer in (wrong, unknown)]
    assert said[0] == said[1]
    assert "Stato dei flussi" in await right.text()


async def test_parallel_guesses_are_counted_before_any_password_is_looked_at(browser, site):
    await add(site, "anna", "region")

    answers = await asyncio.gather(*(browser.post("/login", name="anna", password=f"no{n}") for n in range(30)))

    states = [answer.status for answer in answers]
    assert states.count(401) <= 6
    assert states.count(429) == 30 - states.count(401)


async def test_a_name_that_nobody_has_is_locked_like_any_other(browser, site):
    await add(site, "anna", "region")

    states = {
        name: [(await browser.post("/login", name=name, password="no")).status for _ in range(8)]
        for name in ("anna", "nessuno")
    }

    assert states["anna"] == states["nessuno"]
    assert 429 in states["anna"]


async def test_one_address_cannot_try_one_unknown_name_after_another(browser, site):
    await add(site, "anna", "region")
    states = [(await browser.post("/login", name=f"n{number}", password="no")).status for number in range(25)]

    assert states == [401] * 20 + [429] * 5
    assert (await browser.post("/login", name="anna", password=PASSWORD)).status == 200


async def test_a_locked_name_is_told_when_to_come_back_and_another_name_is_not_locked(browser, site):
    await add(site, "anna", "region")
    await add(site, "eva", "region")
    for _ in range(7):
        locked = await browser.post("/login", name="anna", password="no")

    assert "riprovare oggi alle" in await locked.text()
    assert (await browser.post("/login", name="anna", password=PASSWORD)).status == 429
    assert (await browser.post("/login", name="eva", password=PASSWORD)).status == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_changes_at_each_signing_in(client, site, aiohttp_client):
    secure = await aiohttp_client(make_app(replace(site, settings=WebSettings(secure_cookies=True))))
    cookies = []
    for _ in range(2):
        answer = await secure.get(await signin.demo_link(site.ledger, site.world, ""), allow_redirects=False)
        cookies.append(answer.cookies["__Host-patto"])

    assert cookies[0].value != cookies[1].value
    for cookie in cookies:
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


async def test_signing_out_ends_the_session_in_the_ledger_too(inside, site):
    token = next(cookie.value for cookie in inside.client.session.cookie_jar if cookie.key == "patto_session")

    assert "Sei uscito" in await (await inside.post("/logout")).text()
    assert await site.ledger.read(staff.of_session, token, site.world.milliseconds()) is None


async def test_refreshing_by_itself_does_not_keep_a_session_alive(aiohttp_client, site):
    clock = [site.world.now()]
    moving = replace(site, world=replace(site.world, now=lambda: clock[0]))
    browser = Browser(await aiohttp_client(make_app(moving)))
    await browser.get(await signin.demo_link(site.ledger, moving.world, ""))

    for _ in range(4):
        clock[0] += timedelta(minutes=9)
        polled = await browser.get("/standing")

    assert polled.status == 401
    assert "La sessione è scaduta" in await polled.text()


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": None},
    ],
)
async def test_a_form_of_another_site_is_not_carried_out(inside, site, headers):
    ticket = await inside.ticket()

    answer = await inside.post(f"/jobs/{JOB}/run", headers=headers, ticket=ticket)

    assert answer.status == 403
    assert "non è stata eseguita" in await answer.text()
    assert (await site.ledger.read(job_state.get, JOB)).requested_at is None


@pytest.mark.parametrize("ticket", ["", "x", "x.y", "00" * 16 + "." + "0" * 32])
async def test_a_form_without_a_ticket_of_this_session_is_not_carried_out(inside, site, ticket):
    answer = await inside.post(f"/jobs/{JOB}/run", ticket=ticket)

    assert answer.status == 403
    assert (await site.ledger.read(job_state.get, JOB)).requested_at is None


async def test_a_ticket_of_another_session_is_worth_nothing(inside, site, aiohttp_client):
    ticket = await inside.ticket()
    other = Browser(await aiohttp_client(make_app(site)))
    await other.get(await signin.demo_link(site.ledger, site.world, ""))

    assert (await other.post(f"/jobs/{JOB}/run", ticket=ticket)).status == 403


async def test_F82_a_double_click_asks_for_one_run(inside, site, woken):
    ticket = await inside.ticket()

    first, second = await asyncio.gather(*(inside.post(f"/jobs/{JOB}/run", ticket=ticket) for _ in range(2)))

    texts = sorted([await first.text(), await second.text()], key=lambda text: "già stata richiesta" in text)
    assert "Lettura richiesta: inizia fra pochi secondi" in texts[0]
    assert "già stata richiesta" in texts[1]
    assert [entry.action for entry in await site.ledger.read(audit.newest)].count("job.run_now") == 1
    assert (await site.ledger.read(job_state.get, JOB)).requested_by == "demo"
    assert woken


async def test_a_stream_that_runs_or_is_asked_for_offers_no_second_reading(inside):
    await inside.post(f"/jobs/{JOB}/run", ticket=await inside.ticket())

    text = await (await inside.get("/")).text()

    assert re.search(r'aria-label="Leggi ora: [^"]*" disabled', text)


async def test_a_pause_has_a_reason_and_an_end_and_can_be_ended(inside, site):
    path = f"/jobs/{JOB}"
    await inside.post(
        f"{path}/pause",
        ticket=await inside.ticket(path, "pause"),
        reason="Il <b>partner</b> migra",
        until="2026-03-03T08:00",
        **{"from": "job"},
    )
    text = await (await inside.get(path)).text()

    assert "Sospeso da demo: Il &lt;b&gt;partner&lt;/b&gt; migra" in text
    assert "Riprende domani alle 08:00." in text
    state = await site.ledger.read(job_state.get, JOB)
    assert state.paused_until == 1_772_521_200_000

    await inside.post(f"{path}/resume", ticket=await inside.ticket(path, "resume"))
    assert (await site.ledger.read(job_state.get, JOB)).paused_at is None


@pytest.mark.parametrize(
    ("reason", "until", "words"),
    [
        ("", "", "Scrivi il motivo"),
        ("   ", "", "Scrivi il motivo"),
        ("x" * 201, "", "Scrivi il motivo"),
        ("giusto", "ieri", "La data non è valida"),
        ("giusto", "2026-03-01T08:00", "La data non è valida"),
        ("giusto", "2026-03-03T08:00+01:00", "La data non è valida"),
    ],
)
async def test_a_bad_pause_is_refused_and_what_was_written_is_kept(inside, site, reason, until, words):
    path = f"/jobs/{JOB}"

    answer = await inside.post(
        f"{path}/pause", ticket=await inside.ticket(path, "pause"), reason=reason, until=until, **{"from": "job"}
    )
    text = await answer.text()

    assert answer.status == 422
    assert words in text
    assert f'value="{reason.strip() and reason}"' in text
    assert (await site.ledger.read(job_state.get, JOB)).paused_at is None


@pytest.mark.parametrize(
    ("language", "fault", "said"),
    [
        ("it", "plugin", ["Non configurato", "RuntimeError: guasto", "chi cura l&#39;installazione e i connettori"]),
        ("en", "settings", ["Cannot be used", "base_url is missing", "whoever configures the hub"]),
    ],
)
async def test_F67_a_stream_that_could_not_be_put_together_is_red_alone(aiohttp_client, site, language, fault, said):
    ill = Unusable(job="cpi-foggia/visits", it="RuntimeError: guasto", en="base_url is missing", fault=fault)
    browser = Browser(await aiohttp_client(make_app(replace(site, unusable=[ill]))))
    await browser.get(await signin.demo_link(site.ledger, site.world, ""))

    text = await (await browser.get(f"/?lang={language}")).text()

    rows = re.findall(r'<tr role="row" class="row-(\w+)">(.*?)</tr>', text, re.DOTALL)
    ((look, row),) = [each for each in rows if "cpi-foggia/visits" in each[1]]
    assert look == "bad"
    assert all(words in row for words in said)
    assert [look for look, row in rows if JOB in row] == ["doubt"]  # never read: as without the other
    assert 'count-bad"><span class="count-number">2<' in text
    assert f"/jobs/{ill.job}" not in text


async def test_F44_staff_confirm_a_disappearance_once_with_a_reason(inside, site, woken):
    path = f"/jobs/{JOB}"
    assert "/confirm" not in await (await inside.get(path)).text()
    await site.ledger.write(job_state.hold_vanished, JOB, 7)
    shown = await (await inside.get(path)).text()
    assert "7 record mancano" in shown
    assert "7 record mancano" in await (await inside.get("/")).text()

    ticket = await inside.ticket(path, "confirm")
    without = await inside.post(f"{path}/confirm", ticket=ticket, why="  ", **{"from": "job"})
    done = [await inside.post(f"{path}/confirm", ticket=ticket, why="bando chiuso", **{"from": "job"}) for _ in "ab"]
    state = await site.ledger.read(job_state.get, JOB)
    entries = [each for each in await site.ledger.read(audit.newest) if each.action == "job.confirm_disappearance"]

    assert without.status == 422
    assert "Scrivi il motivo" in await without.text()
    assert ["Sparizione confermata" in await answer.text() for answer in done] == [True, True]
    assert (state.vanish_most, state.requested_by) == (7, "demo")
    assert [(each.actor, json.loads(each.detail)) for each in entries] == [
        ("staff:demo", {"records": 7, "reason": "bando chiuso"})
    ]
    assert "/confirm" not in await (await inside.get(path)).text()
    assert woken


async def test_a_disappearance_that_has_settled_itself_cannot_be_confirmed(inside, site):
    path = f"/jobs/{JOB}"
    await site.ledger.write(job_state.hold_vanished, JOB, 7)
    ticket = await inside.ticket(path, "confirm")
    await site.ledger.write(job_state.hold_vanished, JOB, None)

    answer = await inside.post(f"{path}/confirm", ticket=ticket, why="bando chiuso", **{"from": "job"})

    assert "nulla da confermare" in await answer.text()


# --- what is shown ----------------------------------------------------------------------------------------------------


async def test_quarantine_shows_where_why_and_who_but_never_the_row(inside, site):
    await site.ledger.write(_quarantined)

    text = await (await inside.get(f"/jobs/{JOB}")).text()

    assert "$.items[3]" in text
    assert "chi ha inviato i dati" in text
    assert "RSSMRA80A01D643X" not in text
    assert "gli altri controlli attendono" not in text
    assert text.count("<code>") == 50
    older = re.search(r'href="\?before=(\d+)#quarantine"', text)
    assert text.count("<code>") == 50
    assert (await (await inside.get(f"/jobs/{JOB}?before={older.group(1)}")).text()).count("<code>") == 5


async def test_a_row_that_cannot_be_read_says_that_other_checks_wait(inside, site):
    await site.ledger.write(_quarantined)
    await site.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE quarantine SET code = 'field.word' WHERE row_digest = 54")
    )

    text = await (await inside.get(f"/jobs/{JOB}")).text()

    assert text.count("gli altri controlli attendono") == 1


def _quarantined(connection):
    for number in range(55):
        connection.exec_driver_sql(
            "INSERT INTO quarantine (job, run_id, partner_id, position, row, row_digest, issues, code, owner,"
            " opened_at, last_at) VALUES (?, 1, 1, '$.items[3]', ?, ?, ?, 'row.wrong', 'partner', 0, 0)",
            (JOB, b"RSSMRA80A01D643X", number, '[{"code": "row.wrong", "where": "$.items[3]", "values": {}}]'),
        )


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1e3", "²"])
async def test_a_wrong_page_number_shows_the_first_page(inside, before):
    assert (await inside.get(f"/jobs/{JOB}", params={"before": before})).status == 200


async def test_F36_new_fields_of_a_partner_are_named_on_its_page(inside, site):
    path = f"/jobs/{JOB}"
    before = await (await inside.get(path)).text()
    noted = {("/<b>colore", "added"): 3, ("/pact_id", "missing"): 1}
    await site.ledger.write(drift.note, JOB, noted, 1_772_442_000_000)

    text = await (await inside.get(path)).text()

    assert "Campi nuovi inviati dal partner" not in before
    assert "Campi nuovi inviati dal partner" in text
    assert "<p>/&lt;b&gt;colore, dalle 10:00 di oggi</p>" in text
    assert "/pact_id" not in text


async def test_the_language_switches_and_is_remembered(inside):
    assert "State of the streams" in await (await inside.get("/?lang=en")).text()
    assert '<html lang="en">' in await (await inside.get("/")).text()
    assert "Stato dei flussi" in await (await inside.get("/?lang=it")).text()


async def test_pages_say_what_may_be_loaded_and_are_not_stored(inside):
    answer = await inside.get("/")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    text = await answer.text()
    assert "<style" not in text
    assert " style=" not in text
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r' on[a-z]+="', text)


async def test_without_the_styles_of_npm_the_page_says_so_and_still_works(aiohttp_client, site, tmp_path):
    (tmp_path / "static").mkdir()
    settings = WebSettings(secure_cookies=False, static=tmp_path / "static")
    browser = Browser(await aiohttp_client(make_app(replace(site, settings=settings))))
    text = await (await browser.get(await signin.demo_link(site.ledger, site.world, ""))).text()

    assert "Stile ridotto" in text
    assert "vendor/" not in text
    assert "Leggi ora" in text


async def test_refusals_are_pages_for_people(inside):
    missing = await inside.get("/nothing")
    no_job = await inside.get("/jobs/altro/flusso")

    assert (missing.status, no_job.status) == (404, 404)
    assert "Numero della richiesta" in await missing.text()
    assert "Non c&#39;è un flusso" in await no_job.text()


async def test_one_time_links_and_sessions_are_not_logged(browser, site):
    link = await signin.demo_link(site.ledger, site.world, "")
    with capture_logs() as lines:
        await browser.get(link)
        await browser.get("/")
    token = next(cookie.value for cookie in browser.client.session.cookie_jar if cookie.key == "patto_session")

    assert link.rsplit("/", 1)[1] not in str(lines)
    assert token not in str(lines)
    assert [line["actor"] for line in lines] == ["", "staff:demo", "staff:demo"]
