from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from patto_hub.cli.shell import Exit

GOOD = {"organisation_id": "N1", "legal_name": "uno"}


def test_a_run_shows_its_balance(patto, office) -> None:
    office.send("1.json", GOOD, {"organisation_id": "N2"})

    first, second = patto("run", "office/notes"), patto("run", "office/notes", "--json")

    assert first.code == Exit.OK
    assert "2 nuovi" in first.out
    assert second.json["balance"]["unchanged"] == 2
    assert second.json["closes"] is True


def test_rows_that_were_set_aside_make_the_run_partial(patto, office) -> None:
    office.send("1.json", GOOD, {"legal_name": "no key"})

    said = patto("run", "office/notes", "--json")

    assert said.code == Exit.PARTIAL
    assert (said.json["balance"]["new"], said.json["balance"]["quarantined"]) == (1, 1)


@pytest.mark.parametrize(("trouble", "code"), [("down", Exit.TEMPORARY), ("closed", Exit.FAILED)])
def test_a_partners_trouble_is_told_with_what_to_do(patto, office, trouble, code) -> None:
    (office.inbox / trouble).touch()

    said = patto("run", "office/notes")

    assert said.code == code
    assert "→" in said.err
    assert "Traceback" not in said.err


def test_a_dry_run_writes_nothing(patto, office) -> None:
    office.send("1.json", GOOD, {"legal_name": "no key"})

    dry = patto("run", "office/notes", "--dry-run", "--json")
    run = patto("run", "office/notes", "--json")

    assert dry.code == Exit.PARTIAL
    assert {**dry.json["balance"], "bytes": 0} == {**run.json["balance"], "bytes": 0}


def test_a_preview_shows_each_field_that_would_change(patto, office) -> None:
    office.send("1.json", GOOD, {"organisation_id": "N2"})
    patto("run", "office/notes")
    office.send(
        "1.json",
        GOOD | {"legal_name": "due"},
        {"organisation_id": "N2"},
        {"organisation_id": "N3"},
        {"legal_name": "no key"},
    )

    said = patto("preview", "office/notes", "--json")

    changes = {each["key"]: each for each in said.json["changes"]}
    assert said.code == Exit.PARTIAL
    assert changes["N1"]["fields"] == ["/legal_name"]
    assert (changes["N1"]["new"], changes["N3"]["new"]) == (False, True)
    assert said.json["balance"]["unchanged"] == 1
    assert len(said.json["set_aside"]) == 1
    assert "due" not in said.out
    assert patto("run", "office/notes", "--json").json["balance"]["changed"] == 1


def test_a_preview_says_what_is_wrong_with_a_row_in_words(patto, office) -> None:
    office.send("1.json", {"legal_name": "no key"})

    said = patto("preview", "office/notes")

    assert "da parte: $[0]\n    /organisation_id: " in said.out
    assert "field.missing" not in said.out


def test_a_preview_gives_values_only_when_asked_and_notes_it(patto, office) -> None:
    office.send("1.json", GOOD)

    said = patto("preview", "office/notes", "--values")

    assert "'uno'" in said.out


def test_a_preview_stops_at_the_rows_that_were_asked_for(patto, office) -> None:
    office.send("1.json", GOOD)
    office.send("2.json", {"organisation_id": "N2"})

    assert patto("preview", "office/notes", "--rows", "1", "--json").json["cut"] is True


def test_a_stream_that_is_not_there_is_told_with_the_nearest_name(patto) -> None:
    said = patto("run", "office/note")

    assert said.code == Exit.USAGE
    assert "forse office/notes?" in said.err


def test_a_stream_that_cannot_be_run_says_why(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace("folder =", "flder ="))

    said = patto("run", "office/notes")

    assert said.code == Exit.CONFIG
    assert "forse intendevi «folder»?" in said.err


def test_a_connection_is_checked_stage_by_stage(patto, office) -> None:
    office.send("1.json", GOOD)
    good = patto("check", "office/notes", "--json")
    (office.inbox / "closed").touch()
    closed = patto("check", "office/notes")
    (office.inbox / "closed").unlink()
    (office.inbox / "down").touch()
    down = patto("check", "office/notes")

    assert good.code == Exit.OK
    assert [stage["name"] for stage in good.json] == ["record", "schema"]
    assert closed.code == Exit.FAILED
    assert "deve agire:" in closed.out
    assert "dettaglio: 401" in closed.out
    assert down.code == Exit.TEMPORARY


def test_F44_a_disappearance_is_confirmed_with_a_reason_once_it_waits(patto, office) -> None:
    nothing = patto("run", "office/notes", "--confirm-disappearance", "chiusi")
    desk = patto("status", "--json")
    with closing(sqlite3.connect(office.folder / "data" / "ledger.db")) as ledger, ledger:
        ledger.execute("INSERT OR REPLACE INTO job_state (job, vanished) VALUES ('office/notes', 7)")
    empty = patto("run", "office/notes", "--confirm-disappearance", " ")
    dry = patto("run", "office/notes", "--dry-run", "--confirm-disappearance", "chiusi")
    done = patto("run", "office/notes", "--confirm-disappearance", "chiusi")

    assert (nothing.code, empty.code, dry.code, desk.code) == (Exit.USAGE, Exit.USAGE, Exit.USAGE, Exit.OK)
    assert "nessuna sparizione attende conferma" in nothing.err
    assert "Serve un motivo" in empty.err
    assert done.code == Exit.OK
    assert "Confermata la sparizione di 7 record" in done.err
