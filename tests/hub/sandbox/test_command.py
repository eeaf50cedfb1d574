"""`patto sandbox serve`, as an operator starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from patto_hub.cli.main import run as command
from patto_hub.cli.shell import Exit

TIME = 90  # seconds; a machine that runs other tests beside this one is slow
WORLD = '[web]\nport = 0\n[world]\npeople = 2\nambiti = ["LE/1"]\n'


@pytest.mark.timeout(2 * TIME)
@pytest.mark.asyncio(loop_scope="session")
async def test_it_names_each_partners_key_and_ends_well_when_told_to(fresh, tried):
    (fresh / "small.toml").write_text(WORLD, "utf-8")
    options = ("--config", tried.plan.folder.parent / "hub.toml", "sandbox", "serve", "--settings", "small.toml")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "patto_hub.cli.main", *options, "--folder", "sandbox"),
        cwd=fresh,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(TIME):
        told = [(await process.stdout.readline()).decode() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        code = await process.wait()

    assert "primo giorno" in told[0]
    assert "/portal/sandbox" in told[1]
    assert [line.split()[:2] for line in told[2:]] == [
        [name, f"sandbox/keys/{name}.key"] for name in ("lecce", "job_centre", "coop")
    ]
    assert "Ambito territoriale di Lecce" in told[2]
    assert code == Exit.OK


def test_it_does_not_start_in_the_hubs_own_folder(tmp_path, capsys):
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\ndata_dir = "data"\n', "utf-8")

    code = command(["--config", str(file), "sandbox", "serve", "--folder", str(tmp_path / "data")], {})

    assert code == Exit.CONFIG
    assert "--folder" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_reset_of_what_is_no_sandbox_is_refused(tmp_path, capsys):
    code = command(["sandbox", "reset", "--folder", str(tmp_path)], {})

    assert code == Exit.USAGE
    assert "--folder" in capsys.readouterr().err
