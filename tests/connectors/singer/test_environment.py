"""A tap's virtual environment is made once, whole or not at all; pip works for real, from a folder of packages."""

from __future__ import annotations

import asyncio
import sys
import zipfile

import pytest

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.singer.environment import environment, found, place_of
from patto_connectors.singer.settings import Installed

WHEEL = {
    "tap_borgo.py": "import sys\n\ndef main():\n    print(sys.prefix)\n",
    "tap_borgo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tap-borgo\nVersion: 1.0\n",
    "tap_borgo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tap_borgo-1.0.dist-info/entry_points.txt": "[console_scripts]\ntap-borgo = tap_borgo:main\n",
}


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder of packages in the place of an index."""
    folder = tmp_path / "packages"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tap_borgo-1.0-py3-none-any.whl", "w") as wheel:
        record = "".join(f"{name},,\n" for name in [*WHEEL, "tap_borgo-1.0.dist-info/RECORD"])
        for name, content in [*WHEEL.items(), ("tap_borgo-1.0.dist-info/RECORD", record)]:
            wheel.writestr(name, content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def installed(tmp_path):
    def make(package="tap-borgo==1.0", **more):
        return Installed(packages=(package,), folder=tmp_path / "taps", **more)

    return make


async def test_a_tap_is_installed_where_its_programs_run_and_only_once(packages, installed):
    """Slow to install, so a program that the package does not have is asked for here too."""
    program = await found(installed(), "tap-borgo")
    (packages / "tap_borgo-1.0-py3-none-any.whl").unlink()
    again = await found(installed(), "tap-borgo")
    process = await asyncio.create_subprocess_exec(program, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    with pytest.raises(Refused) as caught:
        await found(installed(), "tap-lecce")

    assert caught.value.code == "tap.missing"
    assert again == program
    assert said.decode().strip() == str(place_of(installed()))


async def test_two_runs_at_once_install_once(packages, installed, monkeypatch):
    started = []
    start = asyncio.create_subprocess_exec

    async def counted(*words, **more):
        started.append(words)
        return await start(*words, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)

    one, other = await asyncio.gather(found(installed(), "tap-borgo"), found(installed(), "tap-borgo"))

    assert one == other
    assert [("venv" in words, "pip" in words) for words in started] == [(True, False), (False, True)]


async def test_F05_an_installation_that_was_broken_off_is_made_again(packages, installed):
    place = place_of(installed())
    (place / "bin").mkdir(parents=True)
    (place / "bin/tap-borgo").write_text("half a program")
    (place / "bin/tap-borgo").chmod(0o755)

    program = await found(installed(), "tap-borgo")

    assert "half" not in program.read_text()


async def test_a_version_that_does_not_exist_is_refused(packages, installed):
    with pytest.raises(Refused) as caught:
        await found(installed("tap-borgo==2.0"), "tap-borgo")

    assert caught.value.code == "tap.install"
    assert "tap-rest-api-msdk==1.4.2" in caught.value.hint


async def test_an_index_that_does_not_answer_is_asked_again_later(installed, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:c4n4ry@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(Unreachable) as caught:
        await found(installed(), "tap-borgo")

    assert caught.value.code == "tap.index"
    assert "c4n4ry" not in f"{caught.value.detail} {caught.value.hint}"


async def test_a_folder_that_cannot_be_written_is_refused(tmp_path, installed):
    (tmp_path / "taps").write_text("a file")

    with pytest.raises(Refused) as caught:
        await found(installed(), "tap-borgo")

    assert caught.value.code == "tap.folder"


async def test_installing_has_a_deadline(packages, installed):
    with pytest.raises(Unreachable) as caught:
        await found(installed(seconds=0.2), "tap-borgo")

    assert caught.value.code == "tap.deadline"
    assert "`tap.seconds`" in caught.value.hint
    assert not (place_of(installed()) / "patto-ready").exists()


def test_other_packages_have_another_place_and_their_order_does_not_matter(tmp_path):
    def place(*packages):
        return place_of(Installed(packages=packages, folder=tmp_path))

    assert place("a==1", "b==1") != place("a==1", "b==2")
    assert place("a==1", "b==1").name.split("-")[1] == place("b==1", "a==1").name.split("-")[1]


def test_a_tap_sees_of_the_environment_what_the_settings_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    seen = environment(tmp_path, ("HTTPS_PROXY", "NOT_SET"))

    assert sorted(seen) == ["HTTPS_PROXY", "LANG", "PATH", "PYTHONUTF8", "TMPDIR"]
    assert seen["PATH"].startswith(str(tmp_path / "bin"))
    assert sys.prefix not in seen["PATH"]
