"""A voucher that is bound to a key opens with a proof by that key, for this request, once (RFC 9449 section 4.3)."""

from dataclasses import replace

import pytest

from patto_connectors.modi import FixedKeys, Incoming, Profile, SeenHere, Trust, Untrusted, Vouchers, verify
from patto_connectors.modi.jws import write_token
from patto_connectors.testing.pairs import proof_of

ADDRESS = "https://hub.example/rest/patto/v1/feeds/pacts/changes"


@pytest.fixture
def belief(rsa_pair):
    pdnd = Vouchers(keys=FixedKeys((rsa_pair.known("pdnd"),)), issuer="pdnd.test", audience=frozenset({"e-service"}))
    return Trust(
        keys=(),
        profiles=frozenset({Profile.ID_AUTH_REST_02}),
        audience=frozenset({"hub"}),
        seen=SeenHere(),
        issuer="ente",
        vouchers=pdnd,
    )


@pytest.fixture
def voucher(rsa_pair, ec_pair, clock):
    """A voucher that is bound to the key of `ec_pair`; claims as arguments."""

    def made(**more):
        now = int(clock.world().now().timestamp())
        claims = {"iss": "pdnd.test", "aud": "e-service", "client_id": "ente", "purposeId": "p-1", "jti": "v"}
        bound = {"cnf": {"jkt": ec_pair.known().key.thumbprint()}}
        claims |= {"iat": now, "exp": now + 600, **bound, **more}
        return write_token(
            {name: value for name, value in claims.items() if value is not None},
            rsa_pair.signing(kid="pdnd"),
            kind="at+jwt",
        )

    return made


@pytest.fixture
def request_of(voucher, ec_pair):
    """A request with a good proof; what is otherwise as arguments."""

    def made(pair=ec_pair, scheme="DPoP", bound=None, method="GET", **changes):
        shown = voucher() if bound is None else bound
        proof = proof_of(pair, shown, "GET", ADDRESS, **changes)
        headers = (("Authorization", f"{scheme} {shown}"), ("DPoP", proof))
        return Incoming(headers=headers, method=method, address=f"{ADDRESS}?after=x")

    return made


async def refusal(message, belief):
    with pytest.raises(Untrusted) as caught:
        await verify(message, belief)
    return caught.value.code


async def test_a_proof_opens_for_its_request_and_the_next_one_needs_another(belief, request_of, voucher, clock):
    shown = voucher()

    verified = [await verify(request_of(bound=shown), belief) for _ in range(3)]

    assert {(each.client_id, each.purpose) for each in verified} == {("ente", "p-1")}


async def test_F83_a_proof_is_good_once(belief, request_of):
    message = request_of()

    await verify(message, belief)

    assert await refusal(message, belief) == "modi.replay"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"htm": "POST"}, "modi.dpop"),
        ({"htm": "get"}, "modi.dpop"),
        ({"htu": "https://hub.example/rest/patto/v1/feeds/catalogue/changes"}, "modi.dpop"),
        ({"htu": "http://hub.example/rest/patto/v1/feeds/pacts/changes"}, "modi.dpop"),
        ({"htu": 7}, "modi.dpop"),
        ({"htu": "https://[broken"}, "modi.dpop"),
        ({"htu": None}, "modi.dpop"),
        ({"ath": "AAAA"}, "modi.dpop"),
        ({"ath": None}, "modi.claim"),
        ({"jti": None}, "modi.claim"),
        ({"iat": None}, "modi.claim"),
        ({"iat": "now"}, "modi.claim"),
        ({"iat": 1_772_441_000}, "modi.old"),
        ({"iat": 1_772_443_000}, "modi.clock"),
        ({"header": {"typ": "JWT"}}, "modi.dpop"),
        ({"header": {"jwk": None}}, "modi.dpop"),
        ({"header": {"jwk": {"kty": "oct", "k": "c2VjcmV0"}}}, "modi.dpop"),
        ({"header": {"jku": "https://elsewhere.example"}}, "modi.remote_key"),
        ({"header": {"crit": ["b64"], "b64": False}}, "modi.header"),
    ],
)
async def test_a_proof_that_is_not_for_this_request_is_refused(belief, request_of, changes, code):
    assert await refusal(request_of(**changes), belief) == code


async def test_a_proof_by_another_key_is_refused(belief, request_of, other_pair, ec_pair):
    stolen = {"header": {"jwk": ec_pair.known().key.as_dict(private=False)}}

    assert await refusal(request_of(pair=other_pair), belief) == "modi.dpop"
    assert await refusal(request_of(pair=other_pair, **stolen), belief) == "modi.signature"


async def test_a_proof_that_brings_a_private_key_is_refused(belief, request_of, ec_pair):
    private = {**ec_pair.known().key.as_dict(private=False), "d": "AAAA"}

    assert await refusal(request_of(header={"jwk": private}), belief) == "modi.dpop"


async def test_an_address_is_the_same_however_it_is_spelled_and_its_query_does_not_count(belief, request_of):
    spelled = "HTTPS://Hub.Example:443/rest/patto/v1/feeds/pacts/changes?after=y#z"

    assert (await verify(request_of(htu=spelled), belief)).client_id == "ente"


async def test_a_bound_voucher_is_not_to_be_shown_without_its_proof_nor_another_with_one(belief, request_of, voucher):
    unbound = voucher(cnf=None)

    assert await refusal(request_of(scheme="Bearer"), belief) == "modi.dpop"
    assert await refusal(request_of(bound=unbound), belief) == "modi.dpop"
    assert (await verify(request_of(bound=unbound, scheme="Bearer"), belief)).client_id == "ente"


@pytest.mark.parametrize("cnf", [{}, {"x5t#S256": "AAAA"}, {"jkt": ""}, {"jkt": 7}, "AAAA", []])
async def test_a_voucher_that_is_bound_in_another_way_is_refused(belief, request_of, voucher, cnf):
    for scheme in ("DPoP", "Bearer"):
        assert await refusal(request_of(bound=voucher(cnf=cnf), scheme=scheme), belief) == "modi.dpop"


async def test_the_proof_must_be_there_once(belief, request_of):
    message = request_of()
    without = replace(message, headers=message.headers[:1])
    twice = replace(message, headers=(*message.headers, message.headers[1]))

    assert await refusal(without, belief) == "modi.missing"
    assert await refusal(twice, belief) == "modi.missing"


async def test_without_the_address_of_the_request_nothing_is_judged(belief, request_of):
    with pytest.raises(ValueError, match="address"):
        await verify(replace(request_of(), address=""), belief)
