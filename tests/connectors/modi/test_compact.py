import json
from collections import Counter

import pytest

from patto_connectors.errors import Refused
from patto_connectors.modi.compact import ALGORITHMS, base64url, read_compact
from patto_connectors.modi.jws import verify
from patto_connectors.modi.keys import known_jwk
from patto_connectors.modi.refusal import Untrusted

HEAD = '{"alg":"RS256"}'


def text(header=HEAD, payload=b"{}", signature=b"sig"):
    return ".".join(map(base64url, (header.encode(), payload, signature)))


def refusal(token, algorithms=ALGORITHMS):
    with pytest.raises(Untrusted) as caught:
        read_compact(token, algorithms)
    return caught.value.code


def test_well_formed_token_is_taken_apart():
    token = read_compact(text(payload=b"Patto"), ALGORITHMS)

    assert (token.algorithm, token.payload) == ("RS256", b"Patto")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        text() + ".",
        text() + "=",
        text() + "\n",
        " " + text(),
        text().replace(".", "=.", 1),
        text().replace(".", "?.", 1),
        text().replace(".", "\u0660.", 1),
        base64url(HEAD.encode()) + ".QR.c2ln",  # two bits left over
        base64url(HEAD.encode()) + ".A.c2ln",
        base64url(HEAD.encode()) + ".a+/b.c2ln",
        "A" * 20_000,
    ],
)
def test_what_is_not_three_canonical_parts_is_refused(token):
    assert refusal(token) == "modi.token"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ('{"alg":"RS256","alg":"none"}', "modi.header"),
        ('{"alg":"RS256","kid":"a","kid":"b"}', "modi.header"),
        ('{"alg":"RS256"', "modi.header"),
        ('["RS256"]', "modi.header"),
        ('{"alg":"RS256","crit":["exp"]}', "modi.header"),
        ('{"alg":"RS256","crit":[]}', "modi.header"),
        ('{"alg":"RS256","b64":false}', "modi.header"),
        ('{"alg":"RS256","zip":"DEF"}', "modi.header"),
        ('{"alg":"RS256","jku":"https://evil.test/keys"}', "modi.remote_key"),
        ('{"alg":"RS256","jwk":{"kty":"RSA"}}', "modi.remote_key"),
        ('{"alg":"none"}', "modi.algorithm"),
        ('{"alg":"None"}', "modi.algorithm"),
        ('{"alg":"HS256"}', "modi.algorithm"),
        ('{"alg":"rs256"}', "modi.algorithm"),
        ('{"alg":["RS256"]}', "modi.algorithm"),
        ("{}", "modi.algorithm"),
    ],
)
def test_header_that_is_not_the_agreed_one_is_refused(header, code):
    assert refusal(text(header)) == code


def test_shared_key_algorithm_cannot_even_be_allowed():
    assert refusal(text('{"alg":"HS256"}'), frozenset({"HS256"})) == "modi.algorithm"


@pytest.mark.shared
def test_wycheproof_signatures(shared):
    """355 invalid: all refused. 46 valid: the 16 of our algorithms taken (RS256 8, ES256 2, PS256 6), 30 refused."""
    path = shared / "bad_input/wycheproof/testvectors_v1/json_web_signature_test.json"
    seen: Counter[tuple[str, bool]] = Counter()
    taken: Counter[str] = Counter()
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        jwk = group.get("public") or group["private"]
        for case in group["tests"]:
            try:
                token = read_compact(case["jws"], ALGORITHMS)
                verify(token, known_jwk(jwk))
            except Refused:
                seen[case["result"], False] += 1
            else:
                seen[case["result"], True] += 1
                taken[token.algorithm] += 1

    assert seen == {("invalid", False): 355, ("valid", True): 16, ("valid", False): 30}
    assert taken == {"RS256": 8, "ES256": 2, "PS256": 6}


@pytest.mark.shared
def test_wycheproof_padding_that_the_library_takes_is_refused_for_its_spelling(shared):
    path = shared / "bad_input/wycheproof/testvectors_v1/json_web_signature_test.json"
    groups = json.loads(path.read_text("utf-8"))["testGroups"]
    odd = [case["jws"] for group in groups for case in group["tests"] if set(case["jws"]) & set("=?+/ ")]

    assert odd
    assert {refusal(token) for token in odd} == {"modi.token"}
