import asyncio
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.client import Call, open_client
from patto_connectors.http.settings import (
    ApiKey,
    Basic,
    Bearer,
    Budget,
    Caps,
    ClientCredentials,
    HttpSettings,
    QuietHours,
    Repeats,
    Timeouts,
)
from patto_connectors.testing.pages import Page

ONCE = Repeats(attempts=1)
BODY = Page(rows=[b'{"n":1}']).render()
PACTS = Call(path="pacts")
BACKOFF = (0.25, 0.5)


@pytest.fixture(autouse=True)
def listing(fake):
    fake.listing("/pacts", lambda _: BODY)


async def test_answer_is_read_whole(calling):
    async with calling() as client:
        answer = await client.ask(PACTS)

    assert answer.body == BODY
    assert answer.delimited


@pytest.mark.parametrize(
    ("fault", "code"),
    [("disconnect", "http.disconnected"), ("unavailable", "http.status"), ("truncated", "http.truncated")],
)
async def test_F20_trouble_that_passes_is_repeated_with_growing_jittered_waits(calling, fake, clock, fault, code):
    fake.faults.order(fault, times=None)

    async with calling(repeats=Repeats(attempts=4, first=1.0)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == code
    assert len(fake.asked) in (4, 8)  # aiohttp asks again at once by itself when a connection was closed under a GET
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(clock.slept)] == [True] * 3
    assert len({wait / 2**n for n, wait in enumerate(clock.slept)}) == 3


async def test_F20_refused_connection_is_unreachable(clock, unused_tcp_port):
    async with open_client(HttpSettings(base_url=f"http://127.0.0.1:{unused_tcp_port}", repeats=ONCE)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "tcp"


async def test_F20_unknown_name_is_told_as_dns(clock, monkeypatch):
    async def fails(*_, **__):
        raise OSError("no such name")

    async with open_client(HttpSettings(base_url="http://nowhere.invalid", repeats=ONCE)) as client:
        monkeypatch.setattr(client.session.connector._resolver, "resolve", fails)
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "dns"
    assert "nowhere.invalid" in caught.value.detail


async def test_recovers_after_trouble_has_passed(calling, fake):
    fake.faults.order("unavailable", times=2)

    async with calling() as client:
        answer = await client.ask(PACTS)

    assert answer.body == BODY
    assert len(fake.asked) == 3


async def test_post_that_may_have_arrived_is_not_repeated(calling, fake):
    fake.taking("/results")
    fake.faults.order("disconnect")

    async with calling() as client:
        with pytest.raises(Unreachable):
            await client.ask(Call(method="POST", path="results", body=b"{}", harmless=False))

    assert len(fake.asked) == 1


async def test_F21_hanging_in_mid_body_ends_by_the_read_timeout(calling, fake):
    fake.faults.order("hang")

    async with calling(timeouts=Timeouts(read=0.05), repeats=ONCE) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.timeout"


async def test_F21_total_deadline_holds_even_if_bytes_keep_coming(calling, fake):
    fake.faults.order("endless")

    async with calling(timeouts=Timeouts(total=0.1), caps=Caps(decoded=2**40), repeats=ONCE) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.timeout"


async def test_F22_slow_loris_ends_by_the_minimum_rate(calling, fake, clock):
    fake.listing("/long", lambda _: b"[" + b"1," * 500 + b"1]")
    fake.faults.order("loris", path="/long", option="10")

    async with calling(timeouts=Timeouts(rate=1024, rate_window=60), repeats=ONCE) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(Call(path="long"))

    assert caught.value.code == "http.too_slow"
    assert clock.passed < 3_600


async def test_F23_truncation_before_the_announced_length_is_seen(calling, fake):
    fake.faults.order("truncated")

    async with calling(repeats=ONCE) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.truncated"


async def test_F26_gzip_bomb_is_cut_at_the_ratio(calling, fake):
    fake.faults.order("gzip_bomb")

    async with calling(repeats=ONCE) as client:
        with pytest.raises(Malformed) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.ratio"


async def test_F26_gzip_bomb_is_cut_at_the_cap(calling, fake):
    fake.faults.order("gzip_bomb")

    async with calling(repeats=ONCE, caps=Caps(decoded=100_000)) as client:
        with pytest.raises(Malformed) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.too_large"


async def test_F27_endless_body_is_cut_at_the_cap(calling, fake):
    fake.faults.order("endless")

    async with calling(repeats=ONCE, caps=Caps(decoded=1_000_000)) as client:
        with pytest.raises(Malformed) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.too_large"


@pytest.mark.parametrize(("fault", "code"), [("malformed", "http.malformed"), ("header_bomb", "http.malformed")])
async def test_F28_malformed_http_is_told_as_that(calling, fake, fault, code):
    fake.faults.order(fault)

    async with calling(repeats=ONCE) as client:
        with pytest.raises(Malformed) as caught:
            await client.ask(PACTS)

    assert caught.value.code == code


async def test_F28_redirect_is_refused_and_names_the_new_host_only(calling, fake):
    fake.faults.order("redirect", option="http://inside.test/secret?cf=RSSMRA80A01H501U")

    async with calling() as client:
        with pytest.raises(Refused) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.redirect"
    assert "inside.test" in caught.value.detail
    assert "secret" not in caught.value.detail
    assert len(fake.asked) == 1


async def test_link_to_another_host_is_not_followed(calling, fake):
    async with calling(auth=Bearer(token="canary")) as client:
        with pytest.raises(Refused) as caught:
            await client.ask(Call(path="http://inside.test/pacts"))

    assert caught.value.code == "http.elsewhere"
    assert fake.asked == []


def _http_date(clock, seconds):
    return format_datetime(clock.start + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("text", "waits"),
    [("7", (7, 7)), ("0", BACKOFF), ("-5", BACKOFF), ("soon", BACKOFF), ("date", (30, 30)), ("past", BACKOFF)],
)
async def test_F45_retry_after_is_obeyed(calling, fake, clock, text, waits):
    option = {"date": _http_date(clock, 30), "past": _http_date(clock, -30)}.get(text, text)
    fake.faults.order("rate", option=option)

    async with calling() as client:
        await client.ask(PACTS)

    assert waits[0] <= clock.slept[0] <= waits[1]


@pytest.mark.parametrize(("text", "wait"), [("315360000", 21_600), ("3600", 3_600), ("inf", None), ("nan", None)])
async def test_F45_long_wait_frees_the_place_and_is_capped(calling, fake, clock, text, wait):
    fake.faults.order("rate", times=None, option=text)

    async with calling() as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.rate"
    assert caught.value.retry_after == wait
    assert clock.passed < 60


async def test_F46_storm_ends_after_few_requests(calling, fake):
    fake.faults.order("error", times=None)

    async with calling(repeats=Repeats(attempts=3)) as client:
        with pytest.raises(Unreachable):
            await client.ask(PACTS)

    assert len(fake.asked) == 3


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (ApiKey(header="X-Chiave", key="canary"), "X-Chiave", "canary"),
        (Basic(user="u", password="canary"), "Authorization", "Basic dTpjYW5hcnk="),
        (Bearer(token="canary"), "Authorization", "Bearer canary"),
    ],
)
async def test_credentials_travel_in_their_header(calling, fake, auth, header, value):
    async with calling(auth=auth) as client:
        await client.ask(PACTS)

    assert fake.asked[0].headers[header] == value
    assert "canary" not in repr(client)


async def test_F47_worn_token_is_renewed_once_and_the_page_repeated(calling, fake):
    desk = fake.tokens("/token", uses=3)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
        async with open_client(HttpSettings(base_url=url, auth=auth)) as client:
            answers = [await client.ask(PACTS) for _ in range(7)]

    assert [answer.body for answer in answers] == [BODY] * 7
    assert desk.given == 3


async def test_F47_many_callers_share_one_refresh(fake, clock):
    desk = fake.tokens("/token", uses=1_000)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary", send="body")
        settings = HttpSettings(base_url=url, auth=auth, budget=Budget(parallel=8))
        async with open_client(settings) as one, open_client(settings) as other:
            await asyncio.gather(*(client.ask(PACTS) for client in (one, other) for _ in range(8)))
            desk.left.clear()
            await asyncio.gather(*(client.ask(PACTS) for client in (one, other) for _ in range(8)))

    assert desk.given == 2


async def test_F47_token_address_that_is_down_is_unreachable(fake, clock):
    fake.tokens("/token", uses=3)
    fake.faults.order("unavailable", path="/token", times=None)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
        async with open_client(HttpSettings(base_url=url, auth=auth, repeats=ONCE)) as client:
            with pytest.raises(Unreachable):
                await client.ask(PACTS)


async def test_F47_refused_credentials_need_a_person(fake, clock):
    fake.tokens("/token", uses=3)
    fake.faults.order("unauthorised", path="/token", times=None)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
        async with open_client(HttpSettings(base_url=url, auth=auth)) as client:
            with pytest.raises(Refused) as caught:
                await client.ask(PACTS)

    assert caught.value.code == "oauth.refused"
    assert "canary" not in repr(caught.value) + str(caught.value) + caught.value.hint


async def test_budget_per_second_spreads_calls(calling, clock):
    async with calling(budget=Budget(per_second=5)) as client:
        for _ in range(11):
            await client.ask(PACTS)

    assert 1.9 <= clock.passed <= 2.2


async def test_used_up_day_ends_the_run_and_says_when_to_come_back(calling, clock):
    async with calling(budget=Budget(per_day=2)) as client:
        await client.ask(PACTS)
        await client.ask(PACTS)
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.code == "http.budget"
    assert caught.value.retry_after == pytest.approx(86_400, abs=60)


async def test_budget_is_shared_by_all_clients_of_a_partner(fake, clock):
    async with fake.running() as url:
        settings = HttpSettings(base_url=url, budget=Budget(per_day=1))
        async with open_client(settings) as one, open_client(settings) as other:
            await one.ask(PACTS)
            with pytest.raises(Unreachable):
                await other.ask(PACTS)


@pytest.mark.parametrize(("start", "until", "hours"), [("09:00", "11:00", 1), ("22:00", "10:30", 0.5)])
async def test_quiet_hours_are_kept(calling, fake, start, until, hours):
    quiet = QuietHours(start=start, until=until, zone="Europe/Rome")  # the clock stands at 10:00 in Rome

    async with calling(budget=Budget(quiet=(quiet,))) as client:
        with pytest.raises(Unreachable) as caught:
            await client.ask(PACTS)

    assert caught.value.retry_after == hours * 3_600
    assert fake.asked == []


async def test_outside_of_quiet_hours_calls_are_made(calling, fake):
    async with calling(budget=Budget(quiet=(QuietHours(start="11:00", until="09:59"),))) as client:
        await client.ask(PACTS)

    assert len(fake.asked) == 1


async def test_callers_never_exceed_the_parallel_places(calling, fake):
    running = most = 0
    pair = asyncio.Barrier(2)

    async with calling(budget=Budget(parallel=2)) as client:

        async def one():
            nonlocal running, most
            async with client.open(PACTS) as reply:
                running += 1
                most = max(most, running)
                await pair.wait()
                async for _ in reply.pieces:
                    pass
                running -= 1

        await asyncio.gather(*(one() for _ in range(10)))

    assert most == 2


def test_plain_http_to_elsewhere_is_refused():
    with pytest.raises(ValidationError, match="must begin with https"):
        HttpSettings(base_url="http://api.ambito.example")


def test_address_with_a_password_is_refused_without_showing_it():
    with pytest.raises(ValidationError) as caught:
        HttpSettings(base_url="https://user:canary@api.ambito.example")

    assert "canary" not in str(caught.value)


def test_settings_show_no_secret():
    settings = HttpSettings(base_url="https://a.example", auth=Bearer(token="canary"))

    assert "canary" not in repr(settings) + settings.model_dump_json() + json.dumps(settings.model_dump(mode="json"))
