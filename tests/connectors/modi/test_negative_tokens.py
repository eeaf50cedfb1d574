"""Tokens that must never be taken: each is tried at the fake PDND as an assertion and at the hub as a ModI token.

A list of our own beside Wycheproof's, after RFC 8725 and what attackers of JWT libraries try.
"""

import json
from types import SimpleNamespace

import aiohttp
import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from patto_connectors.modi import Incoming, Profile, SeenHere, Trust, Untrusted, verify
from patto_connectors.modi.compact import base64url
from patto_connectors.modi.pdnd import ASSERTION_TYPE
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pdnd import Client, FakePdnd

CLIENT = "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f"
PURPOSE = "0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a"
AUDIENCE = "auth.pdnd.test/client-assertion"
IAT = 1_772_442_000  # 2026-03-02T09:00Z, the clock of these tests
CLAIMS = {
    "iss": CLIENT,
    "sub": CLIENT,
    "aud": AUDIENCE,
    "purposeId": PURPOSE,
    "jti": "j-1",
    "iat": IAT,
    "exp": IAT + 60,
}
HEAD = {"alg": "RS256", "typ": "JWT", "kid": "ours"}


@pytest.fixture
def sealed(rsa_pair, ec_pair, other_pair):
    """Make a token, signed with the right key whatever its header says."""

    def seal(header=None, claims=None, *, raw_head=None, raw_claims=None, key=rsa_pair):
        head = raw_head or json.dumps(HEAD if header is None else header).encode()
        body = raw_claims or json.dumps(CLAIMS if claims is None else claims).encode()
        text = f"{base64url(head)}.{base64url(body)}"
        signing = key.signing()
        registered = jws.JWSRegistry.algorithms[signing.algorithm]
        return f"{text}.{base64url(registered.sign(text.encode(), signing.key))}"

    return SimpleNamespace(seal=seal, rsa=rsa_pair, ec=ec_pair, other=other_pair)


def head(**more):
    return lambda s: s.seal({**HEAD, **more})


def no_head(name):
    return lambda s: s.seal({key: value for key, value in HEAD.items() if key != name})


def claim(**more):
    return lambda s: s.seal(claims={**CLAIMS, **more})


def no_claim(name):
    return lambda s: s.seal(claims={key: value for key, value in CLAIMS.items() if key != name})


def shared_secret(secret):
    def make(s):
        key = OctKey.import_key(secret(s))
        return jws.serialize_compact({**HEAD, "alg": "HS256"}, json.dumps(CLAIMS), key, algorithms=["HS256"])

    return make


def unsigned(name):
    return lambda s: ".".join((base64url(json.dumps({**HEAD, "alg": name}).encode()), s.seal().split(".")[1], ""))


def piece(index, change):
    """Change one of the three parts."""

    def make(s):
        parts = s.seal().split(".")
        parts[index] = change(parts[index])
        return ".".join(parts)

    return make


def der(s):
    return s.rsa.known().key.as_der(private=False)


WRONG = {
    "modi.algorithm": {
        "alg none": unsigned("none"),
        "alg None": unsigned("None"),
        "alg nOnE": unsigned("nOnE"),
        "alg none with a signature": head(alg="none"),
        "no alg": no_head("alg"),
        "alg that is a list": head(alg=["RS256"]),
        "alg empty": head(alg=""),
        "HS256 with the public key in PEM": shared_secret(lambda s: base64url(s.rsa.public)),
        "HS256 with the public key in DER": shared_secret(lambda s: base64url(der(s))),
        "HS256 claimed over an RSA signature": head(alg="HS256"),
        "RS512 claimed": head(alg="RS512"),
        "PS256 claimed": head(alg="PS256"),
        "RS1 claimed": head(alg="RS1"),
    },
    "modi.signature": {
        "ES256 with a key of the attacker": lambda s: s.seal({**HEAD, "alg": "ES256"}, key=s.other),
        "RS256 claimed over an EC signature": lambda s: s.seal(key=s.ec),
        "signature empty": piece(2, lambda _: ""),
        "signature of zeros": piece(2, lambda part: "A" * len(part)),
        "signature cut": piece(2, lambda part: part[:-2]),
        "signature longer": piece(2, lambda part: part + "AAAA"),
        "payload changed": piece(1, lambda _: base64url(json.dumps({**CLAIMS, "exp": IAT + 250}).encode())),
    },
    "modi.remote_key": {
        "jku": head(jku="https://evil.test/keys"),
        "jwk of the attacker": lambda s: s.seal(
            {**HEAD, "alg": "ES256", "jwk": s.other.known().key.as_dict(private=False)}, key=s.other
        ),
        "x5u instead of kid": lambda s: s.seal({"alg": "RS256", "typ": "JWT", "x5u": "https://evil.test/c.pem"}),
    },
    "modi.key_unknown": {
        "x5c of the attacker": lambda s: s.seal({**s.other.signing("x5c").header()}, key=s.other),
        "no kid": no_head("kid"),
        "kid empty": head(kid=""),
        "kid unknown": head(kid="theirs"),
        "kid that is a path": head(kid="../../dev/null"),
        "kid that is SQL": head(kid="ours' OR '1'='1"),
        "kid that is a list": head(kid=["ours"]),
    },
    "modi.header": {
        "crit": head(crit=["exp"], exp=IAT),
        "crit of b64": head(crit=["b64"], b64=False),
        "zip": head(zip="DEF"),
        "no typ": no_head("typ"),
        "typ of a voucher": head(typ="at+jwt"),
        "header names alg twice": lambda s: s.seal(raw_head=b'{"alg":"none","alg":"RS256","typ":"JWT","kid":"ours"}'),
        "header is a list": lambda s: s.seal(raw_head=b'["RS256"]'),
        "header with NaN": lambda s: s.seal(raw_head=b'{"alg":"RS256","typ":"JWT","kid":"ours","x":NaN}'),
    },
    "modi.token": {
        "padding in the header": piece(0, lambda part: part + "="),
        "padding in the payload": piece(1, lambda part: part + "=="),
        "padding in the signature": piece(2, lambda part: part + "=="),
        "standard alphabet": piece(2, lambda part: part.translate(str.maketrans("-_", "+/")) + "+"),
        "line break within": piece(1, lambda part: part[:9] + "\n" + part[9:]),
        "fourth part": lambda s: s.seal() + ".AAAA",
        "five parts, as if encrypted": lambda s: s.seal() + ".AAAA.AAAA",
        "one part": lambda s: s.seal().split(".")[0],
        "JSON serialisation": lambda s: json.dumps(
            dict(zip(("protected", "payload", "signature"), s.seal().split("."), strict=True))
        ),
    },
    "modi.claim": {
        "claim named twice": lambda s: s.seal(raw_claims=json.dumps(CLAIMS)[:-1].encode() + b',"exp":1772442250}'),
        "payload is a list": lambda s: s.seal(raw_claims=b"[]"),
        "payload is no JSON": lambda s: s.seal(raw_claims=b"exp=1772442060"),
        "exp as text": claim(exp=str(IAT + 60)),
        "exp true": claim(exp=True),
        "exp null": claim(exp=None),
        "exp infinite": lambda s: s.seal(raw_claims=json.dumps({**CLAIMS, "exp": float("inf")}).encode()),
        "exp in milliseconds": claim(exp=(IAT + 60) * 1000),
        "no exp": no_claim("exp"),
        "exp before iat": claim(exp=IAT - 1),
        "no iat": no_claim("iat"),
        "iat as text": claim(iat=str(IAT)),
        "no aud": no_claim("aud"),
        "aud empty list": claim(aud=[]),
        "aud that is an object": claim(aud={AUDIENCE: True}),
        "no iss": no_claim("iss"),
        "no jti": no_claim("jti"),
        "jti empty": claim(jti=""),
        "jti a number": claim(jti=7),
        "jti endless": claim(jti="j" * 4_000),
    },
    "modi.expired": {
        "expired": claim(iat=IAT - 200, exp=IAT - 100),
    },
    "modi.clock": {
        "iat in the future": claim(iat=IAT + 120, exp=IAT + 180),
        "nbf in the future": claim(nbf=IAT + 90),
    },
    "modi.old": {
        "iat long ago, exp far off": claim(iat=IAT - 86_400, exp=IAT + 86_400),
    },
    "modi.audience": {
        "aud of another environment": claim(aud="auth.uat.pdnd.test/client-assertion"),
        "aud that only begins so": claim(aud=AUDIENCE + ".evil.test"),
    },
    "modi.issuer": {
        "iss of somebody else": claim(iss="00000000-0000-4000-8000-000000000000"),
    },
}
"""By the code of its refusal: name of the attack, and how the token is made."""
NEGATIVE = {name: make for attacks in WRONG.values() for name, make in attacks.items()}

ONLY_PDND = {
    "no sub": no_claim("sub"),
    "sub is not the client": claim(sub="00000000-0000-4000-8000-000000000000"),
    "no purposeId": no_claim("purposeId"),
    "purposeId no UUID": claim(purposeId="ReD"),
    "purposeId of somebody else": claim(purposeId="11111111-8e1f-4b7a-a2c9-6f5e4d3c2b1a"),
    "digest of another algorithm": claim(digest={"alg": "SHA512", "value": "a" * 64}),
    "digest too short": claim(digest={"alg": "SHA256", "value": "a" * 63}),
    "digest as text": claim(digest="a" * 64),
}


@pytest.fixture
def post(clock, rsa_pair):
    """Hand a form to the fake PDND; gives status, body and why it was refused."""
    registered = Client(CLIENT, (rsa_pair.known("ours"),), frozenset({PURPOSE}))
    pdnd, partner = FakePdnd(rsa_pair.signing(kid="pdnd"), [registered], audience=AUDIENCE), FakePartner()
    pdnd.serve(partner)

    async def send(token, times=1, **more):
        form = {
            "client_id": CLIENT,
            "client_assertion": token,
            "client_assertion_type": ASSERTION_TYPE,
            "grant_type": "client_credentials",
            **more,
        }
        fields = {name: value for name, value in form.items() if value is not None}
        async with partner.running() as url, aiohttp.ClientSession() as session:
            for _ in range(times):
                async with session.post(f"{url}/token.oauth2", data=fields) as answer:
                    status, body = answer.status, await answer.json(content_type=None)
        return status, body, pdnd.refused

    return send


def believing(pair):
    """Trust of the hub in the same sender, by the same claims."""
    return Trust(
        keys=(pair.known("ours"),),
        profiles=frozenset({Profile.ID_AUTH_REST_02}),
        audience=frozenset({AUDIENCE}),
        seen=SeenHere(),
        issuer=CLIENT,
    )


async def test_token_that_is_right_is_taken_by_both(post, sealed, rsa_pair):
    status, body, refused = await post(sealed.seal())
    verified = await verify(Incoming(headers=(("Authorization", f"Bearer {sealed.seal()}"),)), believing(rsa_pair))

    assert (status, refused, verified.issuer) == (200, [], CLIENT)
    assert body["token_type"] == "Bearer"


@pytest.mark.parametrize("attack", [*NEGATIVE, *ONLY_PDND])
async def test_fake_pdnd_refuses(post, sealed, attack):
    status, body, refused = await post({**NEGATIVE, **ONLY_PDND}[attack](sealed))

    assert (status, body["errors"][0]["code"], len(refused)) == (400, "015-0008", 1)
    assert "access_token" not in body


@pytest.mark.parametrize(("code", "attack"), [(code, attack) for code, attacks in WRONG.items() for attack in attacks])
async def test_hub_refuses_for_the_right_reason(clock, sealed, rsa_pair, code, attack):
    message = Incoming(headers=(("Authorization", f"Bearer {NEGATIVE[attack](sealed)}"),))

    with pytest.raises(Untrusted) as caught:
        await verify(message, believing(rsa_pair))

    assert caught.value.code == code


async def test_F83_assertion_is_good_once(post, sealed):
    status, _, refused = await post(sealed.seal(), times=2)

    assert (status, refused) == (400, ["modi.replay"])


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": None},
        {"client_id": "00000000-0000-4000-8000-000000000000"},
        {"grant_type": "password"},
        {"grant_type": None},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"scope": "admin"},
    ],
)
async def test_fake_pdnd_refuses_another_form(post, sealed, more):
    status, _, refused = await post(sealed.seal(), **more)

    assert (status, len(refused)) == (400, 1)
