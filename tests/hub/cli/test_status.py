from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

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


def test_watching_for_programs_is_a_line_each_time_until_it_is_ended(patto, office) -> None:
    patto("db", "upgrade")
    command = [
        sys.executable,
        "-m",
        "patto_hub.cli.main",
        "--config",
        str(office.config),
        "status",
        "--watch",
        "--json",
    ]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as seen:
        lines = [json.loads(seen.stdout.readline()) for _ in range(2)]
        seen.send_signal(signal.SIGINT)
        _, told = seen.communicate(timeout=20)

    assert [set(line) for line in lines] == [{"jobs", "unusable"}] * 2
    assert (seen.returncode, told) == (Exit.OK, "")
