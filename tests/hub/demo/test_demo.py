from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from patto_hub.cli.shell import Exit

TIME = 60  # seconds; a machine that runs other tests beside this one is slow
WORLD = """
[world]
people = 3
ambiti = ["LE/1", "FG/6"]
[calendar]
day_seconds = 1
ahead_days = 200
"""


@dataclass
class Demonstration:
    """`patto demo` in a process of its own."""

    process: subprocess.Popen[str]

    def wait_for(self, pattern: str) -> re.Match[str]:
        told = []
        for line in self.process.stdout:
            told.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"it ended without {pattern}: {''.join(told)}{self.process.stderr.read()}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=TIME)


@pytest.fixture
def start(tmp_path):
    started: list[subprocess.Popen[str]] = []
    small = tmp_path / "world.toml"
    small.write_text(WORLD)

    def start(*options: str, **environment: str) -> Demonstration:
        process = subprocess.Popen(
            [sys.executable, "-m", "patto_hub.cli.main", "demo", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        )
        started.append(process)
        return Demonstration(process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.timeout(4 * TIME)
def test_partners_are_read_and_another_receives_then_it_goes_on_where_it_was(start, tmp_path) -> None:
    first = start("--world", "world.toml")
    size = first.wait_for(r"6 persone in 2 Ambiti, (\d+) partner, (\d+) flussi")
    link = first.wait_for(r"http://127\.0\.0\.1:\d+/signin/\S+")[0]
    first.wait_for(r"Portale dei partner +http://127\.0\.0\.1:\d+/portal")
    invited = first.wait_for(r"Chiave +(patto_\w+)")[1]
    first.wait_for(r"social_districts +letture \d+, righe \d+, nuovi [1-9]")
    first.wait_for(r"centro_impiego_\d+ +ha ricevuto .*pact [1-9]")
    first.wait_for("tutti i flussi sono aggiornati; il tempo simulato continua")
    page = build_opener(HTTPCookieProcessor()).open(link, timeout=TIME).read().decode()
    assert first.stop() == Exit.OK

    key = (tmp_path / "var/demo/receiver.key").read_text()

    second = start()
    assert second.wait_for(r"Chiave +(patto_\w+)")[1] == invited
    second.wait_for("tutti i flussi sono aggiornati; il tempo simulato continua")
    assert second.stop() == Exit.OK

    assert int(size[1]) >= 8 < int(size[2])
    assert "Ambiti territoriali sociali" in page
    assert (tmp_path / "var/demo/receiver.key").read_text() == key
    with closing(sqlite3.connect(tmp_path / "var/demo/hub/ledger.db")) as ledger:
        runs = ledger.execute("SELECT job, read FROM run WHERE job LIKE 'ambito_le_1/%' AND state = 'done' ORDER BY id")
        read: dict[str, list[int]] = {}
        for job, records in runs:
            read.setdefault(job, []).append(records)
        failed = ledger.execute("SELECT job, trouble_code FROM run WHERE state = 'failed'").fetchall()
    assert failed == []
    assert len(read) == 4
    assert all(max(records[1:], default=0) <= max(records[0], 3) for records in read.values()), read


@pytest.mark.slow
@pytest.mark.timeout(5 * TIME)
def test_F01_a_hub_that_was_killed_in_a_run_goes_on_by_itself_once_it_is_started_again(start, tmp_path) -> None:
    killed = start("--world", "world.toml", PATTO_FAILPOINT="road.records_written:1:kill")
    ended = killed.process.wait(timeout=TIME)
    with closing(sqlite3.connect(tmp_path / "var/demo/hub/ledger.db")) as ledger:
        (job,) = ledger.execute("SELECT job FROM run WHERE state = 'running' ORDER BY id LIMIT 1").fetchone()
        (kept,) = ledger.execute("SELECT count(*) FROM record_version").fetchone()

    again = start()
    again.wait_for("tutti i flussi sono aggiornati")
    stopped = again.stop()

    assert (ended, kept, stopped) == (-signal.SIGKILL, 0, Exit.OK)
    with closing(sqlite3.connect(tmp_path / "var/demo/hub/ledger.db")) as ledger:
        runs = ledger.execute("SELECT state, started_at FROM run WHERE job = ? ORDER BY id LIMIT 2", (job,)).fetchall()
    assert [state for state, _ in runs] == ["lost", "done"]
    assert runs[1][1] - runs[0][1] < 60_000


def test_a_taken_port_is_one_sentence(start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        out, err = start("--world", "world.toml", "--port", str(taken.getsockname()[1])).process.communicate(
            timeout=TIME
        )

    assert "è già occupato" in err
    assert "Traceback" not in err + out
