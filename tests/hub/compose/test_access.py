from __future__ import annotations

import json

import aiohttp
import pytest
from aiohttp.web_urldispatcher import UrlDispatcher
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from patto_connectors.modi import Mark, SeenHere
from patto_connectors.ports import World
from patto_hub.compose.access import address, make_admission
from patto_hub.compose.serve import serving
from patto_hub.ledger import keys, tokens
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE

FEED = f"{BASE}/feeds/catalogue/changes"
REFUSALS = f"{BASE}/refusals"


@pytest.fixture(scope="module")
def raw():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def files(raw):
    """A public key in each form that a file may have."""
    pem = form.Encoding.PEM
    jwk = ECKey.import_key(raw.public_key()).as_dict(private=False)
    return {
        "key.pem": raw.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo),
        "key.jwk.json": json.dumps({**jwk, "kid": "k1"}).encode(),
        "key.jwks.json": json.dumps({"keys": [{**jwk, "kid": "k1"}]}).encode(),
        "private.pem": raw.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption()),
        "private.jwk.json": json.dumps(ECKey.import_key(raw).as_dict(private=True)).encode(),
        "small.pem": rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
        .public_key()
        .public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo),
        "text.txt": b"not a key",
    }


@pytest.fixture
def admission_of(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    def made(text):
        (tmp_path / "hub.toml").write_text(text, encoding="utf-8")
        return make_admission(read_settings(tmp_path / "hub.toml", {}), {"ente": 3}, SeenHere())

    return made


def thumbprint(raw):
    return ECKey.import_key(raw.public_key()).thumbprint()


@pytest.mark.parametrize(
    ("value", "kid"),
    [
        ('["key.pem"]', None),
        ('"key.pem"', None),
        ('["key.jwk.json"]', "k1"),
        ('["key.jwks.json"]', "k1"),
        ('[{ file = "key.pem", kid = "mine" }]', "mine"),
        ('[{ file = "key.jwk.json" }]', "k1"),
        ("['''PEM''']", None),
    ],
)
def test_a_public_key_may_be_written_in_many_ways(admission_of, files, raw, value, kid):
    value = value.replace("PEM", files["key.pem"].decode())

    admission, mistakes = admission_of(f"[partners.ente.access]\npublic_keys = {value}\n")

    (known,) = admission.partners["ente"].keys
    assert mistakes == []
    assert (known.kid, known.key.thumbprint()) == (kid or thumbprint(raw), thumbprint(raw))


@pytest.mark.parametrize(
    ("access", "path", "words"),
    [
        ('public_keys = ["none.pem"]', "public_keys", "none.pem"),
        ('public_keys = ["text.txt"]', "public_keys", "RSA"),
        ('public_keys = ["small.pem"]', "public_keys", "2048"),
        ('public_keys = ["private.pem"]', "public_keys", "RSA"),
        ('public_keys = ["private.jwk.json"]', "public_keys", "private"),
        ('public_keys = ["key.jwk.json", "key.jwks.json"]', "public_keys", "kid"),
        ('modi = { profiles = ["ID_AUTH_REST_02"] }', "public_keys", "missing"),
        ("modi = { voucher = true }", "modi.voucher", "web.pdnd"),
        (
            'public_keys = ["key.pem"]\nmodi = { profiles = ["ID_AUTH_REST_02"], sign_answers = true }',
            "modi",
            "web.modi",
        ),
        ('modi = { profiles = ["ID_AUTH_REST_02"], certificates = ["key.pem"] }', "modi.certificates", "RSA"),
    ],
)
def test_a_partner_whose_keys_cannot_be_used_is_shut_out_and_told(admission_of, access, path, words):
    admission, mistakes = admission_of(f"[partners.ente.access]\n{access}\n")

    (mistake,) = mistakes
    assert ".".join(mistake.path).startswith(f"partners.ente.access.{path}")
    assert words in mistake.en
    assert admission.partners["ente"].closed is not None
    assert "PRIVATE" not in mistake.en


@pytest.mark.parametrize(
    "access",
    [
        f'certificate = "sha256:{"0" * 64}"',
        'public_keys = ["key.pem"]\nmodi = { profiles = ["ID_AUTH_REST_02"], issuer = "x" }',
    ],
)
def test_two_partners_cannot_have_one_name(admission_of, access):
    admission, mistakes = admission_of(f"[partners.ente.access]\n{access}\n[partners.altro.access]\n{access}\n")

    assert [each.path[1] for each in mistakes] == ["altro"]
    assert admission.partners["ente"].closed is None
    assert admission.partners["altro"].closed is not None


@pytest.mark.parametrize(
    ("web", "expected"),
    [
        ('public_url = "https://hub.example/"', "https://hub.example"),
        ("port = 8081", "http://127.0.0.1:8081"),
        ('tls_certificate = "a"\ntls_key = "b"', "https://127.0.0.1:8080"),
    ],
)
def test_tokens_are_meant_for_the_public_address(tmp_path, web, expected):
    (tmp_path / "hub.toml").write_text(f"[web]\n{web}\n")

    assert address(read_settings(tmp_path / "hub.toml", {})) == expected


async def test_a_partner_whose_keys_cannot_be_used_stops_no_other(office):
    office.config.write_text(
        office.config.read_text()
        + '[partners.office.access]\npublic_keys = ["none.pem"]\n[partners.other]\nfeeds = ["catalogue"]\n'
    )

    with capture_logs() as lines:
        async with serving(read_settings(office.config, {}), World()) as started:
            statuses = []
            for partner in ("office", "other"):
                _, text = await started.hub.ledger.write(
                    keys.add, started.hub.world, partner=partner, scopes=["catalogue"]
                )
                headers = {"Authorization": f"Bearer {text}"}
                async with (
                    aiohttp.ClientSession(headers=headers) as session,
                    session.get(f"{started.listening}{FEED}") as answer,
                ):
                    statuses.append(answer.status)

    assert statuses == [403, 200]
    assert [line["path"] for line in lines if line["event"] == "access.unusable"] == [
        "partners.office.access.public_keys"
    ]


async def test_the_key_of_a_partner_that_the_settings_no_longer_name_opens_nothing(office):
    before = office.config.read_text()
    office.config.write_text(f'{before}[partners.other]\nfeeds = ["catalogue"]\n')
    world = World()
    async with serving(read_settings(office.config, {}), world) as started:
        _, text = await started.hub.ledger.write(keys.add, world, partner="other", scopes=["catalogue"])
        named = [await status_of(started, path, text) for path in (FEED, REFUSALS)]
    office.config.write_text(before)
    async with serving(read_settings(office.config, {}), world) as started:
        unnamed = [await status_of(started, path, text) for path in (FEED, REFUSALS)]

    assert (named, unnamed) == ([200, 200], [403, 403])


async def status_of(started, path, text):
    headers = {"Authorization": f"Bearer {text}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{started.listening}{path}") as answer:
        return answer.status


async def test_the_very_same_request_again_is_answered_before_the_router(office, monkeypatch):
    looked_for = []
    resolve = UrlDispatcher.resolve

    async def look(router, request):
        looked_for.append(request.path)
        return await resolve(router, request)

    monkeypatch.setattr(UrlDispatcher, "resolve", look)
    office.config.write_text(f'{office.config.read_text()}[partners.other]\nfeeds = ["catalogue"]\n')
    world = World()
    async with serving(read_settings(office.config, {}), world) as started:
        _, text = await started.hub.ledger.write(keys.add, world, partner="other", scopes=["catalogue"])
        said = {await status_of(started, FEED, text) for _ in range(20)}

    assert said == {200}
    assert 0 < len(looked_for) < 20  # now and then somebody has written in between


async def test_tokens_end_at_the_start_when_the_settings_name_no_keys_any_more(office, files):
    (office.folder / "key.pem").write_bytes(files["key.pem"])
    before = office.config.read_text()
    office.config.write_text(f'{before}[partners.office.access]\npublic_keys = ["key.pem"]\n')
    world = World()
    async with serving(read_settings(office.config, {}), world) as started:
        mark = Mark("t", "1", world.now())
        text = await started.hub.ledger.write(
            tokens.give, world, partner="office", scopes=["catalogue"], assertion=mark
        )
    async with serving(read_settings(office.config, {}), world) as started:
        still = await started.hub.ledger.read(tokens.find, text, world.milliseconds())
    office.config.write_text(before)
    async with serving(read_settings(office.config, {}), world) as started:
        gone = await started.hub.ledger.read(tokens.find, text, world.milliseconds())

    assert still is not None
    assert gone is None


async def test_the_use_of_a_key_is_written_down_when_the_hub_stops(office):
    world = World()
    async with serving(read_settings(office.config, {}), world) as started:
        _, text = await started.hub.ledger.write(keys.add, world, partner="office", scopes=["catalogue"])
        headers = {"Authorization": f"Bearer {text}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{started.listening}{FEED}"):
            pass
    async with serving(read_settings(office.config, {}), world) as started:
        (key,) = await started.hub.ledger.read(keys.of_partner, "office")

    assert key.used_at is not None
