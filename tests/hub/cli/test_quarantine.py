from __future__ import annotations

import importlib
import sys

import pytest

from patto_hub.cli.shell import Exit

CANARY = "Rosa Canarini"


@pytest.fixture
def number(patto, office) -> str:
    office.send("1.json", {"legal_name": CANARY})
    patto("run", "office/notes")
    return str(patto("quarantine", "list", "--json").json[0]["id"])


def test_open_rows_are_listed_with_who_can_mend_them_and_without_content(patto, number) -> None:
    said, listed = patto("quarantine", "list", "--json"), patto("quarantine", "list")

    (row,) = said.json
    assert (row["job"], row["code"], row["owner"]) == ("office/notes", "field.missing", "partner")
    assert "chi ha inviato i dati" in listed.out
    assert CANARY not in said.out + listed.out


def test_a_run_that_sets_rows_aside_says_where_to_look(patto, office) -> None:
    office.send("1.json", {"legal_name": CANARY})

    assert "patto quarantine list --job office/notes" in patto("run", "office/notes").err


def test_without_rows_it_says_so(patto) -> None:
    assert patto("quarantine", "list").out == "Nessuna riga in quarantena.\n"


def test_the_content_of_a_row_is_shown_only_when_asked_for_and_audited(patto, number) -> None:
    plain, with_content = patto("quarantine", "show", number), patto("quarantine", "show", number, "--content")

    assert CANARY not in plain.out
    assert "organisation_id" in plain.out
    assert CANARY in with_content.out


def test_a_row_is_closed_with_a_reason_once(patto, number) -> None:
    without = patto("quarantine", "waive", number, "--reason", " ")
    first = patto("quarantine", "waive", number, "--reason", "ente cessato", "--json")
    second = patto("quarantine", "waive", number, "--reason", "ente cessato")

    assert without.code == Exit.USAGE
    assert (first.code, first.json) == (
        Exit.OK,
        {"id": int(number), "state": "waived", "reason": "ente cessato"},
    )
    assert second.code == Exit.FAILED
    assert patto("quarantine", "list", "--json").json == []


def test_an_unknown_row_is_told(patto) -> None:
    assert patto("quarantine", "show", "99").code == Exit.FAILED


def test_a_replay_wants_a_row_or_a_stream(patto) -> None:
    assert patto("quarantine", "replay").code == Exit.USAGE


def test_a_row_that_is_still_wrong_stays_open_after_a_replay(patto, number) -> None:
    said = patto("quarantine", "replay", number, "--json")

    assert said.code == Exit.PARTIAL
    assert said.json["balance"]["quarantined"] == 1
    assert len(patto("quarantine", "list", "--json").json) == 1


def test_a_row_is_taken_once_the_plugin_is_mended(patto, number, shelf) -> None:
    (plugin,) = shelf.folder.glob("plugin_*.py")
    mended = plugin.read_text().replace(
        'legal_name: str = "Ente"', 'legal_name: str = "Ente"; organisation_id: str = "N0"'
    )
    plugin.write_text(mended)
    del sys.modules[plugin.stem]
    importlib.invalidate_caches()

    said = patto("quarantine", "replay", "--job", "office/notes", "--json")

    assert said.code == Exit.OK
    assert said.json["balance"]["new"] == 1
    assert patto("quarantine", "list", "--json").json == []


def test_a_closed_row_is_not_replayed(patto, number) -> None:
    patto("quarantine", "waive", number, "--reason", "ente cessato")

    assert patto("quarantine", "replay", number).code == Exit.FAILED


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "it",
            [
                "2 x field.missing: Manca un campo obbligatorio (/organisation_id).",
                "chi ha inviato i dati",
                "guardarla tutta prima di rimandarla",
            ],
        ),
        ("en", ["2 x field.missing: ", "whoever sent the data", "look at all of it before sending it again"]),
    ],
)
def test_a_run_and_a_replay_say_why_rows_were_set_aside(patto, office, language, said) -> None:
    office.send("1.json", {"legal_name": CANARY}, {"legal_name": "due"}, {"organisation_id": "N1"})

    run = patto("--lang", language, "run", "office/notes")
    replay = patto("--lang", language, "quarantine", "replay", "--job", "office/notes")
    machine = patto("quarantine", "replay", "--job", "office/notes", "--json").json["set_aside"]

    assert all(words in run.err for words in said)
    assert all(words in replay.err for words in said)
    assert [(each["code"], each["owner"], each["rows"]) for each in machine] == [("field.missing", "partner", 2)]
    assert CANARY not in run.err + replay.err


def test_a_row_that_cannot_be_read_says_that_further_checks_follow(patto, number) -> None:
    assert "altri controlli davanti" in patto("quarantine", "show", number).out
