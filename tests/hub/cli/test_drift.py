from __future__ import annotations

from patto_hub.cli.shell import Exit

CANARY = "canarino-3141"


def test_F36_F37_drift_is_listed_by_field_and_never_by_value(patto, office) -> None:
    office.send(
        "1.json",
        {"organisation_id": "N1", "colore": CANARY},
        {"organisation_id": "N2", "colore": CANARY},
        {"legal_name": CANARY},
    )
    patto("run", "office/notes")

    whole, one = patto("drift", "list", "--json"), patto("drift", "list", "office/notes", "--json")
    shown = patto("drift", "list")

    assert [(each["field"], each["what"], each["times"]) for each in whole.json] == [
        ("/colore", "added", 2),
        ("/organisation_id", "missing", 1),
    ]
    assert set(whole.json[0]) == {"job", "field", "what", "first_at", "last_at", "times"}
    assert one.json == whole.json
    assert "campo nuovo" in shown.out
    assert "new field" in patto("--lang", "en", "drift", "list").out
    assert CANARY not in whole.out + shown.out


def test_where_every_field_is_as_agreed_it_says_so(patto) -> None:
    assert "come concordato" in patto("drift", "list", "office/notes").out
    assert patto("drift", "list", "--json").json == []


def test_a_stream_that_is_not_there_is_told_with_the_nearest_name(patto) -> None:
    said = patto("drift", "list", "office/note")

    assert said.code == Exit.USAGE
    assert "forse office/notes?" in said.err
