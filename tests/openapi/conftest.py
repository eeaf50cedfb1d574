"""The API's description as a hub with a public address serves it, and the checker that holds it against the rules."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from patto_connectors.ports import World
from patto_hub.feeds.spec import by_name
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.sandbox.answers import faulty
from patto_hub.sandbox.routes import ENDPOINTS as SANDBOX_ENDPOINTS
from patto_hub.testing.subscribed import wholes
from patto_hub.web import openapi
from patto_hub.web.app import ENDPOINTS
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import BASE, Site, WebSettings

HERE = Path(__file__).parent
PUBLIC = "https://patto.regione.example"


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    """The description, as JSON gives it back."""
    return describe(tmp_path_factory.mktemp("described") / "ledger.db", ENDPOINTS)


@pytest.fixture(scope="session")
def sandbox_described(tmp_path_factory):
    """The description of a sandbox."""
    routes = {prefix: tuple(map(faulty, group)) for prefix, group in ENDPOINTS.items()}
    routes[BASE] += SANDBOX_ENDPOINTS
    return describe(tmp_path_factory.mktemp("sandbox") / "ledger.db", routes)


def describe(path, endpoints):
    """Give the description of a hub's routes."""
    upgrade(path)
    ledger = open_ledger(path)
    site = Site(
        ledger=ledger,
        world=World(),
        settings=WebSettings(public_url=PUBLIC),
        feeds=by_name(FEEDS),
        subscriptions=wholes(("ambito-fg1", "cpi-foggia", "ente", "nessuno"), FEEDS),
        cursor_key=b"k" * 32,
        rates=Rates(1, 1.0),
        sightings=Sightings(),
    )
    document = openapi.document(site, BASE, endpoints)
    ledger.close()
    return json.loads(json.dumps(document))


@pytest.fixture(scope="session")
def spectral(tmp_path_factory):
    """Give what Spectral says of descriptions: for each, (rule, where) of its errors."""
    command = _installed()

    def lint(documents):
        folder = tmp_path_factory.mktemp("lint")
        paths = {name: folder / f"{name}.json" for name in documents}
        for name, path in paths.items():
            path.write_text(json.dumps(documents[name]))
        done = subprocess.run(
            [*command, "lint", "--ruleset", HERE / "rules.yaml", "--format", "json", "--quiet", *paths.values()],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)
        errors = [each for each in found if each["severity"] == 0]
        return {
            name: {(each["code"], ".".join(map(str, each["path"]))) for each in errors if each["source"] == str(path)}
            for name, path in paths.items()
        }

    return lint


def _installed():
    """Give Spectral's command, installed as the lock file says; only one process at a time installs it."""
    script = HERE / "node_modules/@stoplight/spectral-cli/dist/index.js"
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.is_file():
            _install()
    return [shutil.which("node") or "node", script]


def _install():
    npm = shutil.which("npm")
    if npm is None:
        _missing("Spectral needs Node.js with npm")
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        _missing("Spectral could not be installed: npm ci in tests/openapi")


def _missing(reason):
    """Skip, visibly; where everything must run, fail."""
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
