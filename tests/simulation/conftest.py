"""What the simulations share: an empty ledger made once, a fast folder, a disk that loses power."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest
import structlog
from sqlalchemy import event

from patto_hub.ledger import upgrade


class Disk(apsw.VFS):
    """Files that forget what was not synced when the power goes; made of 40 lines over SQLite's own seam.

    Each write since the last sync of its file may or may not have reached the platter: a seeded coin decides, write by
    write. That is harsher than most disks, and as harsh as the worst.
    """

    NAME = "patto-power-loss"

    def __init__(self):
        self.base: dict[str, bytes] = {}
        self.pending: dict[str, list[tuple[int, bytes | None]]] = {}
        super().__init__(self.NAME, "", exclude={"xSetSystemCall", "xGetSystemCall", "xNextSystemCall"})

    def xOpen(self, name, flags):
        return _File(self, name, flags)

    def lose_power(self, chance):
        """Put each file back to its last sync plus a random half of what was written since."""
        for name, writes in self.pending.items():
            content = bytearray(self.base[name])
            for offset, piece in writes:
                if chance.random() < 0.5:
                    continue
                if piece is None:
                    del content[offset:]
                else:
                    content.extend(b"\0" * (offset + len(piece) - len(content)))
                    content[offset : offset + len(piece)] = piece
            Path(name).write_bytes(content)
        for name in self.pending:
            Path(f"{name}-shm").unlink(missing_ok=True)


class _File(apsw.VFSFile):
    def __init__(self, disk, name, flags):
        self.disk = disk
        self.name = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("", name, flags)
        if self.name and self.name not in disk.base:
            disk.base[self.name] = Path(self.name).read_bytes() if Path(self.name).exists() else b""
            disk.pending[self.name] = []

    def xWrite(self, data, offset):
        super().xWrite(data, offset)
        self.disk.pending[self.name].append((offset, bytes(data)))

    def xTruncate(self, size):
        super().xTruncate(size)
        self.disk.pending[self.name].append((size, None))

    def xSync(self, flags):
        super().xSync(flags)
        self.disk.base[self.name] = Path(self.name).read_bytes()
        self.disk.pending[self.name] = []


@dataclass
class Tape:
    """The SQL of a real sync, as SQLite itself was told it, and the settings of its connection."""

    settings: dict[str, str] = field(default_factory=dict)
    lanes: dict[int, list[str]] = field(default_factory=dict)
    transactions: list[list[str]] = field(default_factory=list)

    def record(self, engine):
        """Write down what each connection of a SQLAlchemy engine executes."""

        @event.listens_for(engine, "connect")
        def _listen(connection, _record):
            lane: list[str] = []
            for name in ("journal_mode", "synchronous"):
                self.settings[name] = str(connection.execute(f"PRAGMA {name}").fetchone()[0])

            def heard(statement):
                lane.append(statement)
                if statement == "COMMIT" and lane[0] == "BEGIN IMMEDIATE":
                    self.transactions.append(lane.copy())
                if statement in ("COMMIT", "ROLLBACK"):
                    lane.clear()

            connection.set_trace_callback(heard)

    def play(self, path, chance, probe):
        """Play the tape on a disk that loses power somewhere; give what `probe` said after the last commit."""
        confirmed = None
        disk = Disk()
        cut = chance.randrange(len(self.transactions))
        connection = apsw.Connection(str(path), vfs=Disk.NAME)
        try:
            for name, value in self.settings.items():
                connection.pragma(name, value)
            for number, statements in enumerate(self.transactions):
                last = number == cut and chance.random() < 0.7  # in the middle of one, or between two
                for statement in statements[: chance.randrange(len(statements)) if last else None]:
                    connection.execute(statement).fetchall()
                if last:
                    break
                confirmed = connection.execute(probe).fetchone()[0]
                if number == cut:
                    break
            disk.lose_power(chance)
            saved = {name: Path(name).read_bytes() for name in disk.base if Path(name).exists()}
        finally:
            connection.close()
            disk.unregister()
        for name, content in saved.items():  # closing has checkpointed: the state at the cut is what counts
            Path(name).write_bytes(content)
        Path(f"{path}-shm").unlink(missing_ok=True)
        return confirmed


@pytest.fixture
def tape():
    """A recorder of the SQL of a real sync, which plays it on a disk that loses power."""
    return Tape()


@pytest.fixture(scope="session")
def memory_folder():
    """A folder in memory where there is one: these ledgers live for milliseconds."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - for speed, not for secrets
    folder = Path(tempfile.mkdtemp(prefix="patto-", dir=place))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(memory_folder):
    """The file of an empty, migrated ledger."""
    path = memory_folder / "template.db"
    upgrade.upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def stage(memory_folder):
    """A folder for the ledgers of one test."""
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _quiet():
    """Drop log lines: a world has thousands of expected outages."""
    with structlog.testing.capture_logs():
        yield
