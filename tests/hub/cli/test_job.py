from __future__ import annotations

import json

import pytest

from patto_hub.cli.shell import Exit
from patto_hub.ledger import audit
from patto_hub.ledger.store import open_ledger

LATER = "2999-12-31T08:00"


def audited(office) -> list[tuple[str, str, dict]]:
    ledger = open_ledger(office.folder / "data" / "ledger.db")
    try:
        entries = [each for each in ledger.read_now(audit.newest) if each.action.startswith("job.")]
    finally:
        ledger.close()
    return [(each.action, each.subject, json.loads(each.detail)) for each in reversed(entries)]


def test_a_stream_is_paused_and_goes_on_and_both_are_audited(patto, office) -> None:
    paused = patto("job", "pause", "office/notes", "--reason", " migrazione ", "--until", LATER, "--json")
    (while_paused,) = patto("job", "list", "--json").json
    (standing,) = patto("status", "--json").json["jobs"]
    resumed = patto("job", "resume", "office/notes", "--json")
    (after,) = patto("job", "list", "--json").json

    assert paused.json == {"job": "office/notes", "paused": True, "until": "2999-12-31T07:00:00Z"}
    assert while_paused["paused"]["reason"] == "migrazione"
    assert while_paused["paused"]["by"].startswith("cli:")
    assert (while_paused["paused"]["until"], while_paused["next_at"]) == ("2999-12-31T07:00:00Z", None)
    assert standing["state"] == "paused"
    assert resumed.json == {"job": "office/notes", "paused": False, "changed": True}
    assert after["paused"] is None
    assert after["next_at"] is not None
    assert audited(office) == [
        ("job.pause", "office/notes", {"reason": "migrazione", "until": 32503618800000}),
        ("job.resume", "office/notes", {}),
    ]


def test_a_pause_without_an_end_lasts_until_somebody_resumes(patto) -> None:
    said = patto("job", "pause", "office/notes", "--reason", "cambio gestionale")

    assert said.out == "office/notes: sospeso, finché qualcuno lo riprende.\n"
    assert "cambio gestionale; fino a nuova decisione" in patto("job", "list").out
    assert "until somebody resumes it" in patto("--lang", "en", "job", "list").out


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("2999-07-01", "2999-07-01T22:00:00Z"),
        ("2999-07-01 08:00", "2999-07-01T06:00:00Z"),
        ("2999-07-01T08:00+00:00", "2999-07-01T08:00:00Z"),
    ],
)
def test_the_end_is_local_unless_it_says_its_offset_and_a_day_counts_whole(patto, until, end) -> None:
    assert patto("job", "pause", "office/notes", "--reason", "x", "--until", until, "--json").json["until"] == end


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--reason", " "), "Serve un motivo"),
        (("--reason", "x" * 201), "al massimo 200 caratteri"),
        (("--reason", "x", "--until", "domani"), "2026-12-31T08:00"),
        (("--reason", "x", "--until", "2020-01-01"), "momento futuro"),
    ],
)
def test_a_bad_pause_changes_nothing_and_shows_a_right_one(patto, office, options, words) -> None:
    said = patto("job", "pause", "office/notes", *options)

    assert said.code == Exit.USAGE
    assert words in said.err
    assert audited(office) == []
    assert patto("job", "list", "--json").json[0]["paused"] is None


def test_what_is_not_paused_is_left_alone(patto, office) -> None:
    said = patto("job", "resume", "office/notes")

    assert said.code == Exit.OK
    assert "non era sospeso" in said.out
    assert audited(office) == []


def test_a_stream_that_is_not_there_is_told_with_the_nearest_name(patto) -> None:
    for verb in (("pause", "office/note", "--reason", "x"), ("resume", "office/note")):
        said = patto("job", *verb)

        assert said.code == Exit.USAGE
        assert "forse office/notes?" in said.err


def test_a_stream_that_cannot_be_run_is_listed_with_the_reason(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace("folder =", "flder ="))

    (row,) = patto("job", "list", "--json").json

    assert "forse intendevi «folder»?" in row["unusable"]
    assert "forse intendevi «folder»?" in " ".join(patto("job", "list").out.split())
