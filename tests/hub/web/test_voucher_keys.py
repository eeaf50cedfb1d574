"""PDND changes its keys while the hub runs: nobody is shut out, nobody waits for it, nobody can make it hurry."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs

from patto_connectors.modi.jws import write_token
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pairs import pair_of
from patto_connectors.testing.pdnd import JWKS, FakePdnd
from patto_hub.web.site import BASE
from patto_hub.web.voucher_keys import EVERY_S, PAUSE_S, SOON_S

FEED = f"{BASE}/feeds/pacts/changes"
CLIENT = "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f"
SERVICE = "https://hub.example/pdnd/patto"


@pytest.fixture(scope="module")
def raw_pdnd():
    return {name: rsa.generate_private_key(65537, 2048) for name in ("first", "second")}


@pytest.fixture
def signing_keys(raw_pdnd, now):
    return {name: pair_of(raw, now.now()).signing(kid=name) for name, raw in raw_pdnd.items()}


@pytest.fixture
def pdnd(signing_keys):
    return FakePdnd(signing_keys["first"], [], issuer="pdnd.test", service=SERVICE)


@pytest.fixture
async def published(pdnd):
    """PDND, up and published: its fake partner and the address of its keys."""
    partner = FakePartner()
    pdnd.publish(partner)
    async with partner.running() as url:
        yield partner, f"{url}{JWKS}"


@pytest.fixture
def settings_of(signing, tmp_path):
    (tmp_path / "data").mkdir()

    def made(address, more=""):
        pdnd = f'[web.pdnd]\nkeys_url = "{address}"\nissuer = "pdnd.test"\naudience = "{SERVICE}"\n{more}\n'
        hub = f'[hub]\ndata_dir = "data"\n{pdnd}'
        return hub + signing(f'[partners.ente.access.modi]\nvoucher = true\nissuer = "{CLIENT}"')

    return made


@pytest.fixture
def voucher(now, signing_keys):
    """Give the header of a voucher that one of PDND's keys signed."""

    def made(key="first", **changes):
        at = int(now.now().timestamp())
        claims = {"iss": "pdnd.test", "aud": SERVICE, "sub": CLIENT, "client_id": CLIENT, "purposeId": "p-1"}
        written = write_token(
            {**claims, "iat": at, "nbf": at, "exp": at + 600, "jti": "v", **changes}, signing_keys[key], kind="at+jwt"
        )
        return {"Authorization": f"Bearer {written}"}

    return made


@pytest.fixture
def cause_of():
    async def told(client, headers):
        async with client.get(FEED, headers=headers) as answer:
            body = await answer.json(content_type=None)
            return answer.status, body.get("cause", body.get("code", ""))

    return told


async def test_a_hub_that_has_read_nothing_yet_reads_at_the_first_voucher(
    client_of, settings_of, published, voucher, cause_of
):
    client = await client_of(settings_of(published[1]))

    assert (await cause_of(client, voucher()))[0] == 200


async def test_a_key_that_pdnd_has_begun_to_use_opens_at_once_and_one_that_it_took_back_does_not(  # noqa: PLR0917 - fixtures
    site_of, client_at, settings_of, published, pdnd, voucher, cause_of, signing_keys, clock
):
    site, _ = site_of(settings_of(published[1]))
    client = await client_at(site)
    before = [await cause_of(client, voucher("first"))]
    clock.move(minutes=5)

    pdnd.rotate(signing_keys["second"], keep=False)
    rotated = await cause_of(client, voucher("second"))
    old = await cause_of(client, voucher("first"))

    assert before == [(200, "")]
    assert rotated == (200, "")
    assert old == (401, "pdnd.voucher_key")
    assert pdnd.readings == 2


async def test_a_stranger_who_names_keys_that_are_not_there_does_not_make_the_hub_ask_again_and_again(  # noqa: PLR0917 - fixtures
    client_of, settings_of, published, pdnd, voucher, cause_of, signing_keys, clock
):
    client = await client_of(settings_of(published[1]))
    await cause_of(client, voucher("first"))
    clock.move(seconds=PAUSE_S + 1)

    said = [await cause_of(client, voucher("second")) for _ in range(20)]
    together = await asyncio.gather(*(cause_of(client, voucher("second")) for _ in range(20)))
    own = await cause_of(client, voucher("first"))

    assert {*said, *together} == {(401, "pdnd.voucher_key")}
    assert own == (200, "")
    assert pdnd.readings == 2


async def test_many_who_name_a_new_key_at_once_wait_for_one_reading(  # noqa: PLR0917 - fixtures
    client_of, settings_of, published, pdnd, voucher, cause_of, signing_keys, clock
):
    client = await client_of(settings_of(published[1]))
    await cause_of(client, voucher("first"))
    clock.move(seconds=PAUSE_S + 1)
    pdnd.rotate(signing_keys["second"])

    said = await asyncio.gather(*(cause_of(client, voucher(key)) for key in ("second", "first") * 10))

    assert {*said} == {(200, "")}
    assert pdnd.readings == 2


async def test_requests_of_others_do_not_wait_for_a_reading(site_of, client_at, settings_of, published, voucher):
    site, _ = site_of(settings_of(published[1]))
    client = await client_at(site)
    assert (await client.get(FEED, headers=voucher("first"))).status == 200
    held, begun = asyncio.Event(), asyncio.Event()

    async def never():
        begun.set()
        await held.wait()
        return b""

    keys = site.admission.voucher_keys
    keys.read, keys._not_before = never, 0.0
    waiting = asyncio.ensure_future(client.get(FEED, headers=voucher("second")))
    await begun.wait()
    meanwhile = (await client.get(FEED, headers=voucher("first"))).status
    held.set()

    assert meanwhile == 200
    assert (await waiting).status == 401


@pytest.mark.parametrize("fault", ["pdnd_keys_down", "pdnd_keys_broken"])
async def test_the_keys_of_before_hold_while_pdnd_cannot_be_read_and_not_for_ever(  # noqa: PLR0917 - fixtures
    site_of, client_at, settings_of, published, voucher, cause_of, clock, fault
):
    partner, address = published
    site, _ = site_of(settings_of(address, 'keys_for = "2h"'))
    client, keys = await client_at(site), site.admission.voucher_keys
    await keys.look_again()
    partner.faults.order(fault, path=JWKS, times=None)

    with capture_logs() as logs:
        for minutes in (30, 60):
            clock.move(minutes=minutes)
            await keys.look_again()
        held = await cause_of(client, voucher("first"))
        clock.move(minutes=31)
        await keys.look_again()
        ended, until = await cause_of(client, voucher("first")), keys.until
        partner.faults.clear()
        clock.move(minutes=1)
        again = await cause_of(client, voucher("first"))

    assert (held, again) == ((200, ""), (200, ""))
    assert until < site.world.now()  # the calendar says since when none is believed
    assert ended == (503, "not-ready")
    assert [line["event"] for line in logs if line["event"].startswith("pdnd_keys")] == [
        "pdnd_keys.unread",
        "pdnd_keys.too_old",
        "pdnd_keys.read_again",
    ]
    assert keys.until > until


async def test_an_answer_that_cannot_be_judged_now_says_when_to_come_back_and_whose_matter_it_is(
    client_of, settings_of, published, voucher
):
    partner, address = published
    partner.faults.order("pdnd_keys_down", path=JWKS, times=None)
    client = await client_of(settings_of(address))

    answer = await client.get(FEED, headers=voucher())
    body = await answer.json(content_type=None)

    assert (answer.status, answer.headers["Retry-After"], body["retry"]) == (503, "60", True)
    assert (body["who_can_fix"], "PDND" in body["detail"]) == ("engineer", True)


async def test_they_are_read_in_time_and_sooner_after_a_failure(site_of, settings_of, published, pdnd, now):
    partner, address = published
    site, _ = site_of(settings_of(address))
    keys, slept = site.admission.voucher_keys, []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 1:
            partner.faults.order("pdnd_keys_down", path=JWKS)
        if len(slept) == 3:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    token = WORLD.set(replace(now, sleep=sleep))
    with pytest.raises(asyncio.CancelledError):
        await keys.stay_fresh()
    WORLD.reset(token)

    assert slept == [EVERY_S, SOON_S, EVERY_S]
    assert pdnd.readings == 3


async def test_a_start_while_pdnd_is_down_goes_by_what_was_read_last(  # noqa: PLR0917 - fixtures
    site_of, client_at, settings_of, published, voucher, cause_of, clock
):
    partner, address = published
    settings = settings_of(address)
    first, _ = site_of(settings)
    await first.admission.voucher_keys.look_again()
    partner.faults.order("pdnd_keys_down", path=JWKS, times=None)
    clock.move(hours=3)

    client = await client_at(site_of(settings)[0])
    soon = await cause_of(client, voucher())
    clock.move(hours=22)
    late = await cause_of(client, voucher())

    assert (soon, late[0]) == ((200, ""), 503)


async def test_a_copy_of_another_environment_or_a_broken_one_is_not_believed(site_of, settings_of, published, tmp_path):
    first, _ = site_of(settings_of(published[1]))
    await first.admission.voucher_keys.look_again()
    copy = tmp_path / "data/pdnd-keys.json"

    other, _ = site_of(settings_of("https://uat.pdnd.example/keys"))
    same, _ = site_of(settings_of(published[1]))
    copy.write_text(json.dumps({**json.loads(copy.read_text()), "read_at": "yesterday"}))
    broken, _ = site_of(settings_of(published[1]))

    assert [len(site.admission.voucher_keys.known) for site in (same, other, broken)] == [1, 0, 0]


async def test_a_file_of_keys_is_read_again_too(  # noqa: PLR0917 - fixtures
    site_of, client_at, signing, voucher, cause_of, raw_pdnd, clock, tmp_path
):
    def content(*names):
        return json.dumps({"keys": [pair_of(raw_pdnd[name], clock.made().now()).jwk(name) for name in names]}).encode()

    web = f'[web.pdnd]\nkeys = "pdnd.json"\nissuer = "pdnd.test"\naudience = "{SERVICE}"\n'
    settings = web + signing(f'[partners.ente.access.modi]\nvoucher = true\nissuer = "{CLIENT}"')
    client = await client_at(site_of(settings, {"pdnd.json": content("first")})[0])
    before = await cause_of(client, voucher("second"))
    clock.move(days=40)
    (tmp_path / "pdnd.json").write_bytes(content("first", "second"))

    assert before == (401, "pdnd.voucher_key")
    assert [await cause_of(client, voucher(key)) for key in ("first", "second")] == [(200, ""), (200, "")]


def test_what_is_believed_ends_when_it_says(site_of, settings_of, now):
    site, _ = site_of(settings_of("https://pdnd.example/keys", 'keys_for = "7d"'))
    keys = site.admission.voucher_keys

    assert keys.until is None
    keys.read_at = now.now()
    assert keys.until == now.now() + timedelta(days=7)
