"""F17: a hub that may open 64 files meets two hundred slow clients, and then has no file descriptor at all."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PROCESS = Path(__file__).with_name("starved_hub.py")
CLIENTS = 200
BROKEN_S = 30


@dataclass
class Starved:
    """A hub in a process of its own that may open 64 files."""

    process: subprocess.Popen[str]
    log: Path
    address: str = ""

    def __post_init__(self):
        self.address = json.loads(self.process.stdout.readline())["listening"]

    @property
    def place(self):
        host, port = self.address.removeprefix("http://").split(":")
        return host, int(port)

    def tell(self, order):
        self.process.stdin.write(json.dumps({"do": order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def get(self, path):
        with urllib.request.urlopen(self.address + path, timeout=BROKEN_S) as answer:  # noqa: S310 - ours
            return answer.read().decode()

    def get_when_there_is_a_line(self, path):
        until = time.monotonic() + BROKEN_S
        while True:
            try:
                return self.get(path)
            except (ConnectionError, urllib.error.URLError):
                assert time.monotonic() < until

    def figure(self, name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get_when_there_is_a_line("/metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def stop(self):
        self.process.stdin.write('{"do": "stop"}\n')
        self.process.stdin.close()
        assert self.process.wait(BROKEN_S) == 0


@pytest.fixture
def starved(office, tmp_path):
    """A hub that serves, and ends well."""
    log = tmp_path / "log"
    office.send("1.json", {"organisation_id": "N1"})
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, str(PROCESS), str(office.config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        made = Starved(process, log)
        try:
            yield made
        finally:
            process.kill()


def stored(office):
    """Count the records in the hub's ledger."""
    with closing(sqlite3.connect(office.folder / "data" / "ledger.db")) as ledger:
        return ledger.execute("SELECT count(*) FROM head").fetchone()[0]


@contextmanager
def slow_clients(place):
    """Open lines, and say half a head on each."""
    with ExitStack() as all_of_them:
        opened = []
        for _ in range(CLIENTS):
            opened.append(all_of_them.enter_context(socket.create_connection(place, timeout=BROKEN_S)))
            with suppress(ConnectionError):
                opened[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        yield opened


def is_closed(line):
    line.settimeout(BROKEN_S)
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


def test_F17_two_hundred_slow_clients_leave_the_ledger_and_the_sources_their_descriptors(starved, office):
    assert starved.tell("next")["outcomes"] == [["done", 1, None]]

    with slow_clients(starved.place) as lines:
        assert all(map(is_closed, lines[32:]))
        office.send("2.json", {"organisation_id": "N2"}, {"organisation_id": "N3"})
        meanwhile = starved.tell("read")["outcomes"]
    after = starved.get_when_there_is_a_line("/livez")
    refused = starved.figure('patto_http_lines_refused_total{reason="too_many"}')
    limit = starved.figure("process_max_fds")
    starved.stop()

    assert meanwhile == [["done", 2, None]]
    assert "ok" in after
    assert refused >= CLIENTS - 32
    assert limit == 64
    assert starved.log.read_text().count('"http.too_many_lines"') == 1
    assert stored(office) == 3


def test_F17_without_any_descriptor_nothing_is_lost_and_all_goes_on_by_itself_when_there_are_some(starved, office):
    assert starved.tell("next")["outcomes"] == [["done", 1, None]]
    office.send("2.json", {"organisation_id": "N2"})

    taken = starved.tell("take_all")["taken"]
    failed = starved.tell("read")["outcomes"]
    with socket.create_connection(starved.place, timeout=BROKEN_S) as waiting:
        waiting.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while "http.no_descriptor" not in starved.log.read_text():
            assert starved.process.poll() is None
        starved.tell("give_back")
        answered = waiting.recv(4096)
    again = starved.tell("next")["outcomes"]
    while again[-1][0] != "done":  # as often as it was tried meanwhile
        again = starved.tell("next")["outcomes"]
    put_off = starved.figure('patto_http_lines_refused_total{reason="no_descriptor"}')
    starved.stop()

    assert taken > 10
    assert failed == [["failed", 0, "storage.descriptors"]]
    assert answered.startswith(b"HTTP/1.1 200")
    assert again == [["done", 1, None]]
    assert put_off >= 1
    assert "Traceback" not in starved.log.read_text()
    assert stored(office) == 2
