from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from patto_hub import __version__
from patto_hub.cli.main import COMMANDS, GROUPS
from patto_hub.cli.shell import BETWEEN, Exit

HEAVY = {"aiohttp", "lxml", "sqlalchemy", "rich", "pydantic", "apscheduler", "alembic", "structlog", "msgspec", "babel"}
EVERY = [*((name,) for name in COMMANDS), *((group, name) for group in GROUPS for name in GROUPS[group][0])]


def test_the_version_is_told(terminal) -> None:
    said = terminal("--version")

    assert (said.code, said.out) == (Exit.OK, f"patto {__version__}\n")


def test_help_loads_no_heavy_module() -> None:
    script = "import sys; from patto_hub.cli.main import run; run(['--help'], {}); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "typer" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_each_command_has_help_in_both_languages(terminal, command) -> None:
    it, en = terminal(*command, "--help"), terminal("--lang", "en", *command, "--help")

    assert (it.code, en.code) == (Exit.OK, Exit.OK)
    assert it.out != en.out
    assert BETWEEN not in it.out + en.out


UNTIL_STOPPED = {("serve",), ("demo",), ("sandbox", "serve")}
"""They give no result: they end when they are told to."""


@pytest.mark.parametrize("command", [each for each in EVERY if each not in UNTIL_STOPPED], ids=" ".join)
def test_each_command_with_a_result_gives_it_to_programs_too(terminal, command) -> None:
    assert "--json" in terminal(*command, "--help").out


def test_the_language_may_come_from_the_environment(terminal) -> None:
    terminal.environment["PATTO_LANG"] = "en"

    assert "Start the hub." in terminal("--help").out
    assert "Avvia l'hub." in terminal("--lang", "it", "--help").out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("serv",), "Comando sconosciuto: serv."),
        (("run",), "Manca"),
        (("run", "--wrong"), "Opzione sconosciuta: --wrong"),
        (("status", "too", "much"), "Di troppo: too much."),
        (("preview", "a/b", "--rows", "molte"), "Valore non valido per --rows"),
    ],
)
def test_a_command_written_wrongly_is_told_so_in_italian(terminal, arguments, expected) -> None:
    said = terminal(*arguments)

    assert said.code == Exit.USAGE
    assert expected in said.err
    assert "--help" in said.err


@pytest.mark.parametrize("command", [(), ("quarantine",), ("run",)], ids=" ".join)
def test_a_help_page_is_in_one_language(terminal, command) -> None:
    it, en = terminal(*command, "--help").out, terminal("--lang", "en", *command, "--help").out

    assert it.startswith(" ".join(("Uso: patto", *command)))
    assert "Opzioni:" in it
    assert "Mostra questo aiuto." in it
    assert not re.search("Usage|OPTIONS|Options|Arguments|Commands|COMMAND|Show this|completion for", it)
    assert "Options:" in en
    assert not re.search("Uso:|Opzioni|Comandi|Mostra", en)


def test_without_a_command_the_help_is_shown(terminal) -> None:
    said = terminal()

    assert said.code == Exit.USAGE
    assert "Avvia l'hub." in said.out


def test_a_mistake_in_the_settings_is_told_without_a_traceback(patto, office) -> None:
    office.config.write_text("[web]\nprot = 1\n[log]\nlevel = 'loud'\n")

    said = patto("status")

    assert said.code == Exit.CONFIG
    assert said.err.splitlines() == [
        f"{office.config}:2: web.prot: chiave sconosciuta; forse intendevi «port»?",
        f"{office.config}:4: log.level: valori ammessi: 'debug', 'info', 'warning' or 'error'",
    ]


def test_debug_shows_the_traceback(patto, office) -> None:
    office.config.write_text("[web]\nprot = 1\n")

    assert "Traceback" in patto("--debug", "status").err
    assert "Traceback" not in patto("status").err


def test_an_unexpected_error_is_one_sentence(patto, monkeypatch) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("patto_hub.settings.read.read_settings", broken)
    said = patto("status")

    assert said.code == Exit.FAILED
    assert "Errore imprevisto (RuntimeError, test_main.py:" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_reader_that_goes_away_is_no_error(office) -> None:
    script = "import sys; from patto_hub.cli.main import main; main()"
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run([sys.executable, "-c", script, "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)

    assert done.stderr == b""


@pytest.mark.parametrize(("language", "shown", "hidden"), [("it", "FLUSSO", "STREAM"), ("en", "STREAM", "FLUSSO")])
@pytest.mark.parametrize("command", [("run",), ("preview",), ("check",), ("job", "pause"), ("drift", "list")])
def test_help_names_a_stream_in_its_language(terminal, command, language, shown, hidden) -> None:
    said = terminal("--lang", language, *command, "--help")

    assert f"PARTNER/{shown}" in said.out
    assert hidden not in said.out
