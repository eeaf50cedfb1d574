"""Asks for pages over plain sockets, as fast as answers come: far cheaper than a client that reads what it gets."""

from __future__ import annotations

import os
import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Server:
    """Whom to ask on loopback."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Give the processor time that it has taken; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Answers:
    """What came."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    """Processor time of the server meanwhile."""
    count: int = 0
    octets: int = 0
    waits: list[float] = field(default_factory=list)
    """Seconds from each request to its last byte."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds

    def wait(self, share: float) -> float:
        """Give the wait that this share of the requests did not exceed."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))]


@dataclass(slots=True)
class _Line:
    """One connection: what it asks next, and how much of the answer is still to come."""

    sock: socket.socket
    requests: Iterator[bytes]
    status: bytes
    sent_at: float = 0.0
    head: bytes = b""
    left: int = -1


def request(path: str, *, key: str = "", tag: str = "", coding: str = "identity") -> bytes:
    """Give the bytes of a request."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", f"Accept-Encoding: {coding}"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += [f"If-None-Match: {tag}"] if tag else []
    return "\r\n".join([*lines, "", ""]).encode()


def load(server: Server, requests: Sequence[Iterator[bytes]], seconds: float, status: int = 200) -> Answers:
    """Ask on as many connections as there are iterators, each its own, one request after the other.

    Raises:
        SystemExit: another answer came than one with this status, or an iterator came to its end.
    """
    answers, buffer = Answers(), bytearray(_BUFFER)
    with selectors.DefaultSelector() as waiting:
        lines = [_Line(_connected(server.port), each, b"HTTP/1.1 %d " % status) for each in requests]
        begun, taken = time.perf_counter(), server.cpu_s()
        for line in lines:
            waiting.register(line.sock, selectors.EVENT_READ, line)
            _ask(line)
        while lines:
            for ready, _ in waiting.select(10):
                line = ready.data
                if not _take(line, buffer, answers):
                    continue
                if time.perf_counter() - begun < seconds:
                    _ask(line)
                    continue
                waiting.unregister(line.sock)
                line.sock.close()
                lines.remove(line)
        answers.seconds, answers.cpu_s = time.perf_counter() - begun, server.cpu_s() - taken
    return answers


def fetch(server: Server, asked: bytes) -> tuple[dict[str, str], bytes]:
    """Ask once; give the headers by their names in lower case, and the body."""
    with _connected(server.port) as sock:
        sock.sendall(asked)
        got = b""
        while b"\r\n\r\n" not in got:
            got += sock.recv(_BUFFER)
        head, _, body = got.partition(b"\r\n\r\n")
        found = _LENGTH.search(head)
        while len(body) < int(found[1] if found else 0):
            body += sock.recv(_BUFFER)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"{head[:40]!r} {body[:400]!r}")
    named = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, value in named}, body


class SlowReaders:
    """Readers that ask for a page each and take a few bytes a second of it, for the length of the block."""

    def __init__(self, server: Server, asked: Sequence[bytes], octets: int = 16, every_s: float = 0.5) -> None:
        self._port, self._asked, self._octets, self._every_s = server.port, asked, octets, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.taken = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        socks = [_connected(self._port, small=True) for _ in self._asked]
        for sock, asked in zip(socks, self._asked, strict=True):
            sock.sendall(asked)
        while not self._stop.wait(self._every_s):
            self.taken += sum(len(sock.recv(self._octets)) for sock in socks)
        for sock in socks:
            sock.close()


def _connected(port: int, *, small: bool = False) -> socket.socket:
    sock = socket.socket()
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _ask(line: _Line) -> None:
    asked = next(line.requests, None)
    if asked is None:
        raise SystemExit("there are no more requests: more changes, or fewer seconds")
    line.head, line.left, line.sent_at = b"", -1, time.perf_counter()
    line.sock.sendall(asked)


def _take(line: _Line, buffer: bytearray, answers: Answers) -> bool:
    """Take what has come; says whether the answer is whole."""
    count = line.sock.recv_into(buffer)
    if not count:
        raise SystemExit(f"the connection ended within an answer, after {line.head[:200]!r}")
    answers.octets += count
    if line.left < 0:
        line.head += buffer[:count]
        head, found, body = line.head.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(line.status):
            raise SystemExit(f"{head[:40]!r} instead of {line.status!r}; {body[:400]!r}")
        length = _LENGTH.search(head)
        line.left = (int(length[1]) if length and b" 304 " not in head[:13] else 0) - len(body)
    else:
        line.left -= count
    if line.left > 0:
        return False
    answers.count += 1
    answers.waits.append(time.perf_counter() - line.sent_at)
    return True
