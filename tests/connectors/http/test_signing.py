"""Requests signed by settings alone, at a service that really verifies each one."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from patto_connectors.errors import Refused
from patto_connectors.http.client import Call, open_client
from patto_connectors.http.probe import probe
from patto_connectors.http.settings import HttpSettings, Pdnd, Repeats, Signing
from patto_connectors.modi import (
    FixedKeys,
    Incoming,
    Profile,
    SeenHere,
    Trust,
    Untrusted,
    Vouchers,
    known_key,
    verify,
)
from patto_connectors.modi.compact import read_compact
from patto_connectors.modi.keys import signing_key
from patto_connectors.rest.settings import RestSettings
from patto_connectors.rest.source import RestSource
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page
from patto_connectors.testing.pdnd import Client, FakePdnd

CLIENT = "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f"
PURPOSE = "0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a"
SERVICE = "https://servizio.example/pdnd/v1"
PEM = form.Encoding.PEM


def private(raw):
    return raw.private_bytes(PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def public(raw):
    return raw.public_key().public_bytes(PEM, form.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def raw():
    return {"ours": rsa.generate_private_key(65537, 2048), "pdnd": ec.generate_private_key(ec.SECP256R1())}


@pytest.fixture(scope="module")
def pdnd_raw():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def signing(raw):
    """Good settings; changes as arguments."""

    def made(*profiles, **changes):
        values = {
            "profiles": profiles,
            "audience": SERVICE,
            "issuer": CLIENT,
            "key": private(raw["ours"]).decode(),
            "kid": "ours",
        }
        return Signing.model_validate({**values, **changes})

    return made


@pytest.fixture
def service(raw, pdnd_raw):
    """An e-service that takes what is signed, and notes who caused it and why it refused the rest."""

    class Service:
        def __init__(self):
            self.verified, self.refused = [], []
            self.partner = FakePartner()
            self.seen = SeenHere()
            pdnd = signing_key(private(pdnd_raw), carry="kid", kid="pdnd")
            registered = Client(CLIENT, (known_key(public(raw["ours"]), "ours"),), frozenset({PURPOSE}))
            self.pdnd = FakePdnd(pdnd, [registered], audience="auth/client-assertion", service=SERVICE)

        async def judge(self, *profiles, vouchers=False):
            """Verify all that came besides requests for vouchers."""
            trust = Trust(
                keys=(known_key(public(raw["ours"]), "ours"),),
                profiles=frozenset(map(Profile, profiles)),
                audience=frozenset({SERVICE}),
                issuer=CLIENT,
                seen=self.seen,
                vouchers=Vouchers(
                    keys=FixedKeys((known_key(public(pdnd_raw), "pdnd"),)),
                    issuer="pdnd.test",
                    audience=frozenset({SERVICE}),
                )
                if vouchers
                else None,
            )
            for asked in self.partner.asked:
                if asked.path == "/token.oauth2":
                    continue
                came = Incoming(headers=tuple(asked.headers.items()), body=asked.body, method=asked.method)
                try:
                    self.verified.append(await verify(came, trust))
                except Untrusted as why:
                    self.refused.append(why.code)

    return Service()


async def ask(partner, settings_of, *calls):
    async with partner.running() as url, open_client(settings_of(url)) as client:
        return [await client.ask(call) for call in calls]


POST = Call(method="POST", path="/in", body=b'{"a": "\xc3\xa8"}', headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "profiles",
    [
        ("ID_AUTH_REST_01",),
        ("ID_AUTH_REST_02",),
        ("INTEGRITY_REST_02",),
        ("ID_AUTH_REST_02", "INTEGRITY_REST_02", "AUDIT_REST_01"),
    ],
)
async def test_a_request_is_signed_by_its_settings_alone(service, signing, profiles):
    service.partner.taking("/in")

    await ask(service.partner, lambda url: HttpSettings(base_url=url, signing=signing(*profiles)), POST)
    await service.judge(*profiles)

    assert (len(service.verified), service.refused) == (1, [])


@pytest.mark.parametrize("carry", ["x5c", "x5t#S256"])
async def test_our_certificate_names_our_key(service, signing, carry):
    with pytest.raises(Refused) as caught:
        await ask(
            service.partner,
            lambda url: HttpSettings(base_url=url, signing=signing("INTEGRITY_REST_01", carry=carry)),
            POST,
        )

    assert caught.value.code == "modi.key"  # without the certificate nothing leaves


async def test_a_body_whose_type_nobody_said_is_signed_with_the_type_that_leaves(service, signing):
    service.partner.taking("/in")
    settings = signing("ID_AUTH_REST_02", "INTEGRITY_REST_02")

    await ask(
        service.partner,
        lambda url: HttpSettings(base_url=url, signing=settings),
        Call(method="POST", path="/in", body=b"\x00\x01"),
    )
    await service.judge("ID_AUTH_REST_02", "INTEGRITY_REST_02")

    assert service.partner.asked[0].headers["Content-Type"] == "application/octet-stream"
    assert service.refused == []


async def test_a_request_without_a_body_carries_who_asks_and_no_digest(service, signing):
    service.partner.listing("/out", lambda _: Page(rows=()))
    settings = signing("ID_AUTH_REST_02", "INTEGRITY_REST_02", "AUDIT_REST_01", tracking={"user": "u-1"})

    await ask(service.partner, lambda url: HttpSettings(base_url=url, signing=settings), Call(path="/out"))
    await service.judge("ID_AUTH_REST_02", "AUDIT_REST_01")

    assert "Digest" not in service.partner.asked[0].headers
    assert [each.tracking.user for each in service.verified] == ["u-1"]


async def test_F83_each_attempt_is_signed_anew(service, signing):
    service.partner.taking("/in")
    service.partner.faults.order("unavailable", path="/in", times=2)
    repeats = Repeats(attempts=3, first=0.001)
    settings = signing("ID_AUTH_REST_02", "INTEGRITY_REST_02")

    await ask(service.partner, lambda url: HttpSettings(base_url=url, signing=settings, repeats=repeats), POST)
    await service.judge("ID_AUTH_REST_02", "INTEGRITY_REST_02")

    assert (len(service.verified), service.refused) == (3, [])


def voucher(url, raw):
    return Pdnd(
        token_url=f"{url}/token.oauth2",
        client_id=CLIENT,
        purpose_id=PURPOSE,
        kid="ours",
        key=private(raw["ours"]).decode(),
        audience="auth/client-assertion",
    )


async def test_a_voucher_of_pdnd_goes_with_signatures_of_body_and_origin(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)
    profiles = ("INTEGRITY_REST_02", "AUDIT_REST_01")

    answers = await ask(
        service.partner,
        lambda url: HttpSettings(base_url=url, auth=voucher(url, raw), signing=signing(*profiles)),
        POST,
        POST,
    )
    await service.judge(*profiles, vouchers=True)

    assert [each.status for each in answers] == [200, 200]
    assert service.refused == []
    assert [(each.client_id, each.purpose) for each in service.verified] == [(CLIENT, PURPOSE)] * 2
    assert service.pdnd.desk.given == 1


async def test_a_voucher_is_bound_to_who_causes_the_requests_and_serves_with_it(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)
    profiles = ("INTEGRITY_REST_02", "AUDIT_REST_02")
    settings = signing(*profiles, tracking={"user": "u-1"})

    await ask(
        service.partner,
        lambda url: HttpSettings(base_url=url, auth=voucher(url, raw), signing=settings),
        *[POST] * 3,
    )
    await service.judge(*profiles, vouchers=True)

    assert (service.refused, service.pdnd.refused, service.pdnd.desk.given) == ([], [], 1)
    assert [(each.tracking.user, each.purpose) for each in service.verified] == [("u-1", PURPOSE)] * 3
    assert len({tracking_of(each) for each in sent_to(service)}) == 1


async def test_a_voucher_that_is_renewed_is_bound_to_evidence_of_its_own(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)
    service.pdnd.desk.uses = 2

    await ask(
        service.partner,
        lambda url: HttpSettings(base_url=url, auth=voucher(url, raw), signing=signing("AUDIT_REST_02")),
        *[POST] * 3,
    )
    await service.judge("AUDIT_REST_02", vouchers=True)

    assert (service.refused, service.pdnd.desk.given) == ([], 2)
    assert len({tracking_of(each) for each in sent_to(service)}) == 2


async def test_two_who_cause_requests_have_no_voucher_in_common(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)
    async with service.partner.running() as url:
        for user in ("u-1", "u-2"):
            settings = signing("AUDIT_REST_02", tracking={"user": user})
            async with open_client(HttpSettings(base_url=url, auth=voucher(url, raw), signing=settings)) as client:
                await client.ask(POST)
    await service.judge("AUDIT_REST_02", vouchers=True)

    assert [each.tracking.user for each in service.verified] == ["u-1", "u-2"]
    assert (service.refused, service.pdnd.desk.given) == ([], 2)


async def test_evidence_tells_pdnd_nothing_that_could_be_guessed(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)
    settings = signing("AUDIT_REST_02", tracking={"user": "u-1"})

    await ask(service.partner, lambda url: HttpSettings(base_url=url, auth=voucher(url, raw), signing=settings), POST)
    (sent,) = sent_to(service)
    claims = json.loads(read_compact(tracking_of(sent), frozenset({"RS256"})).payload)
    (asked,) = [each for each in service.partner.asked if each.path == "/token.oauth2"]

    assert (claims["purposeId"], len(str(claims["dnonce"]))) == (PURPOSE, 13)
    assert b"u-1" not in asked.body


def sent_to(service):
    return [asked for asked in service.partner.asked if asked.path != "/token.oauth2"]


def tracking_of(asked):
    return asked.headers["Agid-JWT-TrackingEvidence"]


@pytest.mark.parametrize("auth", [{"kind": "none"}, {"kind": "api_key", "key": "k"}])
def test_evidence_that_is_bound_to_a_voucher_needs_one(signing, auth):
    with pytest.raises(ValidationError, match="pdnd"):
        HttpSettings(base_url="https://a.test", auth=auth, signing=signing("AUDIT_REST_02"))


async def test_the_request_for_a_voucher_is_not_signed(service, signing, raw):
    service.partner.taking("/in")
    service.pdnd.serve(service.partner)

    await ask(
        service.partner,
        lambda url: HttpSettings(base_url=url, auth=voucher(url, raw), signing=signing("INTEGRITY_REST_02")),
        POST,
    )

    (asked,) = [each for each in service.partner.asked if each.path == "/token.oauth2"]
    assert "Agid-JWT-Signature" not in asked.headers


async def test_a_source_signs_too_and_a_check_names_a_key_that_cannot_be_used(service, signing):
    service.partner.listing("/out", lambda _: Page(rows=()))
    async with service.partner.running() as url:
        rest = {"path": "/out"}
        good = HttpSettings(base_url=url, signing=signing("ID_AUTH_REST_02"))
        bad = HttpSettings(base_url=url, signing=signing("ID_AUTH_REST_02", key="no key"))
        stages = [
            [stage async for stage in probe(RestSource(RestSettings.model_validate({"http": http, **rest})))]
            for http in (good, bad)
        ]
    await service.judge("ID_AUTH_REST_02")

    assert all(stage.good for stage in stages[0])
    assert (stages[1][-1].name, stages[1][-1].code) == ("auth", "modi.key")
    assert service.refused == []


@pytest.mark.parametrize("auth", [{"kind": "bearer", "token": "t"}, {"kind": "basic", "user": "u", "password": "p"}])
def test_two_identities_in_one_header_are_a_mistake(signing, auth):
    with pytest.raises(ValidationError, match="ID_AUTH"):
        HttpSettings(base_url="https://a.test", auth=auth, signing=signing("ID_AUTH_REST_02"))


def test_our_key_stands_in_no_text(signing):
    settings = signing("ID_AUTH_REST_02")

    assert "PRIVATE" not in f"{settings!r}{settings}{settings.model_dump_json()}"


async def test_nothing_leaves_unsigned_when_signing_fails(service, signing):
    service.partner.taking("/in")
    settings = signing("ID_AUTH_REST_02", key="no key")

    with pytest.raises(Refused):
        await ask(service.partner, lambda url: HttpSettings(base_url=url, signing=settings), POST)

    assert service.partner.asked == []
