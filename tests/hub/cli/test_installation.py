from __future__ import annotations

import json
import re

import pytest

from patto_hub.cli.shell import Exit
from patto_hub.ledger import storage
from patto_schemas.model import ENTITIES


def test_the_ledger_is_upgraded_copied_and_checked(patto, office) -> None:
    first, second = patto("db", "upgrade", "--json"), patto("db", "upgrade")
    copy = office.folder / "copy.db"

    assert first.json["migrations"]
    assert "già aggiornato" in second.out
    assert patto("db", "backup", str(copy)).code == Exit.OK
    assert patto("db", "backup", str(copy)).code == Exit.USAGE
    assert patto("db", "backup", str(copy), "--replace").code == Exit.OK
    assert "integro" in patto("db", "check", str(copy)).out
    assert patto("db", "check").code == Exit.OK


def test_a_damaged_copy_is_told(patto, office) -> None:
    patto("db", "upgrade")
    copy = office.folder / "copy.db"
    patto("db", "backup", str(copy))
    content = bytearray(copy.read_bytes())
    content[5000:9000] = b"\xff" * 4000
    copy.write_bytes(content)

    said = patto("db", "check", str(copy))

    assert said.code == Exit.FAILED
    assert "Traceback" not in said.err


COMMANDS = [
    ("status",),
    ("run", "office/notes"),
    ("quarantine", "list"),
    ("key", "list", "office"),
    ("db", "upgrade"),
    ("db", "backup", "copy.db"),
    ("db", "check"),
    ("serve",),
]


@pytest.mark.parametrize("damage", [lambda c: c[:100], lambda c: b"\0" * 100 + c[100:], lambda c: c[: len(c) // 2]])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_F15_a_damaged_ledger_is_one_sentence_with_the_checks_name(patto, office, command, damage) -> None:
    patto("db", "upgrade")
    ledger = office.folder / "data" / "ledger.db"
    ledger.write_bytes(damage(ledger.read_bytes()))

    said = patto(*(str(office.folder / each) if each.endswith(".db") else each for each in command))

    assert said.code == Exit.FAILED
    assert re.search("quick_check|integrity_check", said.err)
    assert "patto db restore" in said.err
    assert "Traceback" not in said.err


def test_F15_the_doctor_names_the_check_that_a_ledger_fails(patto, office) -> None:
    patto("db", "upgrade")
    ledger = office.folder / "data" / "ledger.db"
    ledger.write_bytes(ledger.read_bytes()[:-40_000])

    said = patto("doctor", "--json")

    assert said.code == Exit.FAILED
    assert any("quick_check" in each["detail"] for each in said.json if not each["good"])


def test_only_the_service_looks_through_the_whole_ledger(patto, monkeypatch) -> None:
    patto("db", "upgrade")
    looked = []
    monkeypatch.setattr(storage, "require_sound", looked.append)

    for command in (("status",), ("run", "office/notes"), ("quarantine", "list")):
        patto(*command)
    assert not looked

    patto("doctor")
    assert len(looked) == 1


def test_a_ledger_that_is_not_there_is_told(patto) -> None:
    assert "non esiste" in patto("db", "check").err


def test_the_doctor_finds_a_healthy_installation(patto) -> None:
    fresh = patto("doctor")
    patto("db", "upgrade")
    used = patto("doctor", "--json")

    assert fresh.code == Exit.OK
    assert all(each["good"] for each in used.json)


def test_others_on_the_machine_cannot_read_the_ledger_or_a_copy(patto, office) -> None:
    copy = office.folder / "copy.db"
    patto("db", "upgrade")
    patto("db", "backup", str(copy))
    folder = office.folder / "data"
    kept = folder.stat().st_mode & 0o077, copy.stat().st_mode & 0o077
    folder.chmod(0o755)
    said = patto("doctor")

    assert kept == (0, 0)
    assert said.code == Exit.FAILED
    assert "chmod 700" in said.out


def test_the_doctor_names_what_is_wrong(patto, office, shelf) -> None:
    shelf.install("broken", "raise RuntimeError('no')")
    (office.folder / "office.key").write_text("s3cret")
    (office.folder / "office.key").chmod(0o644)
    office.config.write_text(
        office.config.read_text().replace(
            "[partners.office.settings]", '[partners.office.settings]\ntoken = { file = "office.key" }'
        )
    )

    said = patto("doctor", "--json")

    wrong = {each["what"] for each in said.json if not each["good"]}
    assert said.code == Exit.FAILED
    assert wrong == {"plugin broken", "segreto di office"}
    assert "s3cret" not in said.out


def test_the_doctor_looks_at_the_settings_first(patto, office) -> None:
    office.config.write_text("[wbe]\n")

    assert "forse intendevi «web»?" in patto("doctor").out


def test_the_published_schemas_are_written(patto, office) -> None:
    folder = office.folder / "schemas"

    written = patto("schema", "export", str(folder), "--json").json

    assert len(written) == 2 * len(ENTITIES)
    assert json.loads((folder / "pact.schema.json").read_text())["$schema"].endswith("2020-12/schema")


def test_somebody_is_added_to_the_staff(patto, monkeypatch) -> None:
    answers = iter(["una frase lunga e sicura"])
    monkeypatch.setattr("typer.prompt", lambda *_args, **_more: next(answers))

    said = patto("staff", "add", "anna.bianchi")

    assert said.code == Exit.OK
    assert "/signin/" in patto("staff", "link", "anna.bianchi").out
    assert "/signin/" in patto("staff", "link", "anna.bianchi", "--json").json["link"]


def test_a_short_password_is_refused(patto, monkeypatch) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_args, **_more: "corta")

    said = patto("staff", "add", "anna.bianchi")

    assert said.code == Exit.USAGE
    assert "12" in said.err
