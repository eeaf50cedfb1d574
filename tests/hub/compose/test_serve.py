from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

import aiohttp
import pytest

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.clock import ticking
from patto_hub.compose.hub import ledger_path, open_hub
from patto_hub.compose.serve import PortTaken, plugin_folders, serve, serving
from patto_hub.ledger import runs, upgrade
from patto_hub.settings.read import read_settings

BROKEN_CLOCK = 30


@pytest.fixture
def configuration(office):
    return read_settings(office.config, {})


async def answer(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status, await response.text()


async def test_a_hub_serves_and_reads_its_partners(configuration, office) -> None:
    office.send("1.json", {"organisation_id": "N1"})
    heard: asyncio.Queue = asyncio.Queue()

    async with serving(configuration, World(), heard=heard.put_nowait) as started:
        outcome = await asyncio.wait_for(heard.get(), BROKEN_CLOCK)
        ready, _ = await answer(f"{started.listening}/readyz")
        _, figures = await answer(f"{started.listening}/metrics")

    assert (outcome.job, outcome.state, outcome.balance.new) == ("office/notes", "done", 1)
    assert ready == 200
    assert 'patto_runs_total{job="office/notes",state="done"} 1.0' in figures
    assert "patto_event_loop_lag_seconds" in figures


async def test_a_hub_whose_clock_stands_still_is_not_ready(configuration, monkeypatch) -> None:
    async with serving(configuration, World()) as started:
        well, _ = await answer(f"{started.listening}/readyz")
        monkeypatch.setattr(ticking, "STALE_S", -1.0)  # however recent the last comparison, it is too long ago
        ill, why = await answer(f"{started.listening}/readyz")
        _, figures = await answer(f"{started.listening}/metrics")

    assert (well, ill) == (200, 503)
    assert "clock: no comparison of the plan" in why
    silent = re.search(r"^patto_clock_silence_seconds (\S+)$", figures, re.MULTILINE)
    assert 0 <= float(silent[1]) < BROKEN_CLOCK


async def test_plugins_are_told_of_each_run(configuration, office, shelf) -> None:
    shelf.install(
        "listener",
        """
        import asyncio
        from patto_hub import hookimpl
        heard = asyncio.Queue()

        @hookimpl
        async def on_run_finished(outcome):
            await heard.put(outcome)
        """,
    )

    async with serving(configuration, World()) as started:
        module = started.hub.extensions.loaded["listener"].module
        outcome = await asyncio.wait_for(module.heard.get(), BROKEN_CLOCK)

    assert outcome.job == "office/notes"


async def test_stopping_gives_every_lease_back(configuration, office) -> None:
    office.send("1.json", {"organisation_id": "N1"})
    stop, ready = asyncio.Event(), asyncio.Event()

    async def be_ready(_started) -> None:
        ready.set()

    serving_task = asyncio.ensure_future(serve(configuration, World(), stop=stop, ready=be_ready))
    await asyncio.wait_for(ready.wait(), BROKEN_CLOCK)
    stop.set()
    await asyncio.wait_for(serving_task, BROKEN_CLOCK)

    async with open_hub(configuration, World()) as hub:
        assert not await hub.ledger.read(runs.leased)


async def test_a_taken_port_is_named(configuration, office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        office.config.write_text(office.config.read_text().replace("port = 0", f"port = {port}"))

        with pytest.raises(PortTaken) as caught:
            async with serving(read_settings(office.config, {}), World()):
                pass

    assert caught.value.port == port


async def test_F67_a_broken_plugin_keeps_only_its_own_partner_from_work(configuration, office, shelf) -> None:
    shelf.install("broken", "raise RuntimeError('no')")
    office.config.write_text(
        office.config.read_text() + '[partners.sick]\nplugin = "broken"\nscope = "any"\n[partners.sick.jobs.x]\n'
    )

    async with open_hub(read_settings(office.config, {}), World()) as hub:
        assert list(hub.jobs) == ["office/notes"]
        (unusable,) = hub.unusable

    assert (unusable.job, unusable.fault) == ("sick/x", "plugin")
    assert "RuntimeError" in unusable.it


async def test_the_folder_of_a_plugin_is_where_its_code_lives(configuration, shelf) -> None:
    async with open_hub(configuration, World()) as hub:
        folders = plugin_folders(hub)

    assert folders["notes"].startswith(str(shelf.folder))
    assert folders["social_districts"].endswith("/social_districts/")


async def test_an_older_ledger_is_not_opened(configuration) -> None:
    path = ledger_path(configuration)
    path.parent.mkdir(parents=True)
    upgrade.upgrade(path)
    upgrade.downgrade(path, "base")

    with pytest.raises(upgrade.WrongSchema, match="patto db upgrade"):
        async with open_hub(configuration, World()):
            pass


@dataclass
class Service:
    """`patto serve` in a process of its own."""

    process: subprocess.Popen[str]

    def wait_for(self, word: str) -> str:
        for line in self.process.stderr:
            if word in line:
                return line
        raise AssertionError(f"the service ended without {word}")


@pytest.fixture
def service(office):
    with subprocess.Popen(
        [sys.executable, "-m", "patto_hub.cli.main", "--config", str(office.config), "serve"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        yield Service(process)
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_in_time(service, number) -> None:
    service.wait_for("hub.no_staff_yet")

    service.process.send_signal(number)
    service.wait_for("hub.stopped")

    assert service.process.wait(timeout=10) == Exit.OK


def test_a_taken_port_is_one_sentence(office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "patto_hub.cli.main", "--config", str(office.config), "serve"],
            capture_output=True,
            text=True,
            env=os.environ | {"PATTO_WEB__PORT": str(taken.getsockname()[1]), "PATTO_LOG__LEVEL": "error"},
            check=False,
        )

    assert done.returncode == Exit.TEMPORARY
    assert "è già occupato" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_link_of_the_first_set_up_is_in_a_file_that_only_its_owner_reads(service, office) -> None:
    line = service.wait_for("hub.no_staff_yet")

    file = office.folder / "data" / "setup-link.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    link = file.read_text().strip()
    assert "/setup/" in link
    assert link not in line
