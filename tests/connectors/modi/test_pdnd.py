"""The voucher client against an authorization server that checks everything and explains nothing."""

import asyncio
import json
from datetime import date, timedelta
from email.utils import format_datetime

import pytest

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.client import Call, open_client
from patto_connectors.http.probe import probe
from patto_connectors.http.settings import Budget, HttpSettings, Pdnd, Repeats
from patto_connectors.modi import FixedKeys, Incoming, Profile, SeenHere, Trust, Vouchers, verify
from patto_connectors.modi.compact import read_compact
from patto_connectors.modi.pdnd import assertion, rest_after
from patto_connectors.modi.selfcheck import refusal
from patto_connectors.rest.settings import RestSettings
from patto_connectors.rest.source import RestSource
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page
from patto_connectors.testing.pdnd import Client, FakePdnd
from patto_schemas.issues import Owner

CLIENT = "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f"
PURPOSE = "0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a"
AUDIENCE = "auth.pdnd.test/client-assertion"
PACTS = Call(path="/pacts")
ONCE = Repeats(attempts=1)


@pytest.fixture
def pdnd(rsa_pair, other_pair, clock):
    registered = Client(CLIENT, (rsa_pair.known("ours"),), frozenset({PURPOSE}))
    return FakePdnd(rsa_pair.signing(kid="pdnd"), [registered], audience=AUDIENCE)


@pytest.fixture
def fake(pdnd):
    partner = FakePartner(seed=7)
    partner.listing("/pacts", lambda _: Page(rows=()))
    pdnd.serve(partner)
    return partner


@pytest.fixture
def auth(rsa_pair):
    """Good settings; changes as arguments."""

    def make(url="https://auth.pdnd.test", **more):
        values = {"client_id": CLIENT, "purpose_id": PURPOSE, "kid": "ours", "key": rsa_pair.private.decode()}
        return Pdnd.model_validate({"token_url": f"{url}/token.oauth2", "audience": AUDIENCE, **values, **more})

    return make


@pytest.fixture
def asking(fake, auth):
    """Ask the fake partner once, or so many times; settings of the voucher as arguments."""

    async def ask(times=1, wait=0.0, clock=None, repeats=ONCE, **more):
        async with fake.running() as url:
            settings = HttpSettings(base_url=url, auth=auth(url, **more), repeats=repeats)
            async with open_client(settings) as client:
                for _ in range(times):
                    answer = await client.ask(PACTS)
                    if clock:
                        await clock.sleep(wait)
                return answer

    return ask


def asked_for(fake, path="/token.oauth2"):
    return [asked for asked in fake.asked if asked.path == path]


async def test_voucher_opens_the_service(asking, fake, pdnd):
    answer = await asking()

    assert answer.status == 200
    assert (pdnd.desk.given, pdnd.refused) == (1, [])
    assert fake.asked[-1].headers["Authorization"].startswith("Bearer eyJ")


async def test_voucher_serves_until_shortly_before_its_end(asking, pdnd, clock):
    await asking(times=12, wait=60.0, clock=clock)

    assert pdnd.desk.given == 2


async def test_short_voucher_is_asked_for_again(asking, fake, pdnd, clock):
    fake.faults.order("pdnd_short", path="/token.oauth2", times=None, option="40")

    await asking(times=3, wait=15.0, clock=clock)

    assert pdnd.desk.given == 3


async def test_F47_refused_voucher_is_renewed_once(asking, pdnd):
    pdnd.desk.uses = 2

    await asking(times=5)

    assert pdnd.desk.given == 3


async def test_F47_voucher_that_is_of_no_use_needs_a_person(asking, fake, pdnd):
    fake.faults.order("pdnd_useless", path="/token.oauth2", times=None)

    with pytest.raises(Refused) as caught:
        await asking(repeats=Repeats())

    assert (caught.value.code, pdnd.desk.given) == ("http.credentials", 2)


async def test_many_callers_share_one_voucher(fake, pdnd, auth):
    async with fake.running() as url:
        settings = HttpSettings(base_url=url, auth=auth(url), budget=Budget(parallel=8))
        async with open_client(settings) as one, open_client(settings) as other:
            await asyncio.gather(*(client.ask(PACTS) for client in (one, other) for _ in range(8)))

    assert pdnd.desk.given == 1


async def test_F83_each_request_for_a_voucher_has_an_assertion_of_its_own(asking, fake, pdnd):
    pdnd.desk.uses = 1

    await asking(times=4)

    assert (pdnd.refused, pdnd.desk.given) == ([], 4)
    assert len({asked.body for asked in asked_for(fake)}) == 4


async def test_rate_limit_without_retry_after_is_obeyed(asking, fake, pdnd, clock):
    fake.faults.order("pdnd_rate", path="/token.oauth2", option="7000")

    await asking(repeats=Repeats())

    assert pdnd.desk.given == 1
    assert sum(clock.slept) == pytest.approx(7.0, abs=1.0)
    assert len(asked_for(fake)) == 2


async def test_long_rest_ends_the_run_and_says_when_to_come_back(asking, fake):
    fake.faults.order("pdnd_rate", path="/token.oauth2", option="120000")

    with pytest.raises(Unreachable) as caught:
        await asking(repeats=Repeats())

    assert caught.value.code == "pdnd.rate"
    assert caught.value.retry_after == pytest.approx(120.0, abs=1.0)


async def test_last_voucher_of_the_window_is_not_followed_by_another_request(asking, fake, pdnd, clock):
    pdnd.desk.uses = 1
    fake.faults.order("pdnd_last", path="/token.oauth2", option="20000")

    await asking(times=2, repeats=Repeats())

    assert len(asked_for(fake)) == 2
    assert sum(clock.slept) == pytest.approx(20.0, abs=1.0)


async def test_rate_and_retry_after_of_the_standard_are_obeyed_too(asking, fake, clock):
    fake.faults.order("rate", path="/token.oauth2", option="9")

    await asking(repeats=Repeats())

    assert sum(clock.slept) == pytest.approx(9.0, abs=1.0)


async def test_pdnd_that_is_down_is_unreachable(asking, fake):
    fake.faults.order("unavailable", path="/token.oauth2", times=None)

    with pytest.raises(Unreachable):
        await asking()


@pytest.mark.parametrize(("fault", "code"), [("pdnd_no_voucher", "oauth.answer"), ("html", "oauth.answer")])
async def test_answer_without_a_voucher_is_malformed(asking, fake, fault, code):
    fake.faults.order(fault, path="/token.oauth2")

    with pytest.raises(Malformed) as caught:
        await asking()

    assert caught.value.code == code


async def test_refusal_without_a_visible_cause_sends_people_to_the_portal(asking, fake):
    fake.faults.order("pdnd_refuses", path="/token.oauth2")

    with pytest.raises(Refused) as caught:
        await asking()

    assert caught.value.code == "pdnd.refused"
    assert "015-0008" in caught.value.detail
    assert "portal" in caught.value.hint


@pytest.mark.parametrize(("ahead", "side"), [("95", "behind"), ("-95", "ahead of")])
async def test_refusal_by_another_clock_names_the_clock(asking, fake, ahead, side):
    fake.faults.order("pdnd_clock", path="/token.oauth2", option=ahead)

    with pytest.raises(Refused) as caught:
        await asking()

    assert caught.value.code == "pdnd.clock"
    assert f"95 s {side}" in caught.value.detail


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": "patto-red"}, "pdnd.client"),
        ({"purpose_id": "ReD 3.0"}, "pdnd.purpose"),
        ({"kid": ""}, "pdnd.kid"),
        ({"key_until": date(2026, 3, 1)}, "pdnd.key_expired"),
        ({"key": "-----BEGIN CANARY-----"}, "pdnd.key_file"),
    ],
)
async def test_what_can_be_seen_from_here_is_told_before_anybody_is_asked(asking, fake, wrong, code):
    with pytest.raises(Refused) as caught:
        await asking(**wrong)

    assert caught.value.code == code
    assert fake.asked == []
    assert "CANARY" not in str(caught.value) + caught.value.hint


async def test_check_names_the_cause_and_who_can_fix_it(fake, auth, other_pair, ec_pair):
    stages = {}
    for name, wrong in (("pair", {"registered_key": ec_pair.public.decode()}), ("good", {})):
        async with fake.running() as url:
            http = HttpSettings(base_url=url, auth=auth(url, **wrong), repeats=ONCE)
            source = RestSource(RestSettings(http=http, path="pacts"))
            stages[name] = [stage async for stage in probe(source)]

    assert [(stage.name, stage.good) for stage in stages["good"]][:3] == [("dns", True), ("tls", True), ("auth", True)]
    last = stages["pair"][-1]
    assert (last.name, last.code, last.owner) == ("auth", "pdnd.key_pair", Owner.ENGINEER)
    assert "chiave" in last.it
    assert len(asked_for(fake)) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "names"),
    [
        ({"kid": "A" * 43}, "pdnd.kid_pair", "AAAA"),
        ({"client_id": "11111111-3c54-4a6b-9d0e-5b8a1c2d3e4f"}, "pdnd.refused", "11111111"),
        ({"purpose_id": "11111111-8e1f-4b7a-a2c9-6f5e4d3c2b1a"}, "pdnd.refused", "11111111"),
        ({"client_id": "patto"}, "pdnd.client", "patto"),
    ],
)
async def test_check_shows_what_pdnd_was_asked_with(fake, auth, wrong, code, names):
    async with fake.running() as url:
        http = HttpSettings(base_url=url, auth=auth(url, **wrong), repeats=ONCE)
        stages = [stage async for stage in probe(RestSource(RestSettings(http=http, path="pacts")))]

    assert (stages[-1].name, stages[-1].code) == ("auth", code)
    assert any(names in value for _, value in stages[-1].seen)
    assert [name for name, _ in stages[-1].seen][:5] == ["token_url", "client_id", "purpose_id", "audience", "kid"]


async def test_a_pdnd_that_is_busy_holds_up_and_harms_no_bare_post(fake, auth, clock):
    fake.taking("/in")
    fake.faults.order("unavailable", path="/token.oauth2", times=2)
    async with fake.running() as url:
        settings = HttpSettings(base_url=url, auth=auth(url), repeats=Repeats())
        async with open_client(settings) as client:
            answer = await client.ask(Call(method="POST", path="/in", body=b"{}", harmless=False))

    assert (answer.status, len(asked_for(fake, "/in"))) == (200, 1)


async def test_check_sees_a_wrong_clock_before_a_voucher_is_asked_for(fake, auth):
    fake.faults.order("pdnd_clock", path="/token.oauth2", option="95")
    async with fake.running() as url:
        http = HttpSettings(base_url=url, auth=auth(url), repeats=ONCE)
        stages = [stage async for stage in probe(RestSource(RestSettings(http=http, path="pacts")))]

    assert [(stage.name, stage.good) for stage in stages] == [("dns", True), ("tls", True), ("auth", False)]
    assert (stages[-1].code, asked_for(fake)) == ("pdnd.clock", [])


async def test_check_of_a_pdnd_that_is_down_says_that_it_is_down(fake, auth, unused_tcp_port):
    async with fake.running() as url:
        closed = f"http://127.0.0.1:{unused_tcp_port}"
        http = HttpSettings(base_url=url, auth=auth(closed), repeats=ONCE)
        stages = [stage async for stage in probe(RestSource(RestSettings(http=http, path="pacts")))]

    assert (stages[-1].name, stages[-1].code, stages[-1].later) == ("auth", "pdnd.down", True)


async def test_voucher_is_one_that_the_hub_itself_would_take(asking, fake, pdnd, rsa_pair, clock):
    await asking()
    vouchers = Vouchers(
        keys=FixedKeys((rsa_pair.known("pdnd"),)), issuer=pdnd.issuer, audience=frozenset({pdnd.service})
    )
    trust = Trust(
        keys=(),
        profiles=frozenset({Profile.ID_AUTH_REST_01}),
        audience=frozenset({pdnd.service}),
        seen=SeenHere(),
        issuer=CLIENT,
        vouchers=vouchers,
    )

    verified = await verify(Incoming(headers=tuple(fake.asked[-1].headers.items()), method="GET"), trust)

    assert (verified.client_id, verified.purpose) == (CLIENT, PURPOSE)


def test_assertion_holds_what_pdnd_asks_for(auth, clock):
    written = assertion(auth(life=30), clock.world(), digest="a" * 64)
    token = read_compact(written, frozenset({"RS256"}))
    claims = json.loads(token.payload)

    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "ours"}
    assert claims.keys() == {"iss", "sub", "aud", "purposeId", "jti", "iat", "exp", "digest"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, AUDIENCE)
    assert claims["exp"] - claims["iat"] == 30
    assert claims["digest"] == {"alg": "SHA256", "value": "a" * 64}


def test_secrets_do_not_show(auth):
    assert "PRIVATE" not in repr(auth()) + auth().model_dump_json()


@pytest.mark.parametrize(
    ("headers", "rest"),
    [
        ({}, 1.0),
        ({"X-Rate-Limit-Interval": "2500"}, 2.5),
        ({"X-RateLimit-Interval": "2500"}, 2.5),
        ({"X-Rate-Limit-Interval": "soon"}, 1.0),
        ({"X-Rate-Limit-Interval": "9" * 400}, 60.0),
        ({"X-Rate-Limit-Interval": "2500", "Retry-After": "4"}, 4.0),
    ],
)
def test_rest_after_too_many_requests(clock, headers, rest):
    assert rest_after(429, headers, clock.world().now(), 60.0) == rest


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "(401)"),
        (b"<html>", "(401)"),
        (b'{"errors":{"code":"x"}}', "(401)"),
        (b'{"errors":[{"code":"015-0008"},{"detail":"x"},7]}', "(401, 015-0008)"),
        (b'{"errors":[{"code":"RSSMRA80A01H501U"}]}', "(401, ***)"),
    ],
)
def test_refusal_shows_codes_and_nothing_else(clock, auth, content, told):
    now = clock.world().now()
    near = format_datetime(now + timedelta(seconds=20), usegmt=True)
    for day in (near, "", "yesterday"):
        trouble = refusal(auth(), 401, {"Date": day}, content, now)

        assert trouble.code == "pdnd.refused"
        assert trouble.detail.endswith(told)
