"""When that ends which the hub and its partners show each other; none of it ends a run, a start or a page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import BaseModel

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings, Pdnd, Signing, Tls
from patto_connectors.rest.service import ServiceSettings
from patto_connectors.testing.pairs import pair_of
from patto_hub.clock.calendar import milliseconds
from patto_hub.clock.schedule import Schedule
from patto_hub.endings import Ending, of_certificates, of_file, of_jobs
from patto_hub.jobs import Job

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = milliseconds(NOW + timedelta(days=363))
ROME = ZoneInfo("Europe/Rome")


@pytest.fixture(scope="module")
def pair():
    return pair_of(rsa.generate_private_key(65537, 2048), NOW)


@pytest.fixture(scope="module")
def other():
    return pair_of(ec.generate_private_key(ec.SECP256R1()), NOW)


class Nested(BaseModel):
    """Settings of a plugin that hold those of HTTP somewhere."""

    out: HttpSettings


def job(settings, name="ente/pacts"):
    return Job(
        name=name,
        partner="ente",
        partner_id=1,
        plugin="p",
        connector=Connector(name="pacts", settings=type(settings)),
        settings=settings,
        schedule=Schedule(),
    )


@pytest.mark.parametrize(("days", "left", "due"), [(40, 40, None), (30, 30, 30), (7, 7, 7), (1, 1, 1), (-3, 0, 1)])
def test_an_ending_reminds_thirty_seven_and_one_day_before(days, left, due):
    now = milliseconds(NOW)
    ending = Ending(at=milliseconds(NOW + timedelta(days=days)), kind="key", name="k")

    assert (ending.days_left(now), ending.reminder(now)) == (left, due)


def test_a_chain_ends_with_its_first_certificate_and_authorities_each(pair, other, tmp_path):
    both = pair.certificate + other.certificate
    (tmp_path / "both.pem").write_bytes(both)

    assert [each.at for each in of_certificates(both, "hub_tls")] == [END]
    assert len(of_file(tmp_path / "both.pem", "hub_authority", chain=True)) == 2


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_cannot_be_read_has_no_end_here(content, tmp_path):
    assert of_certificates(content, "hub_tls") == []
    assert of_file(tmp_path / "none.pem", "hub_tls") == []
    assert of_file(None, "hub_tls") == []


def test_what_the_hub_shows_to_partners_is_found_wherever_it_stands_in_settings(pair, tmp_path):
    (tmp_path / "ours.pem").write_bytes(pair.certificate)
    auth = Pdnd(
        token_url="https://auth.test/t", client_id="c", purpose_id="p", kid="k1", key="x", key_until=date(2026, 3, 31)
    )
    signing = Signing(
        profiles=("INTEGRITY_REST_01",), audience="a", issuer="i", key="x", certificate=pair.certificate.decode()
    )
    http = HttpSettings(
        base_url="https://a.test",
        auth=auth,
        signing=signing,
        tls=Tls(certificate=tmp_path / "ours.pem", ca_file=tmp_path / "ours.pem"),
    )
    service = ServiceSettings(base_url="https://a.test", tls=Tls(certificate=tmp_path / "ours.pem"))

    found = of_jobs([job(Nested(out=http)), job(Nested(out=http), "ente/again"), job(service, "ente/third")], ROME)

    day_over = milliseconds(datetime(2026, 4, 1, tzinfo=ROME))
    assert {(each.kind, each.at) for each in found} == {
        ("our_key", day_over),
        ("our_certificate", END),
        ("their_authority", END),
    }
    assert len(found) == 3
    assert {each.partner for each in found} == {"ente"}


def test_settings_without_anything_that_ends_have_no_endings():
    assert of_jobs([job(ServiceSettings(base_url="https://a.test"))], ROME) == []
