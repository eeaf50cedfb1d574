"""How the pages' styles come into the package: locked, once, and without them the build goes on."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys

import pytest


@pytest.fixture
def hook(root):
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(root, tmp_path):
    """The project's frontend folder alone, nothing installed."""
    (tmp_path / "frontend").mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / "frontend" / name, tmp_path / "frontend" / name)
    return tmp_path


def test_the_lock_file_pins_every_package_by_digest_and_names_no_registry(root):
    lock = json.loads((root / "frontend/package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert all(facts["integrity"].startswith("sha512-") for facts in packages.values())
    assert not [name for name, facts in packages.items() if "resolved" in facts]
    assert "omit-lockfile-registry-resolved=true" in (root / "frontend/.npmrc").read_text().splitlines()


def test_direct_dependencies_are_exact(root):
    package = json.loads((root / "frontend/package.json").read_text())

    versions = {**package["dependencies"], **package["devDependencies"]}.values()
    assert all(version[0].isdigit() for version in versions)


def test_without_a_network_the_build_goes_on_and_says_what_is_missing(hook, project, monkeypatch):
    monkeypatch.setenv("npm_config_offline", "true")
    monkeypatch.setenv("npm_config_cache", str(project / "cache"))

    line = hook.fill(project)

    assert "ATTENZIONE" in line
    assert "python hatch_build.py" in line
    assert not (project / "hub/patto_hub/web/static/vendor").exists()


def test_what_is_there_already_is_not_fetched_again(hook, root, project, monkeypatch):
    vendor = root / "hub/patto_hub/web/static/vendor"
    if not (vendor / ".stamp").is_file():
        pytest.skip("the styles were not brought in: python hatch_build.py")
    shutil.copytree(vendor, project / "hub/patto_hub/web/static/vendor")
    monkeypatch.setenv("PATH", "")

    assert "già aggiornati" in hook.fill(project)


def test_what_is_copied_carries_its_licences_and_no_pointer_to_elsewhere(root):
    vendor = root / "hub/patto_hub/web/static/vendor"
    if not (vendor / ".stamp").is_file():
        pytest.skip("the styles were not brought in: python hatch_build.py")
    style = (vendor / "bootstrap-italia.min.css").read_text()

    assert {"bootstrap-italia.LICENSE.txt", "htmx.LICENSE.txt"} <= {path.name for path in vendor.iterdir()}
    assert (vendor / "fonts/OFL.txt").is_file()
    assert not style.startswith("\ufeff")
    assert "sourceMappingURL" not in style
    assert "url(http" not in style


def test_npm_of_the_python_package_serves_where_there_is_none_in_the_system(hook, monkeypatch):
    monkeypatch.setenv("PATH", "")

    command = hook._npm()

    assert command[0].startswith(sys.prefix)
