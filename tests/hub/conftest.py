from __future__ import annotations

import importlib
import io
import json
import logging
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog

from patto_connectors.ports import World
from patto_hub.extensions.found import Found, installed
from patto_hub.observe.logs import set_up_logs

if TYPE_CHECKING:
    from pathlib import Path

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
