"""A hub on a real socket, and partners' programs as processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from patto_connectors.ports import World
from patto_hub.client import patto_client
from patto_hub.feeds import views
from patto_hub.feeds.spec import by_name
from patto_hub.ledger import audiences, keys, secrets
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.testing.subscribed import wholes
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import BASE, Site, WebSettings

PACT = {"person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    path = tmp_path_factory.mktemp("blank") / "ledger.db"
    upgrade(path)
    opened = open_ledger(path)
    opened.write_now(
        lambda c: (
            c.exec_driver_sql("INSERT INTO organisation (id, scheme, value) VALUES (2, 'cpi_11', 'D643C000001')"),
            c.exec_driver_sql(
                "INSERT INTO partner (id, name, plugin, organisation_id)"
                " VALUES (1, 'ambito', 'p', NULL), (2, 'cpi', 'p', 2)"
            ),
        )
    )
    opened.close()
    return path


class Said:
    """What an Ambito has said, and what the job centre should hold of it."""

    def __init__(self, ledger):
        self.ledger, self.due, self.at = ledger, {}, int(NOW.timestamp() * 1000)

    def say(self, number, op="upsert"):
        """Say a new version of a pact, or that it is gone."""
        before = self.ledger.read_now(
            lambda c: c.exec_driver_sql("SELECT version FROM head WHERE id = ?", (number,)).scalar_one_or_none()
        )
        version = (before or 0) + (op != "withdraw")
        self.at += 1
        self.ledger.write_now(self._write, number, version, op)
        self.due.pop(f"pact-{number}", None)
        if op == "upsert":
            self.due[f"pact-{number}"] = version

    def _write(self, connection, number, version, op):
        def run(statement, *values):
            return connection.exec_driver_sql(statement, values)

        run(
            "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest)"
            " VALUES (?, 1, 'pact', ?, 0, ?, 0, 0) ON CONFLICT (id) DO UPDATE SET version = excluded.version",
            number,
            f"P{number}",
            version,
        )
        made = run(
            "INSERT INTO record_version (head_id, version, payload, digest, valid_from, known_at, run_id, position)"
            " VALUES (?, ?, ?, x'00', 0, 0, 0, '$') RETURNING id",
            number,
            version,
            json.dumps({**PACT, "pact_id": f"P{number}", "pact_number": f"v{version}"}),
        ).scalar_one()
        seq = run(
            "INSERT INTO change (head_id, version_id, kind, op, run_id, at) VALUES (?, ?, 'pact', ?, 0, ?)"
            " RETURNING seq",
            number,
            made,
            op,
            self.at,
        ).scalar_one()
        run("INSERT INTO audience VALUES (2, ?)", seq)
        if op == "withdraw":
            audiences.forget(connection, 2, [number], seq)


class Service:
    """A hub, with what may go wrong between it and its reader."""

    def __init__(self, site, key):
        self.site, self.key, self.requests, self.base = site, key, [], ""
        self.mishaps = deque()
        """What happens to the next requests, one after the other: a coroutine function of request and handler."""

    @web.middleware
    async def middleware(self, request, handler):
        self.requests.append(request.path)
        if self.mishaps and (mishap := self.mishaps.popleft()) is not None:
            return await mishap(request, handler)
        return await handler(request)


@pytest.fixture
async def hub(aiohttp_server, tmp_path, blank):
    """A hub that serves the feed `pacts` of a job centre."""
    ledger = open_ledger(Path(shutil.copy(blank, tmp_path / "ledger.db")))
    world = World(now=lambda: NOW, monotonic=lambda: 1000.0, chance=Random(7))
    site = Site(
        ledger=ledger,
        world=world,
        settings=WebSettings(),
        feeds=by_name(views.FEEDS),
        subscriptions=wholes(("ambito", "cpi"), views.FEEDS),
        cursor_key=ledger.write_now(secrets.get, "cursor", world),
        rates=Rates(100_000, 60.0),
        sightings=Sightings(),
    )
    _, key = ledger.write_now(keys.add, world, partner="cpi", scopes=["pacts"])
    made = Service(site, key)
    app = make_app(site)
    app.middlewares.append(made.middleware)
    server = await aiohttp_server(app)
    made.base = f"http://127.0.0.1:{server.port}{BASE}"
    yield made
    ledger.close()


@pytest.fixture
def said(hub):
    return Said(hub.site.ledger)


class Partner:
    """A partner's program, as a process."""

    def __init__(self, folder, hub):
        self.folder, self.hub = folder, hub
        self.file = folder / "pacts.sqlite"
        for name in ("patto_client.py", "patto_receiver.py"):
            shutil.copy(Path(patto_client.__file__).with_name(name), folder / name)
        self.environment = {"PATH": os.environ["PATH"], "PATTO_URL": hub.base, "PATTO_KEY": hub.key}

    async def start(self, *arguments, **more):
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            "import runpy, sys; sys.path.insert(0, '.'); sys.argv = sys.argv[1:];"
            " runpy.run_path(sys.argv[0], run_name='__main__')",
            "patto_client.py",
            *arguments,
            cwd=self.folder,
            env=self.environment | more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *arguments, **more):
        """Run a command; gives its exit code and its lines."""
        process = await self.start(*arguments, **more)
        told, _ = await process.communicate()
        return process.returncode, told.decode().splitlines()

    def held(self):
        with sqlite3.connect(self.file) as db:
            rows = db.execute("SELECT id, version, data FROM record WHERE data IS NOT NULL").fetchall()
        db.close()
        assert all(json.loads(data)["pact_number"] == f"v{version}" for _, version, data in rows)
        return {name: version for name, version, _ in rows}

    def do(self, *statements):
        with sqlite3.connect(self.file) as db:
            for each in statements:
                db.execute(each)
        db.close()


@pytest.fixture
def partner(tmp_path, hub):
    folder = tmp_path / "partner"
    folder.mkdir()
    return Partner(folder, hub)
