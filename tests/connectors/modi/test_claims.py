import pytest

from patto_connectors.modi import Untrusted, Window
from patto_connectors.modi.claims import check_parties, check_times, text

IAT = 1_772_442_000  # 2026-03-02T09:00Z, the clock of these tests
GOOD = {"iat": IAT, "exp": IAT + 120}
US = frozenset({"https://hub.example"})


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": IAT + 60}, "modi.claim"),
        ({"iat": IAT}, "modi.claim"),
        ({"iat": IAT, "exp": "1772442120"}, "modi.claim"),
        ({"iat": IAT, "exp": True}, "modi.claim"),
        ({"iat": IAT, "exp": None}, "modi.claim"),
        ({"iat": IAT, "exp": 1e300}, "modi.claim"),
        ({"iat": -1, "exp": IAT}, "modi.claim"),
        ({"iat": IAT, "exp": IAT}, "modi.claim"),
        ({"iat": IAT * 1000, "exp": IAT * 1000 + 60_000}, "modi.claim"),
        ({"iat": IAT - 200, "exp": IAT - 61}, "modi.expired"),
        ({"iat": IAT - 361, "exp": IAT + 60}, "modi.old"),
        ({"iat": IAT + 61, "exp": IAT + 120}, "modi.clock"),
        ({**GOOD, "nbf": IAT + 61}, "modi.clock"),
        ({**GOOD, "nbf": "now"}, "modi.claim"),
    ],
)
def test_times_outside_of_the_window_are_refused(clock, claims, code):
    with pytest.raises(Untrusted) as caught:
        check_times(claims, clock.world().now(), Window())

    assert caught.value.code == code


@pytest.mark.parametrize("claims", [GOOD, {"iat": IAT - 359.5, "exp": IAT + 1.5}, {"iat": IAT + 59, "exp": IAT + 60}])
def test_times_within_the_window_are_taken(clock, claims):
    until = check_times(claims, clock.world().now(), Window())

    assert until.timestamp() > claims["iat"] + 60


def test_voucher_ends_by_its_expiry_only(clock):
    claims = {"iat": IAT - 3_000, "exp": IAT + 600}

    assert check_times(claims, clock.world().now(), Window(), aged=False).timestamp() == IAT + 720


@pytest.mark.parametrize(
    ("aud", "code"),
    [
        (None, "modi.claim"),
        ([], "modi.claim"),
        ([7], "modi.claim"),
        ({"a": 1}, "modi.claim"),
        ("https://hub.example/", "modi.audience"),
        ("HTTPS://HUB.EXAMPLE", "modi.audience"),
        (["https://a.example", "https://b.example"], "modi.audience"),
    ],
)
def test_other_audience_is_refused(aud, code):
    with pytest.raises(Untrusted) as caught:
        check_parties({"aud": aud}, US, "")

    assert caught.value.code == code


@pytest.mark.parametrize("aud", ["https://hub.example", ["https://a.example", "https://hub.example"]])
def test_our_audience_is_taken_alone_or_among_others(aud):
    check_parties({"aud": aud}, US, "")

    with pytest.raises(Untrusted):
        check_parties({"aud": aud}, US, "ambito-le-1")


@pytest.mark.parametrize("value", [None, 7, "", "  ", "x" * 600, ["a"]])
def test_claim_that_is_no_fit_text_is_refused(value):
    with pytest.raises(Untrusted):
        text({"jti": value}, "jti")
