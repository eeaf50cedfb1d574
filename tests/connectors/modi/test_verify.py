from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_connectors.modi import (
    FixedKeys,
    Incoming,
    Outgoing,
    Profile,
    SeenHere,
    Signer,
    Tracking,
    Trust,
    Untrusted,
    Vouchers,
    Window,
    digest_of,
    sign,
    verify,
)
from patto_connectors.modi.evidence import write_evidence
from patto_connectors.modi.jws import write_token

HERE = "https://hub.example/rest/patto/v1"
BODY = b'{"idPatto":"PA-000042"}'
JSON = {"Content-Type": "application/json"}
WHO = Tracking(user="operatore-12", location="postazione-3", level="SPID_L2")
P = Profile
ALL = frozenset({P.ID_AUTH_REST_02, P.INTEGRITY_REST_02, P.AUDIT_REST_01, P.NON_REPUDIATION_01})
ASKED = Outgoing(audience=HERE, body=BODY, headers=JSON, tracking=WHO)
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)


def signer(pair, carry="kid", profiles=ALL):
    return Signer(key=pair.signing(carry), profiles=profiles, issuer="ambito-le-1", subject="invio")


def trust(pair, profiles=ALL, **more):
    values = {"audience": frozenset({HERE}), "seen": SeenHere(), "issuer": "ambito-le-1", **more}
    return Trust(keys=(pair.pinned("ours"),), profiles=profiles, **values)


def arrived(sent, headers):
    both = {**sent.headers, **headers}
    return Incoming(headers=tuple(both.items()), body=sent.body, method=sent.method)


def changed(message, name, value):
    """The message with one header set, or taken away."""
    rest = [(given, old) for given, old in message.headers if given != name]
    return replace(message, headers=(*rest, *([] if value is None else [(name, value)])))


async def refusal(message, belief):
    with pytest.raises(Untrusted) as caught:
        await verify(message, belief)
    return caught.value.code


@pytest.fixture
def request_of(ec_pair, clock):
    """A good request, signed by all profiles."""
    return lambda **more: arrived(replace(ASKED, **more), sign(replace(ASKED, **more), signer(ec_pair)))


@pytest.mark.parametrize(
    ("carry", "profiles"),
    [
        ("x5c", {P.ID_AUTH_REST_01}),
        ("x5t#S256", {P.ID_AUTH_REST_02}),
        ("x5c", {P.ID_AUTH_REST_02, P.INTEGRITY_REST_01}),
        ("x5t#S256", {P.ID_AUTH_REST_01, P.INTEGRITY_REST_01, P.AUDIT_REST_01}),
        ("kid", {P.INTEGRITY_REST_02}),
        ("kid", ALL),
    ],
)
async def test_what_is_signed_by_a_profile_is_verified_by_it(pair, clock, carry, profiles):
    headers = sign(ASKED, signer(pair, carry, frozenset(profiles)))

    verified = await verify(arrived(ASKED, headers), trust(pair, frozenset(profiles)))

    assert (verified.issuer, verified.subject) == ("ambito-le-1", "invio")
    assert verified.tracking == (WHO if P.AUDIT_REST_01 in profiles else None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    headers=st.fixed_dictionaries({"content-TYPE": TEXT}, optional={"Content-Encoding": TEXT, "X-Other": TEXT}),
)
async def test_any_message_survives_signing_and_verifying(ec_pair, clock, body, headers):
    sent = replace(ASKED, body=body, headers=headers)

    verified = await verify(arrived(sent, sign(sent, signer(ec_pair))), trust(ec_pair))

    assert verified.digest == digest_of(body)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0), to=st.integers(1, 255))
async def test_any_changed_byte_of_the_body_is_refused(ec_pair, request_of, at, to):
    message = request_of()
    body = bytearray(message.body)
    body[at % len(body)] ^= to

    assert await refusal(replace(message, body=bytes(body)), trust(ec_pair)) == "modi.digest"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Content-Type", "Content-Encoding", "Digest"]), at=st.integers(0), to=st.integers(0x21, 0x7E)
)
async def test_any_changed_byte_of_a_signed_header_is_refused(ec_pair, request_of, name, at, to):
    message = request_of(headers={**JSON, "Content-Encoding": "gzip"})
    value = message.find(name)
    place = at % len(value)
    new = value[:place] + chr(to if chr(to) != value[place] else to ^ 1) + value[place + 1 :]

    assert await refusal(changed(message, name, new), trust(ec_pair)) == "modi.signed_headers"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Authorization", "Agid-JWT-Signature", "Agid-JWT-TrackingEvidence"]),
    at=st.integers(0),
    to=st.integers(0x21, 0x7E),
)
async def test_any_changed_byte_of_a_token_is_refused(ec_pair, request_of, name, at, to):
    message = request_of()
    value = message.find(name)
    place = max(at % len(value), len("Bearer "))
    new = value[:place] + chr(to if chr(to) != value[place] else to ^ 1) + value[place + 1 :]

    assert (await refusal(changed(message, name, new), trust(ec_pair))).startswith("modi.")


async def test_body_that_was_swapped_with_its_digest_is_refused(ec_pair, request_of):
    forged = changed(replace(request_of(), body=b"{}"), "Digest", digest_of(b"{}"))

    assert await refusal(forged, trust(ec_pair)) == "modi.signed_headers"


@pytest.mark.parametrize("name", ["Authorization", "Digest", "Agid-JWT-Signature", "Agid-JWT-TrackingEvidence"])
async def test_missing_and_repeated_headers_are_refused(ec_pair, request_of, name):
    message = request_of()
    twice = replace(message, headers=(*message.headers, (name.lower(), message.find(name))))

    assert await refusal(changed(message, name, None), trust(ec_pair)) == "modi.missing"
    assert await refusal(twice, trust(ec_pair)) == "modi.missing"


async def test_content_type_that_was_not_signed_is_refused(ec_pair, request_of):
    message = request_of(headers={})

    assert await refusal(changed(message, "Content-Type", "text/html"), trust(ec_pair)) == "modi.signed_headers"


async def test_content_type_that_was_taken_away_is_refused(ec_pair, request_of):
    assert await refusal(changed(request_of(), "Content-Type", None), trust(ec_pair)) == "modi.signed_headers"


@pytest.mark.parametrize(
    "listed",
    [
        None,
        {"digest": digest_of(BODY), "content-type": "application/json"},
        [],
        [{"digest": digest_of(BODY), "content-type": "application/json"}],
        [{"Digest": digest_of(BODY)}, {"content-type": "application/json"}],
        [{"content-type": "application/json"}],
        [{"digest": digest_of(BODY)}, {"digest": digest_of(BODY)}, {"content-type": "application/json"}],
        [{"digest": digest_of(BODY)}, {"content-type": ["application/json"]}],
        [{"digest": digest_of(BODY)}, {"content-type": "application/json"}, {"x-patto": "1"}],
        [digest_of(BODY)],
        "digest",
    ],
)
async def test_signed_headers_of_another_shape_are_refused(ec_pair, request_of, clock, listed):
    now = int(clock.world().now().timestamp())
    claims = {"iss": "ambito-le-1", "aud": HERE, "jti": "j", "iat": now, "exp": now + 60, "signed_headers": listed}
    message = changed(request_of(), "Agid-JWT-Signature", write_token(claims, ec_pair.signing()))

    assert await refusal(message, trust(ec_pair)) == "modi.signed_headers"


async def test_further_header_that_was_signed_is_compared(ec_pair, request_of, clock):
    now = int(clock.world().now().timestamp())
    listed = [{"digest": digest_of(BODY)}, {"content-type": "application/json"}, {"x-patto": "1"}]
    claims = {"iss": "ambito-le-1", "aud": HERE, "iat": now, "exp": now + 60, "signed_headers": listed}
    message = changed(request_of(), "Agid-JWT-Signature", write_token(claims, ec_pair.signing()))

    assert (await verify(changed(message, "X-Patto", "1"), trust(ec_pair))).digest == digest_of(BODY)
    assert await refusal(changed(message, "X-Patto", "2"), trust(ec_pair)) == "modi.signed_headers"


@pytest.mark.parametrize("more", [{"method": "PATCH"}, {"headers": {**JSON, "Content-Range": "bytes 0-1/2"}}])
async def test_parts_of_a_resource_are_not_verified(ec_pair, clock, more):
    message = arrived(replace(ASKED, **more), sign(ASKED, signer(ec_pair)))

    assert await refusal(message, trust(ec_pair)) == "modi.method"


async def test_certificate_profile_wants_a_certificate_and_pdnd_profile_a_kid(ec_pair, clock):
    for carry, other in (("kid", P.INTEGRITY_REST_01), ("x5c", P.INTEGRITY_REST_02)):
        headers = sign(ASKED, signer(ec_pair, carry, frozenset({P.INTEGRITY_REST_02})))

        assert await refusal(arrived(ASKED, headers), trust(ec_pair, frozenset({other}))) == "modi.header"


async def test_token_for_somebody_else_is_refused(ec_pair, request_of):
    elsewhere = trust(ec_pair, audience=frozenset({"https://other.example"}))

    assert await refusal(request_of(), elsewhere) == "modi.audience"


async def test_token_of_another_sender_is_refused(ec_pair, request_of):
    assert await refusal(request_of(), trust(ec_pair, issuer="ambito-ba-1")) == "modi.issuer"


async def test_F83_repeated_request_is_refused(ec_pair, request_of):
    belief, message = trust(ec_pair), request_of()
    await verify(message, belief)

    assert await refusal(message, belief) == "modi.replay"


async def test_tokens_of_one_message_may_share_their_jti_and_end_at_different_times(ec_pair, request_of, clock):
    message = request_of()
    now = int(clock.world().now().timestamp())
    listed = [{"digest": digest_of(BODY)}, {"content-type": "application/json"}]
    for name, more in (("Authorization", {}), ("Agid-JWT-Signature", {"signed_headers": listed})):
        claims = {"iss": "ambito-le-1", "aud": HERE, "jti": "one", "iat": now, "exp": now + 50 + len(name), **more}
        token = write_token(claims, ec_pair.signing())
        message = changed(message, name, f"Bearer {token}" if name == "Authorization" else token)
    belief = trust(ec_pair)

    assert (await verify(message, belief)).digest == digest_of(BODY)
    assert await refusal(message, belief) == "modi.replay"


async def test_F83_old_time_stamp_is_refused_though_the_token_says_it_lives(ec_pair, clock):
    headers = sign(ASKED, replace(signer(ec_pair), life=86_400))
    await clock.sleep(361)

    assert await refusal(arrived(ASKED, headers), trust(ec_pair)) == "modi.old"


async def test_F83_token_is_remembered_longer_than_it_can_be_taken(ec_pair, clock):
    belief = trust(ec_pair)
    message = arrived(ASKED, sign(ASKED, replace(signer(ec_pair), life=86_400)))
    await verify(message, belief)

    codes = []
    for _ in range(80):
        await clock.sleep(5)
        codes.append(await refusal(message, belief))

    assert set(codes) == {"modi.replay", "modi.old"}
    assert codes.index("modi.old") == 71


async def test_F83_token_without_jti_is_refused_where_it_must_be_unique(ec_pair, clock):
    now = int(clock.world().now().timestamp())
    token = write_token({"iss": "ambito-le-1", "aud": HERE, "iat": now, "exp": now + 60}, ec_pair.signing())
    message = Incoming(headers=(("Authorization", f"Bearer {token}"),))

    assert await refusal(message, trust(ec_pair, frozenset({P.ID_AUTH_REST_02}))) == "modi.claim"
    assert (await verify(message, trust(ec_pair, frozenset({P.ID_AUTH_REST_01})))).issuer == "ambito-le-1"


async def test_F83_what_was_refused_for_another_reason_is_not_used_up(ec_pair, request_of):
    belief, message = trust(ec_pair), request_of()
    await refusal(replace(message, body=b"{}"), belief)

    assert (await verify(message, belief)).digest == digest_of(BODY)


@pytest.mark.parametrize(
    ("scheme", "code"), [("Basic eA==", "modi.missing"), ("Bearer", "modi.missing"), ("Bearer x", "modi.token")]
)
async def test_other_credentials_are_refused(ec_pair, request_of, scheme, code):
    assert await refusal(changed(request_of(), "Authorization", scheme), trust(ec_pair)) == code


@pytest.mark.parametrize("left_out", ["userID", "userLocation", "LoA"])
async def test_tracking_must_be_whole(ec_pair, request_of, clock, left_out):
    now = int(clock.world().now().timestamp())
    told = {"userID": "u", "userLocation": "p", "LoA": "2"}
    del told[left_out]
    claims = {"iss": "ambito-le-1", "aud": HERE, "jti": "t", "iat": now, "exp": now + 60, **told}
    message = changed(request_of(), "Agid-JWT-TrackingEvidence", write_token(claims, ec_pair.signing()))

    assert await refusal(message, trust(ec_pair)) == "modi.claim"


ANSWER = Outgoing(audience="ambito-le-1", body=b'{"esito":"ok"}', headers=JSON, answers=digest_of(BODY))


def answered(pair, sent=ANSWER, answers=None):
    headers = sign(sent, Signer(key=pair.signing(), profiles=ALL, issuer="hub"))
    return replace(arrived(sent, headers), answers=answers or digest_of(BODY))


async def test_answer_is_signed_with_the_request_it_answers(ec_pair, clock):
    belief = trust(ec_pair, issuer="hub", audience=frozenset({"ambito-le-1"}))
    message = answered(ec_pair)

    assert {name for name, _ in message.headers} == {"Content-Type", "Digest", "Agid-JWT-Signature"}
    assert (await verify(message, belief)).digest == digest_of(ANSWER.body)


async def test_answer_to_another_request_is_refused(ec_pair, clock):
    belief = trust(ec_pair, issuer="hub", audience=frozenset({"ambito-le-1"}))

    assert await refusal(answered(ec_pair, answers=digest_of(b"other")), belief) == "modi.request_digest"


async def test_answer_that_names_no_request_is_taken_where_that_is_not_agreed_on(ec_pair, clock):
    claims = replace(ANSWER, answers=None)
    message = arrived(
        claims, sign(claims, Signer(key=ec_pair.signing(), profiles=frozenset({P.INTEGRITY_REST_02}), issuer="h"))
    )
    message = replace(message, answers=digest_of(BODY))
    belief = trust(ec_pair, frozenset({P.INTEGRITY_REST_02}), issuer="", audience=frozenset({"ambito-le-1"}))

    assert (await verify(message, belief)).issuer == "h"
    again = replace(belief, seen=SeenHere(), profiles=belief.profiles | {P.NON_REPUDIATION_01})
    assert await refusal(message, again) == "modi.request_digest"


def voucher(pair, clock, kind="at+jwt", **more):
    now = int(clock.world().now().timestamp())
    claims = {"iss": "pdnd.test", "aud": "e-service", "client_id": "ambito-le-1", "purposeId": "p-1", "jti": "v"}
    return write_token({**claims, "iat": now, "exp": now + 600, **more}, pair.signing(kid="pdnd"), kind=kind)


def with_voucher(ec_pair, rsa_pair, clock, token=None):
    sending = signer(ec_pair, profiles=frozenset({P.INTEGRITY_REST_02, P.AUDIT_REST_01}))
    headers = {**sign(ASKED, sending), "Authorization": f"Bearer {token or voucher(rsa_pair, clock)}"}
    return arrived(ASKED, headers)


def believing(ec_pair, rsa_pair):
    pdnd = Vouchers(keys=FixedKeys((rsa_pair.known("pdnd"),)), issuer="pdnd.test", audience=frozenset({"e-service"}))
    return trust(ec_pair, vouchers=pdnd)


async def test_voucher_serves_for_many_requests_each_signed_once(ec_pair, rsa_pair, clock):
    belief, token = believing(ec_pair, rsa_pair), voucher(rsa_pair, clock)
    for _ in range(3):
        await clock.sleep(150)
        verified = await verify(with_voucher(ec_pair, rsa_pair, clock, token), belief)

    assert (verified.client_id, verified.purpose, verified.issuer) == ("ambito-le-1", "p-1", "ambito-le-1")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": "JWT"}, "modi.header"),
        ({"iss": "evil.test"}, "modi.issuer"),
        ({"aud": "other"}, "modi.audience"),
        ({"client_id": "ambito-ba-1"}, "modi.issuer"),
        ({"client_id": None}, "modi.claim"),
        ({"exp": 1_772_400_000, "iat": 1_772_300_000}, "modi.expired"),
        ({"digest": {"alg": "SHA256", "value": "0" * 64}}, "modi.unbound"),
        ({"digest": {"alg": "MD5", "value": "0" * 64}}, "modi.unbound"),
        ({"digest": "0" * 64}, "modi.unbound"),
    ],
)
async def test_wrong_voucher_is_refused(ec_pair, rsa_pair, clock, more, code):
    message = with_voucher(ec_pair, rsa_pair, clock, voucher(rsa_pair, clock, **more))

    assert await refusal(message, believing(ec_pair, rsa_pair)) == code


async def test_voucher_that_is_bound_to_the_evidence_fits_it(ec_pair, rsa_pair, clock):
    message = with_voucher(ec_pair, rsa_pair, clock)
    evidence = sha256(message.find("Agid-JWT-TrackingEvidence").encode()).hexdigest()
    bound = voucher(rsa_pair, clock, digest={"alg": "SHA256", "value": evidence})

    verified = await verify(changed(message, "Authorization", f"Bearer {bound}"), believing(ec_pair, rsa_pair))

    assert verified.tracking == WHO


BOUND = frozenset({P.AUDIT_REST_02})


@pytest.fixture
def bound_of(ec_pair, rsa_pair, clock):
    """A request whose voucher is bound to its evidence; what is otherwise as arguments."""

    def made(purpose="p-1", evidence="", **more):
        sending = signer(ec_pair, profiles=BOUND)
        told = write_evidence(WHO, sending, HERE, purpose)
        digest = {"digest": {"alg": "SHA256", "value": sha256(told.encode()).hexdigest()}}
        shown = {"Authorization": f"Bearer {voucher(rsa_pair, clock, **{**digest, **more})}"}
        sent = replace(ASKED, evidence=evidence or told)
        return arrived(sent, {**sign(sent, sending), **shown})

    return made


async def test_evidence_that_its_voucher_was_asked_for_with_serves_as_long_as_the_voucher(
    ec_pair, rsa_pair, bound_of, clock
):
    belief, message = replace(believing(ec_pair, rsa_pair), profiles=BOUND), bound_of()
    verified = []
    for _ in range(3):
        verified.append(await verify(message, belief))
        await clock.sleep(280)
    late = await refusal(message, belief)

    assert [each.tracking for each in verified] == [WHO] * 3
    assert late == "modi.expired"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"digest": None}, "modi.unbound"),
        ({"digest": {"alg": "SHA256", "value": "0" * 64}}, "modi.unbound"),
        ({"digest": {"alg": "SHA256", "value": 7}}, "modi.unbound"),
        ({"digest": []}, "modi.unbound"),
        ({"purpose": "p-2"}, "modi.unbound"),
    ],
)
async def test_evidence_of_another_voucher_is_refused(ec_pair, rsa_pair, bound_of, more, code):
    belief = replace(believing(ec_pair, rsa_pair), profiles=BOUND)

    assert await refusal(bound_of(**more), belief) == code


async def test_evidence_that_was_changed_after_the_voucher_was_given_is_refused(ec_pair, rsa_pair, bound_of):
    belief = replace(believing(ec_pair, rsa_pair), profiles=BOUND)
    another = write_evidence(replace(WHO, user="operatore-13"), signer(ec_pair, profiles=BOUND), HERE, "p-1")

    assert await refusal(bound_of(evidence=another), belief) == "modi.unbound"


async def test_evidence_of_somebody_else_is_refused_though_the_voucher_tells_of_it(
    ec_pair, other_pair, rsa_pair, clock, bound_of
):
    belief = replace(believing(ec_pair, rsa_pair), profiles=BOUND)
    strange = write_evidence(WHO, signer(other_pair, profiles=BOUND), HERE, "p-1")
    digest = {"alg": "SHA256", "value": sha256(strange.encode()).hexdigest()}

    assert await refusal(bound_of(evidence=strange, digest=digest), belief) == "modi.signature"


def test_a_bound_request_without_its_evidence_is_not_signed(ec_pair):
    with pytest.raises(ValueError, match="evidence"):
        sign(ASKED, signer(ec_pair, profiles=BOUND))


async def test_trust_without_a_profile_is_a_mistake_of_ours(ec_pair, request_of):
    with pytest.raises(ValueError, match="no profile"):
        await verify(request_of(), trust(ec_pair, frozenset()))


async def test_clocks_may_differ_within_the_window_only(ec_pair, request_of, clock):
    early = request_of()
    strict = trust(ec_pair, window=Window(skew=timedelta(seconds=5)))
    clock.passed -= 30

    assert await refusal(early, strict) == "modi.clock"
    assert (await verify(early, trust(ec_pair))).digest == digest_of(BODY)
