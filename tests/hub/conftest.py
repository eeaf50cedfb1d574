"""Plugins to install, an office that serves, logs to read, and a ledger in which things are said as the road would."""

from __future__ import annotations

import importlib
import io
import json
import logging
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from textwrap import dedent
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import func, insert, select

from patto_connectors.ports import World
from patto_hub.extensions.found import Found, installed
from patto_hub.ledger import tables, tables_feeds
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.observe.logs import set_up_logs

GOOD = """
    from pydantic import BaseModel
    from patto_hub import Connector, hookimpl

    class Settings(BaseModel):
        base_url: str

    @hookimpl
    def register_connectors():
        return [Connector(name="pacts", settings=Settings)]
"""


@dataclass
class Shelf:
    """A folder on the import path where tests install plugins as real distributions."""

    folder: Path

    def install(
        self, name: str, code: str = GOOD, *, distribution: str = "", requires: str = "", version: str = "1.0"
    ) -> str:
        module = f"plugin_{uuid4().hex}"
        (self.folder / f"{module}.py").write_text(dedent(code), encoding="utf-8")
        distribution = distribution or f"patto-{name}"
        metadata = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        if requires:
            lines.append(f"Requires-Dist: {requires}")
        (metadata / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[patto]\n{name} = {module}\n", encoding="utf-8")
        return module

    @property
    def found(self) -> tuple[Found, ...]:
        importlib.invalidate_caches()
        return installed([str(self.folder)])


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    before = set(sys.modules)
    yield Shelf(folder)
    for module in set(sys.modules) - before:
        if module.startswith("plugin_"):
            del sys.modules[module]


NOTES = """
    import json
    from pathlib import Path

    from pydantic import BaseModel, ConfigDict, SecretStr

    from patto_hub import Batch, Connector, Refused, Unreachable, hookimpl
    from patto_schemas.model.base import Identifier
    from patto_schemas.model.places import Organisation

    class Settings(BaseModel, extra="forbid"):
        folder: Path
        token: SecretStr = SecretStr("none")

    class Note(Organisation):
        model_config = ConfigDict(extra="allow")
        legal_name: str = "Ente"
        type: str = "host"
        identifiers: tuple[Identifier, ...] = (Identifier(scheme="rea", value="LE-123456"),)

    class Source:
        def __init__(self, settings):
            self.folder = settings.folder

        async def read(self, after):
            if (self.folder / "down").exists():
                raise Unreachable("http.status", "503", hint="riprovare | try again")
            if (self.folder / "closed").exists():
                raise Refused("http.credentials", "401", hint="chiedere una chiave | ask for a key")
            for page in sorted(self.folder.glob("*.json")):
                rows = [json.dumps(row).encode() for row in json.loads(page.read_bytes())]
                yield Batch(rows=rows, content=page.read_bytes(), name=page.name, cursor={"page": page.name})

    @hookimpl
    def register_connectors():
        yield Connector(name="notes", settings=Settings, source=Source, translate=Note, kinds=("organisation",))
"""
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
[partners.office]
plugin = "notes"
title = "Ufficio"
scope = "any"
feeds = ["catalogue"]
[partners.office.settings]
folder = "{inbox}"
[partners.office.jobs.notes]
every = "1h"
"""


@dataclass
class Office:
    """A folder with settings, and a partner whose records are JSON files in a folder."""

    folder: Path
    inbox: Path

    @property
    def config(self) -> Path:
        return self.folder / "hub.toml"

    def send(self, name: str, *rows: object) -> None:
        (self.inbox / name).write_text(json.dumps(rows), encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path, shelf: Shelf) -> Office:
    shelf.install("notes", NOTES)
    office = Office(tmp_path / "office", tmp_path / "inbox")
    office.folder.mkdir()
    office.inbox.mkdir()
    office.config.write_text(SETTINGS.format(inbox=office.inbox), encoding="utf-8")
    return office


@pytest.fixture
def quiet():
    """Give the logging of the process back as it was: who serves or commands sets it up anew."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)  # which forgets what loggers have remembered of it
    structlog.reset_defaults()


@pytest.fixture
def lines(quiet) -> io.StringIO:
    """All that is logged from now on, down to the lowest level."""
    stream = io.StringIO()
    set_up_logs("debug", "json", stream=stream, now=World().now)
    return stream


# --- a ledger with partners, and a way to say things in it as the road would ------------------------------------------

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def world():
    return World(now=lambda: NOW, monotonic=lambda: 1000.0, chance=Random(7))


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A migrated ledger with partners, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "ledger.db"
    upgrade(path)
    opened = open_ledger(path)
    opened.write_now(_partners)
    opened.close()
    return path


@pytest.fixture
def ledger(tmp_path, blank):
    opened = open_ledger(Path(shutil.copy(blank, tmp_path / "ledger.db")))
    yield opened
    opened.close()


@pytest.fixture
def say(ledger):
    """Record that a partner says something: gives the change's number."""

    def said(kind, payload, *, to, op="upsert", head=None, partner=1, version=1):
        return ledger.write_now(_said, kind, payload, to, op, head, partner, version)

    return said


def _partners(connection):
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO organisation (id, scheme, value) VALUES (0, '*', '*'), (1, 'ambito', 'FG/1'),"
        " (2, 'cpi_11', 'D643C000001'), (3, 'piva', '01234567890')"
    )
    connection.exec_driver_sql(
        "INSERT INTO partner (id, name, plugin, organisation_id) VALUES (1, 'ambito-fg1', 'p', 1),"
        " (2, 'cpi-foggia', 'p', 2), (3, 'ente', 'p', 3), (4, 'nessuno', 'p', NULL)"
    )


def _said(connection, kind, payload, to, op, head, partner, version):  # noqa: PLR0917 - a row is this wide
    if head is None:
        head = _insert(connection, tables.head, partner_id=partner, kind=kind, key=f"k{_count(connection)}", version=1)
    text = payload if payload is None or isinstance(payload, str) else json.dumps(payload)
    version_id = _insert(connection, tables.version, head_id=head, version=version, payload=text, position="$")
    seq = _insert(
        connection, tables_feeds.change, head_id=head, version_id=version_id, kind=kind, op=op, at=1_772_442_000_000
    )
    for organisation in to:
        _insert(connection, tables_feeds.audience, organisation_id=organisation, seq=seq)
    return seq


def _count(connection):
    return connection.execute(select(func.count()).select_from(tables.head)).scalar_one()


def _insert(connection, table, **values):
    """Insert a row; columns that must have a value and get none here get an empty one."""
    for column in table.columns:
        if not (column.nullable or column.server_default or column.primary_key):
            values.setdefault(column.name, {int: 0, str: "", bytes: b""}[column.type.python_type])
    return connection.execute(insert(table).values(values)).inserted_primary_key[0]
