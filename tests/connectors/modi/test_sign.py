from dataclasses import replace

import pytest

from patto_connectors.modi import Outgoing, Profile, Signer, Tracking, Untrusted, digest_of, sign

WHO = Tracking(user="operatore-12", location="postazione-3", level="SPID_L2")
ASKED = Outgoing(audience="https://hub.example", body=b"{}", tracking=WHO)
ALL = frozenset({Profile.ID_AUTH_REST_02, Profile.INTEGRITY_REST_02, Profile.AUDIT_REST_01})


@pytest.fixture
def us(ec_pair, clock):
    return Signer(key=ec_pair.signing(), profiles=ALL, issuer="ambito-le-1")


def test_headers_are_spelt_as_the_guidelines_spell_them(us):
    assert sign(ASKED, us).keys() == {
        "Authorization",
        "Digest",
        "Agid-JWT-Signature",
        "Agid-JWT-TrackingEvidence",
    }


def test_digest_is_that_of_the_very_bytes():
    assert digest_of(b'{"testo": "Ciao mondo"}') == "SHA-256=hPq3xjgxGMr98LL2/lP2Y66DVCTcXdwL+YpNQD/gmvk="
    assert digest_of(b'{"testo":"Ciao mondo"}') == "SHA-256=XPLevcS/HwVMCRq67PMbZd7RWF/zmIKEZPwrdiKIB5o="
    assert digest_of(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_tracking_profile_must_be_told_who(us):
    with pytest.raises(ValueError, match="AUDIT_REST_01"):
        sign(replace(ASKED, tracking=None), us)


def test_person_who_acts_does_not_show():
    assert "operatore-12" not in repr(ASKED) + repr(WHO)


def test_only_the_agreed_profiles_are_signed(us):
    assert sign(ASKED, replace(us, profiles=frozenset({Profile.ID_AUTH_REST_01}))).keys() == {"Authorization"}
    assert sign(ASKED, replace(us, profiles=frozenset({Profile.INTEGRITY_REST_01}))).keys() == {
        "Digest",
        "Agid-JWT-Signature",
    }


@pytest.mark.parametrize("more", [{"method": "PATCH"}, {"method": "patch"}, {"headers": {"range": "bytes=0-1"}}])
def test_parts_of_a_resource_are_not_signed(us, more):
    with pytest.raises(Untrusted) as caught:
        sign(replace(ASKED, **more), us)

    assert caught.value.code == "modi.method"
