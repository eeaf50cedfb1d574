"""ModI at the hub's door: who signs is let in for what it signed, once; the answers are signed where that is asked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from patto_connectors.modi import (
    Incoming,
    Outgoing,
    Profile,
    SeenHere,
    Signer,
    Tracking,
    Trust,
    known_set,
    sign,
    verify,
)
from patto_connectors.modi.evidence import digest_of_evidence, write_evidence
from patto_connectors.modi.jws import write_token
from patto_connectors.testing.pairs import proof_of
from patto_hub.ledger import audit, keys
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE

HUB = "https://hub.example"
AUDIENCE = f"{HUB}{BASE}"
FEED = f"{BASE}/feeds/pacts/changes"
TOKEN = f"{BASE}/oauth2/token"
STREAM = f"{BASE}/streams/pacts"
BODY = b'[{"pact_id": "P1"}]'
WHO = Tracking(user="u-17", location="sportello 3", level="SPID_L2")


def modi(*profiles, more=""):
    listed = ", ".join(f'"{each}"' for each in profiles)
    return f"[partners.ente.access.modi]\nprofiles = [{listed}]\n{more}"


@pytest.fixture
def headers_of(now, pairs):
    """Sign a request as the partner does."""

    def made(*profiles, pair="ec", carry="kid", body=b"", method="GET", issuer="ente", audience=AUDIENCE, **more):
        signer = Signer(key=pairs[pair].signing(carry), profiles=frozenset(map(Profile, profiles)), issuer=issuer)
        headers = {"Content-Type": "application/json"} if body else {}
        sent = Outgoing(audience=audience, body=body, headers=headers, method=method, **more)
        return {**headers, **sign(sent, signer)}

    return made


async def cause(answer):
    body = await answer.json(content_type=None)
    return answer.status, body["code"], body.get("cause", "")


@pytest.mark.parametrize("profile", ["ID_AUTH_REST_01", "ID_AUTH_REST_02"])
@pytest.mark.parametrize("pair", ["rsa", "ec"])
async def test_a_partner_comes_in_by_its_signature(client_of, signing, headers_of, profile, pair):
    client = await client_of(signing(modi(profile), ours=pair))

    answer = await client.get(FEED, headers=headers_of(profile, pair=pair))

    assert answer.status == 200
    assert answer.headers["X-RateLimit-Remaining"] == "999"


@pytest.mark.parametrize("carry", ["x5c", "x5t#S256"])
async def test_a_partner_names_its_key_by_its_certificate(client_of, signing, headers_of, pairs, carry):
    settings = signing(modi("ID_AUTH_REST_02", more='certificates = ["ente.pem"]'))
    client = await client_of(settings, {"ente.pem": pairs["rsa"].certificate})

    good = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", pair="rsa", carry=carry))
    other = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", pair="other", carry=carry))

    assert good.status == 200
    assert await cause(other) == (401, "signature-refused", "modi.key_unknown")


async def test_a_signing_partners_key_alone_opens_nothing(client_of, signing, key):
    client = await client_of(signing(modi("ID_AUTH_REST_02")))

    answer = await client.get(FEED, headers={"Authorization": f"Bearer {key}"})

    assert await cause(answer) == (401, "signature-refused", "modi.token")


async def test_F83_a_signed_request_is_taken_once_and_not_after_a_restart(client_of, signing, headers_of):
    headers = headers_of("ID_AUTH_REST_02")
    client = await client_of(signing(modi("ID_AUTH_REST_02")))

    first, again = await client.get(FEED, headers=headers), await client.get(FEED, headers=headers)
    restarted = await (await client_of(signing(modi("ID_AUTH_REST_02")))).get(FEED, headers=headers)

    assert first.status == 200
    assert await cause(again) == (401, "signature-refused", "modi.replay")
    assert await cause(restarted) == (401, "signature-refused", "modi.replay")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "nessuno"}, "modi.issuer"),
        ({"audience": "https://elsewhere.example"}, "modi.audience"),
        ({"pair": "other"}, "modi.signature"),
    ],
)
async def test_a_refusal_names_the_likely_cause_in_both_languages(client_of, signing, headers_of, changes, code):
    client = await client_of(signing(modi("ID_AUTH_REST_02")))

    answer = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", **changes))

    assert await cause(answer) == (401, "signature-refused", code)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert (await answer.json(content_type=None))["detail_en"]


async def test_a_token_that_has_lain_around_is_refused(client_of, signing, headers_of, clock):
    client = await client_of(signing(modi("ID_AUTH_REST_02")))
    headers = headers_of("ID_AUTH_REST_02")

    clock.move(minutes=10)

    assert await cause(await client.get(FEED, headers=headers)) == (401, "signature-refused", "modi.expired")


async def test_wrong_signatures_are_slowed_by_address(site_of, aiohttp_client, signing, headers_of):
    site, _ = site_of(signing(modi("ID_AUTH_REST_02")))
    client = await aiohttp_client(make_app(replace(site, rates=Rates(2, 60.0))))

    statuses = [(await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", pair="other"))).status for _ in range(3)]

    assert statuses == [401, 401, 429]


# --- the body ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two():
    return ("ID_AUTH_REST_02", "INTEGRITY_REST_02")


async def test_a_signed_body_reaches_the_route_as_it_came(client_of, signing, headers_of, two):
    client = await client_of(signing(modi(*two)))

    answer = await client.post(STREAM, data=BODY, headers=headers_of(*two, body=BODY, method="POST"))

    assert await cause(answer) == (403, "push-not-granted", "")  # past the signature: the route itself refuses


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda headers: ({**headers}, b"[]"), "modi.digest"),
        (lambda headers: ({**headers, "Content-Type": "text/csv"}, BODY), "modi.signed_headers"),
        (lambda headers: ({**headers, "Digest": "SHA-256=AAAA"}, BODY), "modi.signed_headers"),
        (lambda headers: ({n: v for n, v in headers.items() if n != "Agid-JWT-Signature"}, BODY), "modi.missing"),
        (lambda headers: ({n: v for n, v in headers.items() if n != "Digest"}, BODY), "modi.missing"),
        (lambda headers: ({**headers, "Content-Encoding": "gzip"}, BODY), "modi.digest"),
    ],
    ids=["other body", "other type", "other digest", "no signature", "no digest", "compressed"],
)
async def test_a_body_that_is_not_as_it_was_signed_is_refused_before_it_is_read(  # noqa: PLR0917 - fixtures
    client_of, signing, headers_of, two, change, code
):
    client = await client_of(signing(modi(*two)))
    headers, body = change(headers_of(*two, body=BODY, method="POST"))

    answer = await client.post(STREAM, data=body, headers=headers)

    assert await cause(answer) == (401, "signature-refused", code)


async def test_a_request_without_a_body_needs_no_integrity(client_of, signing, headers_of, two):
    client = await client_of(signing(modi(*two)))

    assert (await client.get(FEED, headers=headers_of("ID_AUTH_REST_02"))).status == 200
    assert (await client.get(FEED, headers=headers_of(*two))).status == 200


async def test_integrity_alone_goes_with_a_key_and_does_not_replace_it(client_of, signing, headers_of, key):
    client = await client_of(signing(modi("INTEGRITY_REST_02")))
    signed = headers_of("INTEGRITY_REST_02", body=BODY, method="POST")
    bearer = {"Authorization": f"Bearer {key}"}

    read = await client.get(FEED, headers=bearer)
    both = await client.post(STREAM, data=BODY, headers={**signed, **bearer})
    unsigned = await client.post(STREAM, data=BODY, headers={**bearer, "Content-Type": "application/json"})
    stranger = await client.post(STREAM, data=BODY, headers=signed)

    assert read.status == 200
    assert await cause(both) == (403, "push-not-granted", "")
    assert await cause(unsigned) == (401, "signature-refused", "modi.missing")
    assert await cause(stranger) == (401, "key-missing", "")


@pytest.mark.parametrize("profiles", [("INTEGRITY_REST_02",), ("AUDIT_REST_01",)])
@pytest.mark.parametrize("pair", ["ec", "other"])
async def test_where_tokens_name_nobody_none_opens_even_if_it_is_the_partners(
    client_of, signing, headers_of, profiles, pair
):
    client = await client_of(signing(modi(*profiles)))
    said = headers_of("ID_AUTH_REST_02", pair=pair)
    signed = headers_of(*profiles, body=BODY, method="POST", tracking=WHO)

    read = await client.get(FEED, headers=said)
    sent = await client.post(STREAM, data=BODY, headers={**signed, **said})

    assert await cause(read) == (401, "signature-refused", "modi.issuer")
    assert await cause(sent) == (401, "signature-refused", "modi.issuer")


async def test_a_token_of_one_partner_does_not_open_for_another(client_of, signing, headers_of, pairs):
    other = signing(modi("ID_AUTH_REST_02"), theirs="other").replace("partners.ente", "partners.nessuno")
    client = await client_of(signing(modi("ID_AUTH_REST_02")) + other)

    own = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", issuer="nessuno"))

    assert await cause(own) == (401, "signature-refused", "modi.key_unknown")


async def test_a_body_that_is_too_large_is_not_held_for_its_signature(
    site_of, aiohttp_client, signing, headers_of, two
):
    site, _ = site_of(signing(modi(*two)))
    small = replace(site, settings=replace(site.settings, largest_push=10))
    client = await aiohttp_client(make_app(small))

    answer = await client.post(STREAM, data=BODY, headers=headers_of(*two, body=BODY, method="POST"))

    assert await cause(answer) == (413, "too-large", "")


# --- who caused it -------------------------------------------------------------------------------------------------


async def test_who_caused_a_request_is_kept_in_the_audit(client_of, signing, headers_of, ledger):
    profiles = ("ID_AUTH_REST_02", "AUDIT_REST_01")
    client = await client_of(signing(modi(*profiles)))

    answer = await client.get(FEED, headers=headers_of(*profiles, tracking=WHO))
    untold = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02"))
    (entry,) = ledger.read_now(lambda connection: list(audit.entries(connection)))

    assert answer.status == 200
    assert await cause(untold) == (401, "signature-refused", "modi.missing")
    assert (entry.actor, entry.action, entry.subject) == ("partner:ente", "request.tracked", "ente")
    assert json.loads(entry.detail) == {
        "user": "u-17",
        "location": "sportello 3",
        "level": "SPID_L2",
        "method": "GET",
        "route": f"{BASE}/feeds/{{feed}}/changes",
        "purpose": "",
    }


async def test_who_caused_a_request_stands_in_no_log(client_of, signing, headers_of, capsys):
    profiles = ("ID_AUTH_REST_02", "AUDIT_REST_01")
    client = await client_of(signing(modi(*profiles)))

    await client.get(FEED, headers=headers_of(*profiles, tracking=WHO))

    assert "u-17" not in "".join(capsys.readouterr())


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_answers(signing, pairs):
    hub = '[web.modi]\nkey = { file = "hub.pem" }\nkid = "hub"\nissuer = "patto"\n'
    files = {"hub.pem": pairs["hub"].private}

    def made(*profiles, told=""):
        return f"{hub}{signing(modi(*profiles, more='sign_answers = true'))}", files

    return made


async def believed(client, answer, *profiles, sent=""):
    """Verify an answer as the partner does, with the key that the hub publishes."""
    published = await (await client.get("/.well-known/jwks.json")).read()
    trust = Trust(
        keys=known_set(published),
        profiles=frozenset(map(Profile, profiles)),
        audience=frozenset({"ente"}),
        issuer="patto",
        seen=SeenHere(),
    )
    came = Incoming(headers=tuple(answer.headers.items()), body=await answer.read(), method="GET", answers=sent)
    return await verify(came, trust)


@pytest.mark.parametrize("form", ["", ".ndjson", ".csv", ".xml", ".xlsx"])
async def test_a_good_answer_is_signed_where_that_is_asked(client_of, signed_answers, headers_of, form):
    client = await client_of(*signed_answers("ID_AUTH_REST_02"))
    client.session._auto_decompress = False

    answer = await client.get(f"{FEED}{form}", headers=headers_of("ID_AUTH_REST_02"))

    assert answer.status == 200
    assert "Content-Encoding" not in answer.headers
    assert (await believed(client, answer, "INTEGRITY_REST_02")).issuer == "patto"


async def test_an_answer_tells_the_request_that_it_answers(client_of, signed_answers, headers_of):
    profiles = ("ID_AUTH_REST_02", "INTEGRITY_REST_02", "PROFILE_NON_REPUDIATION_01")
    client = await client_of(*signed_answers(*profiles))
    headers = headers_of(*profiles)

    answer = await client.get(FEED, headers=headers)

    verified = await believed(client, answer, "INTEGRITY_REST_02", "PROFILE_NON_REPUDIATION_01", sent=headers["Digest"])
    assert verified.issuer == "patto"


TOLD = ("ID_AUTH_REST_02", "INTEGRITY_REST_02", "PROFILE_NON_REPUDIATION_01")


async def test_F83_a_refusal_is_signed_too_and_tells_the_request_that_it_refuses(client_of, signed_answers, headers_of):
    client = await client_of(*signed_answers(*TOLD))
    headers = headers_of(*TOLD, body=BODY, method="POST")

    answer = await client.post(STREAM, data=BODY, headers=headers)
    verified = await believed(client, answer, "INTEGRITY_REST_02", "PROFILE_NON_REPUDIATION_01", sent=headers["Digest"])

    assert await cause(answer) == (403, "push-not-granted", "")
    assert verified.issuer == "patto"


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{FEED}?after=forged", 400), (f"{BASE}/feeds/none/changes", 404), (f"{BASE}/feeds/payments/changes", 403)],
)
async def test_each_kind_of_refusal_is_signed_for_a_caller_that_is_known(
    client_of, signed_answers, headers_of, path, status
):
    client = await client_of(*signed_answers("ID_AUTH_REST_02"))

    answer = await client.get(path, headers=headers_of("ID_AUTH_REST_02"))

    assert answer.status == status
    assert (await believed(client, answer, "INTEGRITY_REST_02")).issuer == "patto"


async def test_the_word_that_a_partner_comes_too_often_is_signed(site_of, aiohttp_client, signed_answers, headers_of):
    site, _ = site_of(*signed_answers("ID_AUTH_REST_02"))
    client = await aiohttp_client(make_app(replace(site, rates=Rates(1, 60.0))))

    answers = [await client.get(FEED, headers=headers_of("ID_AUTH_REST_02")) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 429]
    assert (await believed(client, answers[1], "INTEGRITY_REST_02")).issuer == "patto"


async def test_a_bug_of_ours_is_signed_as_well(site_of, aiohttp_client, signed_answers, headers_of):
    site, _ = site_of(*signed_answers("ID_AUTH_REST_02"))
    client = await aiohttp_client(make_app(replace(site, subscriptions=None)))

    answer = await client.get(FEED, headers=headers_of("ID_AUTH_REST_02"))

    assert answer.status == 500
    assert (await believed(client, answer, "INTEGRITY_REST_02")).issuer == "patto"


async def test_nobody_gets_a_signature_who_has_not_shown_who_it_is(client_of, signed_answers, headers_of, key):
    client = await client_of(*signed_answers(*TOLD))

    answers = [
        await client.get(FEED),
        await client.get(FEED, headers=headers_of("ID_AUTH_REST_02", pair="other")),
        await client.get(FEED, headers={"Authorization": f"Bearer {key}"}),
        await client.post(STREAM, data=b"[]", headers=headers_of(*TOLD, body=BODY, method="POST")),
        await client.get(f"{BASE}/nowhere", headers=headers_of("ID_AUTH_REST_02")),
    ]

    assert [answer.status for answer in answers] == [401, 401, 401, 401, 404]
    assert not any("Agid-JWT-Signature" in answer.headers for answer in answers)


async def test_other_partners_get_no_signature(client_of, signed_answers, ledger, world):
    client = await client_of(*signed_answers("ID_AUTH_REST_02"))
    _, text = ledger.write_now(keys.add, world, partner="nessuno", scopes=["pacts"])

    answer = await client.get(FEED, headers={"Authorization": f"Bearer {text}"})

    assert answer.status == 200
    assert "Agid-JWT-Signature" not in answer.headers


# --- vouchers of PDND ----------------------------------------------------------------------------------------------

CLIENT = "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f"
SERVICE = "https://hub.example/pdnd/patto"


@pytest.fixture
def voucher_of(now, pairs):
    def made(pair="rsa", kid="pdnd", kind="at+jwt", **changes):
        at = int(now.now().timestamp())
        good = {"iss": "pdnd.test", "aud": SERVICE, "sub": CLIENT, "client_id": CLIENT, "purposeId": "p-1"}
        claims = {**good, "iat": at, "nbf": at, "exp": at + 600, "jti": "v-1", **changes}
        return {"Authorization": "Bearer " + write_token(claims, pairs[pair].signing(kid=kid), kind=kind)}

    return made


@pytest.fixture
def with_vouchers(signing, pairs):
    web = f'[web.pdnd]\nkeys = "pdnd.json"\nissuer = "pdnd.test"\naudience = "{SERVICE}"\n'
    files = {"pdnd.json": json.dumps({"keys": [pairs["rsa"].jwk("pdnd")]}).encode()}

    def made(*profiles):
        more = f'voucher = true\nissuer = "{CLIENT}"'
        return f"{web}{signing(modi(*profiles, more=more))}", files

    return made


async def test_a_voucher_of_pdnd_opens_for_the_client_that_it_names_until_its_end(
    client_of, with_vouchers, voucher_of, clock
):
    client = await client_of(*with_vouchers())
    headers = voucher_of()

    first, second = await client.get(FEED, headers=headers), await client.get(FEED, headers=headers)
    clock.move(minutes=12)
    late = await client.get(FEED, headers=headers)

    assert (first.status, second.status) == (200, 200)
    assert await cause(late) == (401, "signature-refused", "modi.expired")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pair": "ec"}, "modi.signature"),
        ({"aud": "https://elsewhere.example"}, "modi.audience"),
        ({"iss": "pdnd.elsewhere.test"}, "modi.issuer"),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, "modi.issuer"),
        ({"kid": "ours"}, "pdnd.voucher_key"),
        ({"kind": "JWT"}, "modi.issuer"),
    ],
)
async def test_a_voucher_that_is_not_ours_to_take_is_refused(client_of, with_vouchers, voucher_of, changes, code):
    client = await client_of(*with_vouchers())
    if changes.get("pair") == "ec":
        changes = {**changes, "kid": "pdnd"}

    answer = await client.get(FEED, headers=voucher_of(**changes))

    assert answer.status == 401
    assert (await cause(answer))[2] in {code, "modi.algorithm"}


async def test_a_voucher_goes_with_the_partners_own_signatures(
    client_of, with_vouchers, voucher_of, headers_of, ledger
):
    profiles = ("INTEGRITY_REST_02", "AUDIT_REST_01")
    client = await client_of(*with_vouchers(*profiles))
    signed = headers_of(*profiles, issuer=CLIENT, body=BODY, method="POST", tracking=WHO)

    both = await client.post(STREAM, data=BODY, headers={**signed, **voucher_of()})
    alone = await client.post(STREAM, data=BODY, headers={**voucher_of(), "Content-Type": "application/json"})
    (entry,) = ledger.read_now(lambda connection: list(audit.entries(connection)))

    assert await cause(both) == (403, "push-not-granted", "")
    assert await cause(alone) == (401, "signature-refused", "modi.missing")
    assert json.loads(entry.detail)["purpose"] == "p-1"


async def test_who_caused_a_request_is_bound_to_the_voucher_where_that_is_agreed(  # noqa: PLR0917 - fixtures
    client_of, with_vouchers, voucher_of, pairs, now, ledger
):
    client = await client_of(*with_vouchers("AUDIT_REST_02"))
    signer = Signer(key=pairs["ec"].signing(), profiles=frozenset(), issuer=CLIENT)
    told = {"Agid-JWT-TrackingEvidence": write_evidence(WHO, signer, AUDIENCE, "p-1")}
    digest = {"alg": "SHA256", "value": digest_of_evidence(told["Agid-JWT-TrackingEvidence"])}

    bound = [await client.get(FEED, headers={**told, **voucher_of(digest=digest)}) for _ in range(2)]
    loose = await client.get(FEED, headers={**told, **voucher_of()})
    entries = ledger.read_now(lambda connection: list(audit.entries(connection)))

    assert [answer.status for answer in bound] == [200, 200]
    assert await cause(loose) == (401, "signature-refused", "modi.unbound")
    assert [json.loads(entry.detail)["user"] for entry in entries] == ["u-17", "u-17"]


@pytest.fixture
def shown_bound(voucher_of, pairs):
    """Show a voucher that is bound to the key `other`, with a proof for reading the feed."""

    def made(pair="other", **changes):
        bound = voucher_of(cnf={"jkt": pairs["other"].known().key.thumbprint()})["Authorization"].partition(" ")[2]
        proof = proof_of(pairs[pair], bound, "GET", f"{HUB}{FEED}", **changes)
        return {"Authorization": f"DPoP {bound}", "DPoP": proof}

    return made


async def test_F83_a_voucher_that_is_bound_to_a_key_opens_with_a_proof_by_that_key_once(
    client_of, with_vouchers, shown_bound
):
    client = await client_of(*with_vouchers())
    headers = shown_bound()

    good = await client.get(f"{FEED}?limit=1", headers=headers)
    again = await client.get(FEED, headers=headers)
    others = await client.get(FEED, headers=shown_bound(pair="ec"))
    bare = await client.get(FEED, headers={"Authorization": headers["Authorization"].replace("DPoP", "Bearer")})

    assert good.status == 200
    assert await cause(again) == (401, "signature-refused", "modi.replay")
    assert [await cause(each) for each in (others, bare)] == [(401, "signature-refused", "modi.dpop")] * 2
    assert bare.headers["WWW-Authenticate"].startswith("DPoP ")


async def test_no_key_and_no_token_of_ours_is_shown_as_dpop(client_of, with_vouchers, key):
    client = await client_of(*with_vouchers())

    assert (await client.get(FEED, headers={"Authorization": f"DPoP {key}"})).status == 401


# --- tokens that must never be taken -------------------------------------------------------------------------------


@pytest.mark.shared
async def test_wycheproof_signatures_open_no_door_and_break_none(site_of, aiohttp_client, signing, shared):
    """355 invalid and 46 valid signatures, none of which speaks for a partner: each is 401, at both doors."""
    path = shared / "bad_input/wycheproof/testvectors_v1/json_web_signature_test.json"
    cases = [case["jws"] for group in json.loads(path.read_text("utf-8"))["testGroups"] for case in group["tests"]]
    site, _ = site_of(signing(modi("ID_AUTH_REST_02")))
    client = await aiohttp_client(make_app(replace(site, rates=Rates(100_000, 60.0))))
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }

    seen: Counter[tuple[str, int]] = Counter()
    for text in cases:
        shown = await client.get(FEED, headers={"Authorization": f"Bearer {text}"})
        asserted = await client.post(TOKEN, data={**fields, "client_id": "ente", "client_assertion": text})
        seen["bearer", shown.status] += 1
        seen["assertion", asserted.status] += 1

    assert seen == {("bearer", 401): len(cases), ("assertion", 401): len(cases)}
    assert len(cases) >= 401
