from __future__ import annotations

from patto_hub.cli.shell import Exit


def test_a_stream_is_told_in_the_words_of_the_staff_page(patto, office) -> None:
    office.send("1.json", {"organisation_id": "N1"})
    before = patto("status")
    patto("run", "office/notes")
    after, english = patto("status"), patto("--lang", "en", "status")

    assert "Mai letto" in before.out
    assert "letto: 1 nuovo" in after.out
    assert "read: 1 new" in english.out
    assert after.code == Exit.OK


def test_the_shape_for_programs_is_stable(patto, office) -> None:
    (job,) = patto("status", "--json").json["jobs"]

    assert set(job) == {
        "job",
        "state",
        "reason",
        "deadline",
        "last_good_at",
        "nothing_new_since",
        "unread_since",
        "running_since",
        "volume",
        "quarantined",
        "owners",
        "parked",
        "paused_until",
        "balance",
    }


def test_a_stream_that_cannot_be_run_is_listed_with_the_reason(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace("folder =", "flder ="))

    said = patto("status", "--json")

    assert said.json["jobs"] == []
    assert "forse intendevi «folder»?" in said.json["unusable"][0]["reason"]


def test_no_colours_are_written_where_nobody_sees_them(patto) -> None:
    assert "\x1b[" not in patto("status").out
