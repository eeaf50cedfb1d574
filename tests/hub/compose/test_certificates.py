"""Mutual TLS with real certificates: to the hub itself, and through a proxy that tells of them."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

import aiohttp
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from patto_connectors.modi import SeenHere
from patto_connectors.modi.jws import write_token
from patto_connectors.modi.keys import signing_key
from patto_connectors.ports import World
from patto_hub.compose.access import make_admission
from patto_hub.compose.serve import serving
from patto_hub.ledger import keys
from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE

PUBLIC = "https://hub.example"
FEED = f"{BASE}/feeds/catalogue/changes"
TOKEN = f"{BASE}/oauth2/token"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def strange_authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def own(authority):
    """The partner's certificate."""
    return authority.issue_cert("office.example", common_name="office.example")


def loaded(certificate):
    return x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())


def fingerprint(certificate):
    return "sha256:" + sha256(loaded(certificate).public_bytes(Encoding.DER)).hexdigest()


def client_context(authority, certificate=None):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


@pytest.fixture
def tls(office, authority):
    """Let the hub of these settings speak TLS and ask for certificates."""
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(office.folder / "hub.pem")
    authority.cert_pem.write_to_path(office.folder / "ca.pem")
    return 'tls_certificate = "hub.pem"\ntls_key = "hub.pem"\nclient_ca = "ca.pem"\n'


@pytest.fixture
def serve_with(office):
    def serve(web, access=""):
        text = office.config.read_text().replace("port = 0\n", f'port = 0\npublic_url = "{PUBLIC}"\n{web}')
        office.config.write_text(f"{text}\n[partners.office.access]\n{access}\n")
        return serving(read_settings(office.config, {}), World())

    return serve


async def key_of(started):
    return (await started.hub.ledger.write(keys.add, started.hub.world, partner="office", scopes=["catalogue"]))[1]


async def asked(started, context, *, headers=None, form=None, path=FEED):
    """Ask over a connection of its own; gives status, problem and body."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context or True)) as session:
        method = "GET" if form is None else "POST"
        async with session.request(method, f"{started.listening}{path}", headers=headers, data=form) as answer:
            body = await answer.json(content_type=None)
            return answer.status, body.get("code", ""), body


async def test_a_certificate_opens_the_feeds_of_its_partner(serve_with, tls, authority, own):
    async with serve_with(tls, f'certificate = "{fingerprint(own)}"') as started:
        status, _, body = await asked(started, client_context(authority, own))

    assert started.listening.startswith("https://")
    assert (status, body["items"]) == (200, [])


@pytest.mark.parametrize(
    "name", [lambda own: fingerprint(own).upper().replace("SHA256", "sha256"), lambda _: "dns:Office.example"]
)
async def test_a_certificate_is_named_by_its_fingerprint_or_a_dns_name(serve_with, tls, authority, own, name):
    async with serve_with(tls, f'certificate = "{name(own)}"') as started:
        status, _, _ = await asked(started, client_context(authority, own))

    assert status == 200


async def test_a_certificate_is_named_by_its_subject(serve_with, tls, authority, own):
    subject = loaded(own).subject.rfc4514_string()
    async with serve_with(tls, f"certificate = ['subject:{subject}']") as started:
        status, _, _ = await asked(started, client_context(authority, own))

    assert status == 200


async def test_a_certificate_is_named_by_its_file_and_then_its_end_is_known(serve_with, tls, authority, own, office):
    own.cert_chain_pems[0].write_to_path(office.folder / "lecce.pem")
    async with serve_with(tls, 'certificate = "lecce.pem"') as started:
        status, _, _ = await asked(started, client_context(authority, own))
        _, _, body = await asked(started, client_context(authority, own), path=f"{BASE}/access")

    (ending,) = body["endings"]
    assert status == 200
    assert (ending["kind"], body["certificates"]) == ("tls_certificate", [fingerprint(own)])
    assert ending["ends_at"] == loaded(own).not_valid_after_utc.isoformat().replace("+00:00", "Z")


async def test_a_certificate_of_which_only_the_name_is_known_ends_when_it_was_shown_to(serve_with, tls, authority, own):
    async with serve_with(tls, 'certificate = "dns:office.example"') as started:
        _, _, body = await asked(started, client_context(authority, own), path=f"{BASE}/access")

    assert [each["name"] for each in body["endings"]] == [loaded(own).subject.rfc4514_string()]


def test_a_file_that_holds_no_certificate_is_told(office):
    (office.folder / "lecce.pem").write_text("-----BEGIN PUBLIC KEY-----")
    office.config.write_text(f'{office.config.read_text()}\n[partners.office.access]\ncertificate = "lecce.pem"\n')

    admission, mistakes = make_admission(read_settings(office.config, {}), {}, SeenHere())

    assert [".".join(each.path) for each in mistakes] == ["partners.office.access.certificate"]
    assert admission.partners["office"].closed is not None


async def test_both_certificates_are_good_while_one_is_renewed(serve_with, tls, authority, own):
    new = authority.issue_cert("office.example")
    async with serve_with(tls, f'certificate = ["{fingerprint(own)}", "{fingerprint(new)}"]') as started:
        answers = [await asked(started, client_context(authority, each)) for each in (own, new)]

    assert [status for status, _, _ in answers] == [200, 200]


async def test_a_partner_with_a_certificate_is_not_let_in_by_its_key_alone(serve_with, tls, authority, own):
    async with serve_with(tls, f'certificate = "{fingerprint(own)}"') as started:
        bearer = {"Authorization": f"Bearer {await key_of(started)}"}
        without = await asked(started, client_context(authority), headers=bearer)
        another = authority.issue_cert("else.example")
        wrong = await asked(started, client_context(authority, another), headers=bearer)
        both = await asked(started, client_context(authority, own), headers=bearer)

    assert without[:2] == (401, "certificate-missing")
    assert wrong[:2] == (401, "certificate-missing")
    assert both[0] == 200


async def test_a_partner_without_one_comes_in_by_its_key_over_tls(serve_with, tls, authority):
    async with serve_with(tls) as started:
        bearer = {"Authorization": f"Bearer {await key_of(started)}"}
        with_key = await asked(started, client_context(authority), headers=bearer)
        with_nothing = await asked(started, client_context(authority))
        unknown = await asked(started, client_context(authority, authority.issue_cert("else.example")))

    assert with_key[0] == 200
    assert with_nothing[:2] == (401, "key-missing")
    assert unknown[:2] == (401, "key-missing")


@pytest.mark.parametrize("kind", ["expired", "of another authority"])
async def test_a_certificate_that_nobody_vouches_for_opens_no_connection(
    serve_with, tls, authority, strange_authority, kind
):
    bad = (
        authority.issue_cert("office.example", not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2021))
        if kind == "expired"
        else strange_authority.issue_cert("office.example")
    )
    async with serve_with(tls, f'certificate = "{fingerprint(bad)}"') as started:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await asked(started, client_context(authority, bad))


async def test_a_token_opens_with_the_certificate_that_it_was_asked_for_with(serve_with, tls, authority, own, office):
    new = authority.issue_cert("office.example")
    private = own.private_key_pem.bytes()
    (office.folder / "office.crt").write_bytes(own.cert_chain_pems[0].bytes())
    access = (
        f'certificate = ["{fingerprint(own)}", "{fingerprint(new)}"]\n'
        'public_keys = [{ file = "office.crt", kid = "k1" }]'
    )
    async with serve_with(tls, access) as started:
        form = assertion(started.hub.world, private)
        refused = await asked(started, client_context(authority), form=form, path=TOKEN)
        status, _, body = await asked(started, client_context(authority, own), form=form, path=TOKEN)
        bearer = {"Authorization": f"Bearer {body['access_token']}"}
        same = await asked(started, client_context(authority, own), headers=bearer)
        other = await asked(started, client_context(authority, new), headers=bearer)
        none = await asked(started, client_context(authority), headers=bearer)

    assert refused[:2] == (401, "certificate-missing")
    assert (status, same[0]) == (200, 200)
    assert other[:2] == (401, "certificate-missing")
    assert none[:2] == (401, "certificate-missing")


def assertion(world, private):
    at = int(world.now().timestamp())
    claims = {"iss": "office", "sub": "office", "aud": f"{PUBLIC}{TOKEN}", "jti": "1", "iat": at, "exp": at + 60}
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": write_token(claims, signing_key(private, carry="kid", kid="k1")),
    }


# --- through a proxy -----------------------------------------------------------------------------------------------


def told(certificate):
    der = base64.b64encode(loaded(certificate).public_bytes(Encoding.DER)).decode()
    return {"Client-Cert": f":{der}:"}


def escaped(certificate):
    return {"X-SSL-Client-Cert": quote(certificate.cert_chain_pems[0].bytes())}


@pytest.mark.parametrize("header", [told, escaped])
async def test_a_listed_proxy_is_believed_about_the_certificate(serve_with, own, header):
    async with serve_with('proxies = ["127.0.0.1"]\n', f'certificate = "{fingerprint(own)}"') as started:
        status, _, _ = await asked(started, None, headers=header(own))

    assert status == 200


@pytest.mark.parametrize("header", [told, escaped])
@pytest.mark.parametrize("proxies", ["", 'proxies = ["10.0.0.5"]\n'])
async def test_a_stranger_is_not_believed_about_a_certificate(serve_with, own, header, proxies):
    async with serve_with(proxies, f'certificate = "{fingerprint(own)}"') as started:
        bearer = {"Authorization": f"Bearer {await key_of(started)}"}
        alone = await asked(started, None, headers=header(own))
        with_key = await asked(started, None, headers={**header(own), **bearer})

    assert alone[:2] == (401, "key-missing")
    assert with_key[:2] == (401, "certificate-missing")


async def test_a_certificate_that_a_proxy_tells_of_must_be_valid_now(serve_with, authority):
    old = authority.issue_cert("office.example", not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2021))
    async with serve_with('proxies = ["127.0.0.1"]\n', f'certificate = "{fingerprint(old)}"') as started:
        answer = await asked(started, None, headers=told(old))

    assert answer[:2] == (401, "certificate-missing")


@pytest.mark.parametrize(
    "header",
    [
        [("Client-Cert", "good"), ("Client-Cert", "good")],
        [("Client-Cert", "good"), ("X-SSL-Client-Cert", "good")],
        [("Client-Cert", ":AAAA:")],
        [("Client-Cert", ":é:")],
        [
            ("Client-Cert", ":"),
        ],
        [("Client-Cert", "")],
        [("X-SSL-Client-Cert", "-----BEGIN%20CERTIFICATE-----")],
        [("X-SSL-Client-Cert", "(null)")],
    ],
    ids=["twice", "in both ways", "no certificate", "no base64", "cut", "empty", "cut PEM", "what nginx says of none"],
)
async def test_what_is_no_one_certificate_names_nobody(serve_with, own, header):
    sent = [(name, told(own)["Client-Cert"] if value == "good" else value) for name, value in header]
    async with serve_with('proxies = ["127.0.0.1"]\n', f'certificate = "{fingerprint(own)}"') as started:
        answer = await asked(started, None, headers=sent)

    assert answer[:2] == (401, "key-missing")


@pytest.mark.parametrize(
    ("web", "key"),
    [
        ('tls_certificate = "none.pem"\ntls_key = "none.pem"\n', "tls_certificate"),
        ('tls_certificate = "hub.pem"\ntls_key = "ca.pem"\n', "tls_certificate"),
        ('tls_certificate = "hub.pem"\ntls_key = "hub.pem"\nclient_ca = "empty.pem"\n', "client_ca"),
    ],
)
async def test_tls_files_that_cannot_be_used_are_named_at_the_start(serve_with, tls, office, web, key):
    (office.folder / "empty.pem").write_text("")

    with pytest.raises(WrongSettings) as caught:
        async with serve_with(web):
            pass

    assert [each.path for each in caught.value.mistakes] == [("web", key)]


@pytest.mark.parametrize(
    "web",
    ['tls_certificate = "hub.pem"\n', 'client_ca = "ca.pem"\n', 'proxies = ["proxy.example"]\n'],
)
def test_settings_of_tls_that_are_half_said_are_mistakes(serve_with, web):
    with pytest.raises(WrongSettings):
        serve_with(web)


@pytest.mark.parametrize("name", ["sha256:12", "md5:00", "office.example", "dns:", "subject:"])
def test_a_certificate_is_named_in_one_of_three_ways(serve_with, name):
    with pytest.raises(WrongSettings) as caught:
        serve_with("", f'certificate = "{name}"')

    assert "sha256" in caught.value.mistakes[0].en
