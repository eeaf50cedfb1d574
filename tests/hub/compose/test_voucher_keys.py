"""A hub that serves reads PDND's keys by itself, and its settings say where."""

from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from patto_connectors.modi import SeenHere
from patto_connectors.ports import World
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pairs import pair_of
from patto_connectors.testing.pdnd import JWKS, FakePdnd
from patto_hub.compose import voucher_keys
from patto_hub.compose.access import make_admission
from patto_hub.compose.serve import serving
from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.read import read_settings


@pytest.fixture(scope="module")
def pair():
    return pair_of(rsa.generate_private_key(65537, 2048), World().now())


async def test_a_hub_reads_them_when_it_starts_to_serve_and_keeps_a_copy(office, pair, monkeypatch):
    kept, loop, write = asyncio.Event(), asyncio.get_running_loop(), voucher_keys._write
    monkeypatch.setattr(voucher_keys, "_write", lambda *said: (write(*said), loop.call_soon_threadsafe(kept.set)))
    pdnd, partner = FakePdnd(pair.signing(kid="one"), []), FakePartner()
    pdnd.publish(partner)
    copy = office.folder / "data/pdnd-keys.json"
    async with partner.running() as url:
        settings = f'{office.config.read_text()}[web.pdnd]\nkeys_url = "{url}{JWKS}"\naudience = "hub"\n'
        office.config.write_text(settings)
        async with serving(read_settings(office.config, {}), World()) as started, asyncio.timeout(10):
            await kept.wait()
            known = started.site.admission.voucher_keys.known

    assert [each.kid for each in known] == ["one"]
    assert [each["kid"] for each in json.loads(copy.read_text())["keys"]] == ["one"]
    assert pdnd.readings == 1


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("", "keys_url"),
        ('keys_url = "https://a.example/k"\nkeys = "k.json"', "keys_url"),
        ('keys_url = "http://a.example/k"', "https"),
        ('keys_url = "pdnd"', "https"),
        ('keys_url = "https://a.example/k"\nkeys_for = "8d"', "604800"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(tmp_path, part, words):
    (tmp_path / "hub.toml").write_text(f'[web.pdnd]\naudience = "hub"\n{part}\n')

    with pytest.raises(WrongSettings) as caught:
        read_settings(tmp_path / "hub.toml", {})

    (mistake,) = caught.value.mistakes
    assert mistake.path[:2] == ("web", "pdnd")
    assert words in mistake.en


def test_bound_evidence_without_vouchers_cannot_be_meant(tmp_path):
    (tmp_path / "hub.toml").write_text('[partners.ente.access.modi]\nprofiles = ["AUDIT_REST_02"]\n')

    with pytest.raises(WrongSettings) as caught:
        read_settings(tmp_path / "hub.toml", {})

    assert "voucher = true" in caught.value.mistakes[0].en


def test_a_file_without_keys_shuts_out_those_who_come_with_vouchers_and_says_why(tmp_path):
    (tmp_path / "pdnd.json").write_text("{}")
    (tmp_path / "hub.toml").write_text(
        '[web.pdnd]\naudience = "hub"\nkeys = "pdnd.json"\n[partners.ente.access.modi]\nvoucher = true\n'
    )

    admission, mistakes = make_admission(read_settings(tmp_path / "hub.toml", {}), {}, SeenHere())

    assert [".".join(each.path) for each in mistakes] == ["web.pdnd.keys", "partners.ente.access.modi.voucher"]
    assert admission.partners["ente"].closed is not None
