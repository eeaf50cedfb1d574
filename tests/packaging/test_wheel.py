"""The product is a wheel: it is built, installed where nothing of this checkout is, and used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from patto_hub import __version__

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = {"patto_schemas", "patto_connectors", "patto_hub", "patto_plugins"}


def call(*command: str | Path, **more) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(root, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass
class Installed:
    """A virtual environment in which the wheel is installed."""

    folder: Path

    def __call__(self, *arguments: str) -> str:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return call(self.folder / "bin" / "patto", *arguments, cwd=self.folder, env=environment)


@pytest.fixture
def installed(wheel, tmp_path) -> Installed:
    """The wheel alone, with the libraries of this environment beside it: their `.pth` files are not read there."""
    folder = tmp_path / "venv"
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    call(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", wheel)
    return Installed(folder)


def test_the_wheel_holds_every_package_with_its_types_and_data(wheel, root) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())

    tops = {name.partition("/")[0] for name in names if not name.startswith("patto-")}
    assert tops == PACKAGES
    listed = call("git", "-C", root, "ls-files", "schemas", "connectors", "hub", "plugins").splitlines()
    wanted = {path.partition("/")[2] for path in listed if (root / path).is_file()}
    assert wanted - names == set()
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


@pytest.mark.timeout(300)
def test_an_installed_wheel_works(installed, tmp_path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('[hub]\ndata_dir = "data"\n')

    version = installed("--version")
    plugins = json.loads(installed("--config", str(config), "plugin", "list", "--json"))
    migrations = json.loads(installed("--config", str(config), "db", "upgrade", "--json"))["migrations"]
    schemas = json.loads(installed("schema", "export", str(tmp_path / "schemas"), "--json"))

    assert version == f"patto {__version__}\n"
    assert {each["name"]: each["state"] for each in plugins} == {
        "cooperatives": "loaded",
        "employment_centres": "loaded",
        "microcredit": "loaded",
        "social_districts": "loaded",
        "training_catalogue": "loaded",
    }
    assert migrations
    assert schemas


@pytest.mark.timeout(300)
def test_nothing_of_the_checkout_is_used(installed, root) -> None:
    script = (
        "import patto_hub, patto_schemas, patto_connectors, patto_plugins, sys; print(patto_hub.__file__, *sys.path)"
    )

    said = call(installed.folder / "bin" / "python", "-c", script, cwd=installed.folder)

    assert str(installed.folder) in said.split()[0]
    assert str(root / "hub") not in said


@pytest.mark.timeout(300)
def test_F67_a_broken_wheel_beside_it_keeps_nothing_from_working(installed, tmp_path) -> None:
    (site,) = (installed.folder / "lib").glob("python*/site-packages")
    (site / "broken_plugin.py").write_text("raise SystemExit('broken wheel')\n")
    metadata = site / "broken_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[patto]\nbroken = broken_plugin\n")
    config = tmp_path / "hub.toml"
    config.write_text('[hub]\ndata_dir = "data"\n')

    listed = {each["name"]: each for each in json.loads(installed("--config", str(config), "plugin", "list", "--json"))}
    installed("--config", str(config), "plugin", "disable", "broken")
    status = json.loads(installed("--config", str(config), "status", "--json"))

    assert (listed["broken"]["state"], listed["social_districts"]["state"]) == ("not_loaded", "loaded")
    assert "SystemExit" in listed["broken"]["traceback"]
    assert status == {"jobs": [], "unusable": []}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_brings_every_library_that_it_needs(wheel, root, tmp_path) -> None:
    folder = tmp_path / "venv"
    call(sys.executable, "-m", "venv", folder)
    call(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-c", root / "constraints.txt", wheel)
    installed = Installed(folder)
    config = tmp_path / "hub.toml"
    config.write_text('[hub]\ndata_dir = "data"\n')

    assert installed("--version") == f"patto {__version__}\n"
    assert {each["state"] for each in json.loads(installed("--config", str(config), "plugin", "list", "--json"))} == {
        "loaded"
    }
    assert json.loads(installed("--config", str(config), "status", "--json")) == {"jobs": [], "unusable": []}
