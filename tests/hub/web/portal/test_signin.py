from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from patto_hub.ledger import audit, keys, portal_sessions
from patto_hub.web import signin
from patto_hub.web.admission import Admission, Credentials
from patto_hub.web.portal.pages import PAGES
from patto_hub.web.portal.visits import cookie_name

CLOSED = [page for page in PAGES if not page.open]


def expand(path):
    return re.sub(r"\{(\w+)[^}]*\}", "x", path)


def later(site, world, **by):
    object.__setattr__(site, "world", replace(world, now=lambda: world.now() + timedelta(**by)))


async def signed_in(browser):
    return 'action="/portal/logout"' in await browser.text("/portal")


@pytest.mark.parametrize("page", CLOSED, ids=lambda page: f"{page.method} {page.path}")
async def test_strangers_are_led_to_the_sign_in_form(browser, page):
    ask = browser.get if page.method == "GET" else browser.post
    answer = await ask(expand(page.path))

    assert answer.url.path == "/portal/login"
    assert "Chiave di accesso" in await answer.text()


async def test_a_live_key_opens_the_portal_and_stands_in_no_address_and_no_log(browser, new_key, site):
    key, text = new_key()
    with capture_logs() as logs:
        answer = await browser.post("/portal/login", key=f" {text}\n")

    assert str(answer.url.path) == "/portal"
    secret = text.rpartition("_")[2]
    assert secret not in str(answer.url) + str(answer.history) + repr(logs) + await answer.text()
    (entry,) = [each for each in await site.ledger.read(audit.newest) if each.action == "portal.sign_in"]
    assert (entry.actor, entry.subject) == ("partner:ambito-fg1", f"key/{key.prefix}")


async def test_wrong_expired_and_revoked_keys_are_told_the_same(browser, new_key, site, world):
    now = world.milliseconds()
    expired = new_key(expires_at=now)[1]
    revoked, revoked_text = new_key()
    await site.ledger.write(keys.revoke, revoked.prefix, now)

    said = set()
    for text in ("patto_abc_def", "", "x" * 300, "chiave è", expired, revoked_text):
        answer = await browser.post("/portal/login", key=text)
        assert answer.status == 401
        said.add(re.search(r'role="alert">([^<]+)', await answer.text()).group(1))
    assert len(said) == 1


async def test_guessing_is_slowed_down_by_address_before_any_key_is_looked_at(browser, new_key):
    text = new_key()[1]
    answers = [(await browser.post("/portal/login", key="patto_a_b")).status for _ in range(21)]

    assert answers == [401] * 20 + [429]
    refused = await browser.post("/portal/login", key=text)
    assert refused.status == 429
    assert "Troppi tentativi" in await refused.text()


async def test_the_cookie_is_the_sites_own_and_no_script_nor_other_site_gets_it(browser, new_key, site):
    object.__setattr__(site, "settings", replace(site.settings, secure_cookies=True))
    sent = {"Origin": browser.address, "Sec-Fetch-Site": "same-origin"}
    answer = await browser.client.post("/portal/login", data={"key": new_key()[1]}, headers=sent, allow_redirects=False)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-patto-portal=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


async def test_the_ledger_keeps_no_token_that_could_be_used(inside, site):
    token = inside.client.session.cookie_jar.filter_cookies(inside.client.make_url("/"))["patto_portal"].value
    (kept,) = await site.ledger.read(lambda c: [row[0] for row in c.exec_driver_sql("SELECT hash FROM portal_session")])

    assert token.encode() not in kept
    assert len(kept) == 32


@pytest.mark.parametrize(("minutes", "still"), [(29, True), (30, False)])
async def test_a_session_ends_after_half_an_hour_of_rest(inside, site, world, minutes, still):
    later(site, world, minutes=minutes)

    assert await signed_in(inside) is still


async def test_a_session_ends_after_eight_hours_however_busy(inside, site, world):
    for minutes in range(20, 480, 20):
        later(site, world, minutes=minutes)
        assert await signed_in(inside)

    later(site, world, minutes=480)
    assert not await signed_in(inside)


async def test_a_session_ends_with_its_key(inside, site, world):
    (key,) = await site.ledger.read(keys.of_partner, "ambito-fg1")
    await site.ledger.write(keys.revoke, key.prefix, world.milliseconds())

    answer = await inside.get("/portal/receipts")
    assert "La sessione è scaduta" in await answer.text()


async def test_a_session_ends_when_its_key_expires(browser, new_key, site, world):
    await browser.post("/portal/login", key=new_key(expires_at=world.milliseconds() + 60_000)[1])
    assert await signed_in(browser)

    later(site, world, minutes=1)
    assert not await signed_in(browser)


async def test_signing_out_ends_the_session_in_the_ledger_too(inside, site):
    await inside.post("/portal/logout")

    assert await site.ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM portal_session").scalar()) == 0
    assert not await signed_in(inside)


async def test_signing_in_again_ends_the_session_before_and_takes_no_token_from_outside(inside, new_key, site):
    jar = inside.client.session.cookie_jar
    before = jar.filter_cookies(inside.client.make_url("/"))["patto_portal"].value
    await inside.post("/portal/login", key=new_key()[1])

    after = jar.filter_cookies(inside.client.make_url("/"))["patto_portal"].value
    assert before != after
    assert await site.ledger.read(portal_sessions.key_of, before, site.world.milliseconds()) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://altrove.example", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": None},
    ],
)
async def test_a_form_of_another_site_does_nothing(inside, site, headers):
    answer = await inside.post("/portal/logout", headers=headers)

    assert answer.status == 403
    assert await signed_in(inside)


@pytest.mark.parametrize("page", [each for each in CLOSED if each.method == "POST"], ids=lambda page: page.path)
async def test_a_form_without_our_ticket_does_nothing(inside, site, page):
    before = await site.ledger.read(_count_audit)
    answer = await inside.post(expand(page.path), ticket="x.y", sure="yes")

    assert answer.status == 403
    assert "troppo a lungo" in await answer.text()
    assert await site.ledger.read(_count_audit) == before


async def test_a_ticket_of_one_session_is_none_in_another(inside, browsers, new_key):
    other = await browsers()
    await other.post("/portal/login", key=new_key("cpi-foggia")[1])

    answer = await inside.post("/portal/keys/rotate", ticket=await other.ticket("/portal/keys"))
    assert answer.status == 403


async def test_the_two_kinds_of_session_open_nothing_of_each_other(browsers, new_key, site):
    partner, staff = await browsers(), await browsers()
    await partner.post("/portal/login", key=new_key()[1])
    await staff.get(await signin.demo_link(site.ledger, site.world, ""))

    assert (await partner.get("/")).url.path == "/login"
    assert (await partner.get("/jobs/ambito-fg1/visits")).url.path == "/login"
    assert (await staff.get("/portal")).url.path == "/portal/login"
    assert "Stato dei flussi" in await staff.text("/")


async def test_a_token_of_one_kind_under_the_cookie_of_the_other_is_nobodys(browsers, new_key, site):
    partner = await browsers()
    await partner.post("/portal/login", key=new_key()[1])
    jar, address = partner.client.session.cookie_jar, partner.client.make_url("/")
    token = jar.filter_cookies(address)[cookie_name(site)].value

    jar.clear()
    jar.update_cookies({"patto_session": token}, address)
    assert (await partner.get("/")).url.path == "/login"


@pytest.mark.parametrize("how", [{"closed": ("chiuso", "closed")}, {"certificates": frozenset({"sha256:" + "0" * 64})}])
async def test_a_partner_of_whom_more_is_asked_does_not_come_in_by_its_key_alone(browser, new_key, site, how):
    credentials = Credentials(partner="ambito-fg1", **how)
    object.__setattr__(site, "admission", Admission(partners={"ambito-fg1": credentials}))

    answer = await browser.post("/portal/login", key=new_key()[1])

    assert answer.status in {401, 403}
    assert not await signed_in(browser)


async def test_pages_let_nothing_in_from_elsewhere_and_are_not_kept(inside):
    answer = await inside.get("/portal")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in await answer.text()


async def test_an_address_of_the_portal_that_is_none_says_so_in_the_portal(inside):
    answer = await inside.get("/portal/altro")

    assert answer.status == 404
    assert 'href="/portal"' in await answer.text()


async def test_a_partner_that_asks_too_often_waits_and_no_other_does(inside, browsers, new_key, site):
    other = await browsers()
    await other.post("/portal/login", key=new_key("cpi-foggia")[1])
    site.rates.buckets["portal:ambito-fg1"] = (0.0, site.world.monotonic())

    answer = await inside.get("/portal")

    assert answer.status == HTTPStatus.TOO_MANY_REQUESTS
    assert 'href="/portal"' in await answer.text()
    assert (await other.get("/portal")).status == HTTPStatus.OK


def _count_audit(connection):
    return connection.exec_driver_sql("SELECT count(*) FROM audit").scalar()
