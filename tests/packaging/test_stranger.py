"""A stranger's plugin: thirty lines, installed with pip beside Patto; when it fails, only it suffers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

STRANGERS = Path(__file__).with_name("strangers")
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
[partners.friend]
plugin = "clerk"
scope = "any"
[partners.friend.jobs.hosts]
every = "2s"
"""
MOOD = """
[partners.{mood}]
plugin = "clerk"
scope = "any"
settings = {{ mood = "{mood}" }}
[partners.{mood}.jobs.hosts]
every = "2s"
isolation = "{isolation}"
limits = {{ time = "2m", page_time = "{page_time}" }}
"""
MOODS = {  # what the plugin does: the trouble of its runs
    "raises": ("failed", "plugin.bug"),
    "hangs": ("failed", "page.timeout"),
    "blocks": ("done", None),
    "exits": ("failed", "plugin.bug"),
    "dies": ("failed", "plugin.died"),
}
PATIENCE_S = 120.0


@dataclass
class Place:
    """A virtual environment that has Patto, and a hub's folder."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv/bin/python"

    def install(self, package):
        copy = shutil.copytree(STRANGERS / package, self.folder / "packages" / package)
        options = ("--no-index", "--no-build-isolation", "--no-deps", "--quiet", "--disable-pip-version-check")
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--python", self.python, "install", *options, copy],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def command(self, *arguments):
        return [self.python, "-m", "patto_hub.cli.main", "--config", self.folder / "hub.toml", *arguments]

    def patto(self, *arguments):
        environment = {**os.environ, "COLUMNS": "200"}
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, env=environment, cwd=self.folder
        )

    def runs(self):
        """Give the finished runs: job, state, trouble; none while the ledger is being made."""
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(f"file:{self.folder}/data/ledger.db?mode=ro", uri=True)) as ledger,
        ):
            asked = "SELECT job, state, trouble_code FROM run WHERE state NOT IN ('running', 'cancelled') ORDER BY id"
            return ledger.execute(asked).fetchall()
        return []

    @contextmanager
    def serving(self):
        """Serve in a process that does not outlive the test."""
        with subprocess.Popen(self.command("serve"), stderr=subprocess.PIPE, text=True, cwd=self.folder) as hub:
            try:
                yield hub
            finally:
                hub.kill()

    def wait_for(self, wanted, hub, after=0):
        """Wait until some runs are finished; gives those beyond `after` that there are."""
        deadline, runs = time.monotonic() + PATIENCE_S, []
        while time.monotonic() < deadline and hub.poll() is None and not wanted <= set(runs):
            time.sleep(0.25)  # another process works; there is nothing to wait on
            runs = self.runs()[after:]
        return runs


def made(folder, *packages):
    """Make an environment with Patto, and install strangers' packages into it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (library,) = (folder / "venv/lib").glob("python*/site-packages")
    (library / "patto.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (folder / "hub.toml").write_text(SETTINGS)
    place = Place(folder)
    for package in packages:
        place.install(package)
    return place


@pytest.fixture(scope="module")
def beside_broken(tmp_path_factory):
    """The clerk's plugin beside four that cannot be imported."""
    return made(tmp_path_factory.mktemp("beside"), "clerk", "broken")


@pytest.fixture(scope="module")
def found(beside_broken):
    """What `patto plugin list` says there."""
    said = beside_broken.patto("plugin", "list", "--json")
    assert said.returncode == 0, said.stderr
    return {each["name"]: each for each in json.loads(said.stdout)}


def test_it_is_listed_beside_those_that_come_with_patto(found):
    assert (found["clerk"]["state"], found["clerk"]["connectors"]) == ("loaded", ["hosts"])
    assert (found["clerk"]["distribution"], found["clerk"]["version"]) == ("clerk", "0.3.0")
    assert {found[name]["state"] for name in ("social_districts", "training_catalogue")} == {"loaded"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lacks", "no_such_module_anywhere"),
        ("raises", "no paper at all"),
        ("quits", "SystemExit"),
        ("dies", "ended with code 9"),
    ],
)
def test_F67_one_that_cannot_be_imported_is_listed_with_the_reason(found, name, reason):
    told = found[name]

    assert (told["state"], told["code"]) == ("not_loaded", "import")
    assert reason in f"{told['values']} {told['traceback']}"


def test_F61_F67_one_that_ends_the_process_costs_one_start_and_then_streams_run_the_whole_road(beside_broken):
    first, second, third = (beside_broken.patto("run", "friend/hosts", "--json") for _ in range(3))

    assert first.returncode == 9, "the start that it ends names it, and the next one leaves it out"
    assert (second.returncode, third.returncode) == (0, 0), second.stderr
    assert json.loads(second.stdout)["balance"]["new"] == 3
    assert json.loads(third.stdout)["balance"]["unchanged"] == 3


def mood(name):
    """Give the settings of a partner whose plugin is in a mood."""
    isolation = "worker" if name == "dies" else "inline"
    return MOOD.format(mood=name, isolation=isolation, page_time="2s" if name == "hangs" else "1m")


@pytest.mark.timeout(300)
def test_F60_F61_F62_F64_whatever_it_does_in_a_run_hub_and_neighbours_go_on(tmp_path):
    place = made(tmp_path, "clerk")
    (place.folder / "hub.toml").write_text(SETTINGS + "".join(map(mood, MOODS)))
    wanted = {(f"{each}/hosts", *outcome) for each, outcome in MOODS.items()}

    with place.serving() as hub:
        runs = place.wait_for(wanted, hub)
        later = place.wait_for({("friend/hosts", "done", None)}, hub, after=len(runs))
        hub.send_signal(signal.SIGTERM)
        _, log = hub.communicate(timeout=60)

    told = {*runs, *later}
    assert wanted <= told, sorted(told)
    assert ("friend/hosts", "done", None) in later, "the hub goes on"
    assert {run for run in told if run[0] == "friend/hosts"} == {("friend/hosts", "done", None)}
    assert "clerk.py" in log, "who blocked is named with the line"
    assert hub.returncode == 0
