"""A sandbox that serves on loopback, for the partners of a small hub: one of each sort, and two test receivers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from patto_connectors.ports import World
from patto_connectors.testing.webhook import FakeReceiver, checking
from patto_connectors.webhook import fresh_secret
from patto_hub.client import patto_client
from patto_hub.sandbox.running import Plan, opened, run
from patto_hub.sandbox.settings import read_sandbox_settings
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE

HUB = """
[partners.lecce]
plugin = "social_districts"
title = "Ambito di Lecce"
organisation = { scheme = "ambito", value = "LE/1", domain = "social" }
feeds = ["pacts", "enrolments"]
settings = { base_url = "https://servizi.lecce.example/api", token = { file = "/nowhere/lecce" } }
[partners.lecce.jobs.pacts]
every = "15m"

[partners.job_centre]
plugin = "employment_centres"
organisation = { scheme = "cpi_11", value = "E506C000999", domain = "labour" }
feeds = ["push", "employments"]
[partners.job_centre.subscriptions.pacts]
legal_basis = "Convenzione n. 12 del 3/2/2026"
[partners.job_centre.subscriptions.pacts.webhook]
url = "https://eventi.centro.example/patto"
secrets = { file = "/nowhere/webhook" }
[partners.job_centre.jobs.notifications]
every = "1m"

[partners.coop]
plugin = "cooperatives"
organisation = { scheme = "piva", value = "01234567897", domain = "third_sector" }
feeds = ["catalogue"]
subscriptions.pacts = { identity = "pseudonym", legal_basis = "Convenzione" }
"""
SANDBOX = """
[web]
port = 0
[world]
people = 2
ambiti = ["LE/1"]
[receivers.job_centre.pacts]
url = "{url}"
allow = ["127.0.0.0/8"]
secrets = [{{ env = "HOOK" }}, {{ env = "HOOK_BEFORE" }}]
"""


@dataclass
class Tried:
    """A sandbox that serves, seen from outside."""

    plan: Plan
    base: str = ""
    address: str = ""
    receiver: FakeReceiver | None = None
    sandbox: object = None
    started: object = None

    def key(self, name):
        return (self.plan.folder / "keys" / f"{name}.key").read_text().strip()

    async def ask(self, name, method, path, **more):
        """Ask as a partner; gives status, headers and the JSON that was answered, if any was."""
        headers = {"Authorization": f"Bearer {self.key(name)}", **more.pop("headers", {})}
        url = path if path.startswith("http") else self.base + path
        async with ClientSession() as session, session.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text) if text else None

    async def order(self, name, fault, **more):
        status, _, told = await self.ask(name, "POST", "/sandbox/faults", json={"fault": fault, **more})
        assert status == 200, told
        return told

    async def step(self, name, step, **more):
        status, _, told = await self.ask(name, "POST", "/sandbox/steps", json={"step": step, **more})
        assert status == 200, told
        return told["changes"]

    async def snapshot(self, name, feed="pacts"):
        _, _, page = await self.ask(name, "GET", f"/feeds/{feed}/snapshot?limit=1000")
        assert page["has_more"] is False
        return page

    async def changes(self, name, cursor, feed="pacts"):
        return (await self.ask(name, "GET", f"/feeds/{feed}/changes?limit=1000&cursor={cursor}"))[2]


def plan_in(folder, url, secrets=None):
    """Write the settings into a folder and read them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hub.toml").write_text(HUB, encoding="utf-8")
    file = folder / "sandbox.toml"
    file.write_text(SANDBOX.format(url=url), encoding="utf-8")
    secrets = secrets or [fresh_secret(World()) for _ in range(2)]
    return Plan(
        hub=read_settings(folder / "hub.toml", {}).settings,
        own=read_sandbox_settings(file),
        folder=folder / "sandbox",
        file=file,
        environment=dict(zip(("HOOK", "HOOK_BEFORE"), secrets, strict=True)),
    )


@asynccontextmanager
async def trying(folder):
    """Serve a sandbox of a folder, with the receiver that its settings name."""
    receiver = FakeReceiver()
    async with receiver.running() as url:
        plan = plan_in(folder, url)
        receiver._check = checking(*plan.environment.values())
        async with opened(plan, World()) as (sandbox, started):
            tried = Tried(plan, started.listening + BASE, started.listening, receiver, sandbox, started)
            yield tried


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tried(tmp_path_factory):
    """A sandbox for tests that leave it as others expect it."""
    async with trying(tmp_path_factory.mktemp("tried")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path, tried):
    """A folder with a sandbox's first day in it, of a test's own."""
    folder = tmp_path / "sandbox"
    folder.mkdir()
    for name in ("sandbox.json", "day_one.db", "day_one.json"):
        shutil.copy(tried.plan.folder / name, folder / name)
    shutil.copytree(tried.plan.folder / "keys", folder / "keys")
    return tmp_path


@pytest.fixture
def lasting():
    """Run a sandbox as the command does; gives it, and what waits for its next first day."""

    @asynccontextmanager
    async def running(folder, plan=None):
        stop, days = asyncio.Event(), asyncio.Queue()
        plan = plan or plan_in(folder, "http://127.0.0.1:9/hook")

        async def ready(sandbox, started):
            await days.put(Tried(plan, started.listening + BASE, started.listening, None, sandbox, started))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run(plan, World(), stop, ready))
            try:
                yield await days.get(), days.get
            finally:
                stop.set()

    return running


class Program:
    """A partner's own program, as a process of its own."""

    def __init__(self, folder, base, key):
        self.folder = folder
        for name_of in ("patto_client.py", "patto_receiver.py"):
            shutil.copy(Path(patto_client.__file__).with_name(name_of), folder / name_of)
        self.environment = {"PATH": os.environ["PATH"], "PATTO_URL": base, "PATTO_KEY": key}

    async def start(self, *arguments, **environment):
        """Start a command."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "patto_client.py",
            *arguments,
            cwd=self.folder,
            env=self.environment | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *arguments):
        """Run a command; gives its exit code and its lines."""
        process = await self.start(*arguments)
        told, _ = await process.communicate()
        return process.returncode, told.decode().splitlines()


@pytest.fixture
def receiving(fresh):
    """A sandbox that tells our own program, which listens and reads, of what is new."""

    @asynccontextmanager
    async def running():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        secrets = [fresh_secret(World()) for _ in range(2)]
        key = (fresh / "sandbox/keys/job_centre.key").read_text().strip()
        program = Program(fresh, f"http://127.0.0.1:{port}{BASE}", key)
        process = await program.start(
            "receive", "pacts", "--listen", "127.0.0.1:0", PATTO_WEBHOOK_SECRET=" ".join(secrets), PYTHONUNBUFFERED="1"
        )
        try:
            where = re.search(rb"127\.0\.0\.1:(\d+)", await process.stdout.readline())
            plan = plan_in(fresh, f"http://127.0.0.1:{where[1].decode()}/", secrets)
            web = plan.own.web.model_copy(update={"port": port})
            plan.own = plan.own.model_copy(update={"web": web})
            async with opened(plan, World()) as (sandbox, started):
                yield Tried(plan, started.listening + BASE, started.listening, None, sandbox, started), program
        finally:
            process.terminate()
            await process.communicate()

    return running


@pytest.fixture
def program(tmp_path, tried):
    """The stand-alone program of the job centre."""
    return Program(tmp_path, tried.base, tried.key("job_centre"))
