from __future__ import annotations

from datetime import datetime

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from patto_connectors.modi import Mark
from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.ledger import keys, tokens
from patto_hub.ledger.store import open_ledger
from patto_hub.settings.read import read_settings


def rows(patto, *arguments):
    return patto("key", "list", *arguments, "--json").json


@pytest.fixture
def written(office):
    """Write into the ledger of the office."""

    def write(work, *given, **more):
        ledger = open_ledger(ledger_path(read_settings(office.config, {})))
        try:
            return ledger.write_now(work, *given, **more)
        finally:
            ledger.close()

    return write


def test_a_key_may_end_by_itself_and_reminds_of_it(patto) -> None:
    patto("key", "rotate", "office", "--days", "20", "--json")

    (row,) = rows(patto, "office")
    listed = patto("key", "list")
    standing = patto("status")

    assert (row["days_left"], row["reminder"]) == (20, 30)
    assert "scade fra 20 giorni" in listed.err
    assert "patto key rotate office" in standing.out


def test_a_key_that_ends_in_one_day_says_so(patto) -> None:
    patto("key", "rotate", "office", "--days", "1")

    assert "scade fra un giorno;" in patto("key", "list").err


def test_a_key_that_has_time_reminds_of_nothing(patto) -> None:
    patto("key", "rotate", "office", "--days", "200")

    assert rows(patto, "office")[0]["reminder"] is None
    assert "scade" not in patto("key", "list").err
    assert "key rotate" not in patto("status").out


def test_the_overlap_of_a_rotation_can_be_shortened(patto) -> None:
    first = patto("key", "rotate", "office", "--json").json
    patto("key", "rotate", "office", "--overlap", "0", "--json")

    assert {row["prefix"]: row["live"] for row in rows(patto, "office")}[first["prefix"]] is False


def test_a_key_may_open_less_than_is_granted_but_not_more(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace('["catalogue"]', '["catalogue", "pacts"]'))

    narrow = patto("key", "rotate", "office", "--feed", "pacts", "--json")
    wide = patto("key", "rotate", "office", "--feed", "payments")

    assert narrow.json["feeds"] == ["pacts"]
    assert wide.code == Exit.USAGE
    assert "catalogue, pacts" in wide.err


def test_the_last_use_of_a_key_is_listed(patto, written) -> None:
    patto("key", "rotate", "office")
    written(keys.note_uses, {1: 1_772_442_000_000})

    assert datetime.fromisoformat(rows(patto, "office")[0]["used_at"]).timestamp() == 1_772_442_000
    assert "2026-03-02" in patto("key", "list", "office").out


def test_all_that_a_partner_may_show_is_listed(patto, office, written) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (office.folder / "key.pem").write_bytes(
        public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    office.config.write_text(
        office.config.read_text()
        + f'[partners.office.access]\ncertificate = "sha256:{"0" * 64}"\n'
        + 'public_keys = [{ file = "key.pem", kid = "k1" }]\nmodi = { profiles = ["ID_AUTH_REST_02"] }\n'
    )
    patto("key", "rotate", "office")
    world = World()
    mark = Mark("t", "1", world.now())
    written(tokens.give, world, partner="office", scopes=["catalogue"], assertion=mark)

    listed = {row["way"]: row["name"] for row in rows(patto, "office")}
    ended = patto("key", "end-tokens", "office", "--json").json
    after = [row["way"] for row in rows(patto)]

    assert listed.keys() == {"key", "token", "certificate", "public_key", "signature"}
    assert listed["certificate"] == f"sha256:{'0' * 64}"
    assert listed["public_key"] == "k1"
    assert listed["signature"] == "office: ID_AUTH_REST_02"
    assert ended == {"partner": "office", "tokens": 1}
    assert "token" not in after


def test_keys_that_cannot_be_used_are_named_by_the_check_of_the_settings(patto, office) -> None:
    office.config.write_text(office.config.read_text() + '[partners.office.access]\npublic_keys = ["none.pem"]\n')

    checked = patto("config", "check")

    assert checked.code == Exit.CONFIG
    assert "partners.office.access.public_keys" in checked.err
    assert "none.pem" in checked.err
    assert [row["way"] for row in rows(patto, "office")] == ["settings"]


def test_a_partner_that_is_not_there_has_no_list(patto) -> None:
    assert patto("key", "list", "nobody").code == Exit.USAGE
