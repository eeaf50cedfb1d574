from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from patto_hub.ledger import audit, tokens
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE
from patto_hub.web.tokens import PATH

HUB = "https://hub.example"
URL = f"{BASE}{PATH}"
FEED = f"{BASE}/feeds/pacts/changes"


PACT = {
    "pact_id": "P1",
    "person_id": "RSSMRA80A01D643X",
    "person_scheme": "cf",
    "ambito": "FG/1",
    "scheme": "ReD_3",
    "status": "active",
}


@pytest.fixture
async def client(client_of, signing):
    return await client_of(signing())


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


async def refusal(answer):
    body = await answer.json(content_type=None)
    return answer.status, body["error"], body.get("cause", "")


async def test_an_assertion_gives_a_token_that_opens_what_is_granted(client, form_of, say):
    say("pact", PACT, to=[3])

    answer = await client.post(URL, data=form_of())
    body = await answer.json()
    page = await client.get(FEED, headers=bearer(body["access_token"]))

    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert body == {
        "access_token": body["access_token"],
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "catalogue pacts",
    }
    assert page.status == 200
    assert len((await page.json())["items"]) == 1


@pytest.mark.parametrize("pair", ["rsa", "ec"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": HUB},
        {"aud": [f"{HUB}{URL}", "https://elsewhere.example"]},
        {"kind": "client-authentication+jwt"},
        {"fields": {"client_id": "ente", "resource": "https://hub.example"}},
    ],
    ids=[
        "as described",
        "the issuer as audience",
        "several audiences",
        "the newer type",
        "with what need not be there",
    ],
)
async def test_what_oauth_libraries_send_is_taken(client_of, signing, form_of, pair, changes):
    client = await client_of(signing(ours=pair))

    assert (await client.post(URL, data=form_of(pair=pair, **changes))).status == 200


async def test_both_keys_are_good_while_they_rotate(client_of, signing, form_of):
    client = await client_of(signing(old="rsa", new="ec"))

    answers = [
        await client.post(URL, data=form_of(pair=pair, kid=kid)) for kid, pair in (("old", "rsa"), ("new", "ec"))
    ]

    assert [each.status for each in answers] == [200, 200]


async def test_a_token_opens_the_scope_that_was_asked_for_only(client, form_of):
    body = await (await client.post(URL, data=form_of(fields={"scope": "catalogue"}))).json()

    refused = await client.get(FEED, headers=bearer(body["access_token"]))
    read = await client.get(f"{BASE}/feeds/catalogue/changes", headers=bearer(body["access_token"]))

    assert body["scope"] == "catalogue"
    assert (refused.status, read.status) == (403, 200)


@pytest.mark.parametrize("scope", ["payments", "pacts payments", "push", "PACTS"])
async def test_more_than_is_granted_cannot_be_asked_for(client, form_of, scope):
    answer = await client.post(URL, data=form_of(fields={"scope": scope}))

    assert await refusal(answer) == (400, "invalid_scope", "")


async def test_a_token_ends_after_ten_minutes(client, form_of, clock):
    token = (await (await client.post(URL, data=form_of())).json())["access_token"]

    clock.move(minutes=9, seconds=59)
    before = await client.get(FEED, headers=bearer(token))
    clock.move(seconds=1)
    after = await client.get(FEED, headers=bearer(token))

    assert (before.status, after.status) == (200, 401)


async def test_tokens_share_the_budget_of_their_partner(client, form_of, key):
    tokens_ = [(await (await client.post(URL, data=form_of())).json())["access_token"] for _ in range(2)]

    left = [
        int((await client.get(FEED, headers=bearer(text))).headers["X-RateLimit-Remaining"]) for text in [*tokens_, key]
    ]

    assert left == [997, 996, 995]


async def test_F83_an_assertion_is_good_once(client, form_of):
    form = form_of()

    first, again = await client.post(URL, data=form), await client.post(URL, data=form)

    assert first.status == 200
    assert await refusal(again) == (401, "invalid_client", "modi.replay")


async def test_F83_of_ten_that_use_one_assertion_at_once_one_gets_a_token(client, form_of, ledger, world):
    form = form_of()

    answers = await asyncio.gather(*(client.post(URL, data=form) for _ in range(10)))

    assert sorted(each.status for each in answers) == [200] + [401] * 9
    assert ledger.read_now(tokens.live, "ente", world.milliseconds()) == 1


async def test_F83_an_assertion_stays_used_after_a_restart(client_of, signing, form_of):
    form = form_of()

    first = await (await client_of(signing())).post(URL, data=form)
    again = await (await client_of(signing())).post(URL, data=form)

    assert first.status == 200
    assert await refusal(again) == (401, "invalid_client", "modi.replay")


async def test_a_token_that_is_given_stands_in_the_audit(client, form_of, ledger, pairs):
    token = (await (await client.post(URL, data=form_of())).json())["access_token"]

    (entry,) = ledger.read_now(lambda connection: list(audit.entries(connection)))

    assert (entry.actor, entry.action, entry.subject) == ("partner:ente", "token.give", "ente")
    assert json.loads(entry.detail) == {"scopes": ["catalogue", "pacts"], "by": pairs["ec"].known().thumbprint}
    assert token not in repr(entry)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"aud": "https://elsewhere.example/token"}, "modi.audience"),
        ({"aud": f"{HUB}{BASE}"}, "modi.audience"),
        ({"aud": None}, "modi.claim"),
        ({"iss": "nessuno"}, "modi.issuer"),
        ({"sub": "nessuno"}, "modi.issuer"),
        ({"sub": None}, "modi.claim"),
        ({"iss": None}, "modi.issuer"),
        ({"jti": None}, "modi.claim"),
        ({"jti": ""}, "modi.claim"),
        ({"iat": None}, "modi.claim"),
        ({"exp": None}, "modi.claim"),
        ({"exp": 1}, "modi.claim"),
        ({"iat": 1_772_441_000, "exp": 1_772_443_000}, "modi.old"),
        ({"iat": 1_772_441_000, "exp": 1_772_441_060}, "modi.expired"),
        ({"iat": 1_772_443_000, "exp": 1_772_443_060}, "modi.clock"),
        ({"pair": "other"}, "modi.signature"),
        ({"kid": "theirs"}, "modi.key_unknown"),
        ({"kind": "at+jwt"}, "modi.header"),
        ({"fields": {"client_id": "nessuno"}}, "modi.issuer"),
        ({"fields": {"client_id": "ente2"}}, "modi.issuer"),
        ({"fields": {"client_assertion": "a.b"}}, "modi.token"),
        ({"fields": {"client_assertion": "x"}}, "modi.token"),
        ({"fields": {"client_assertion": "eyJhbGciOiJub25lIn0.e30."}}, "modi.algorithm"),
    ],
)
async def test_a_client_that_is_not_who_it_says_is_told_the_likely_cause(client, form_of, changes, cause):
    answer = await client.post(URL, data=form_of(**changes))

    assert await refusal(answer) == (401, "invalid_client", cause)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    body = await answer.json(content_type=None)
    assert body["error_description"].isascii()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "invalid_request"),
        ({"client_assertion_type": None}, "invalid_request"),
        ({"client_assertion": None}, "invalid_request"),
        ({"client_assertion": "x" * 20_000}, "invalid_request"),
    ],
)
async def test_a_request_that_is_not_as_it_must_be_is_told_in_the_words_of_oauth(client, form_of, fields, error):
    answer = await client.post(URL, data=form_of(fields=fields))

    assert await refusal(answer) == (400, error, "")
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (lambda form: urlencode([*form.items(), ("scope", "pacts"), ("scope", "catalogue")]), None, 400),
        (json.dumps, "application/json", 415),
        (lambda _: b"\xff\xfe=\x00", None, 400),
        (lambda _: "", None, 400),
        (lambda _: "&".join(f"a{number}=1" for number in range(30)), None, 400),
        (lambda _: "grant_type", None, 400),
        (lambda _: "x" * 70_000, None, 400),
    ],
    ids=["twice", "JSON", "no text", "empty", "too many fields", "no value", "too large"],
)
async def test_a_body_that_is_no_such_form_is_a_problem(client, form_of, body, media_type, status):
    headers = {"Content-Type": media_type or "application/x-www-form-urlencoded"}

    answer = await client.post(URL, data=body(form_of()), headers=headers)

    assert answer.status == status
    assert answer.content_type == "application/problem+json"


async def test_guessing_is_slowed_down(site_of, aiohttp_client, signing, form_of):
    site, _ = site_of(signing())
    client = await aiohttp_client(make_app(replace(site, rates=Rates(2, 60.0))))

    statuses = [(await client.post(URL, data=form_of(pair="other"))).status for _ in range(4)]

    assert statuses == [401, 401, 429, 429]


async def test_a_partner_without_public_keys_gets_no_token(client_of, form_of):
    client = await client_of('[partners.ente]\nfeeds = ["pacts"]\n')

    assert await refusal(await client.post(URL, data=form_of())) == (401, "invalid_client", "modi.issuer")


@pytest.mark.parametrize("text", ["pattot_", "pattot_" + "0" * 64, "pattot_' OR 1=1", "pattot_" + "x" * 500])
async def test_a_token_that_was_never_given_opens_nothing(client, text):
    assert (await client.get(FEED, headers=bearer(text))).status == 401


async def test_programs_find_where_and_how_to_ask(client):
    server = await (await client.get("/.well-known/oauth-authorization-server")).json()
    keys = await (await client.get(server["jwks_uri"].removeprefix(HUB))).json()

    assert server["issuer"] == HUB
    assert server["token_endpoint"] == f"{HUB}{URL}"
    assert server["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert keys == {"keys": []}
