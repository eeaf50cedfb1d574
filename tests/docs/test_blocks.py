"""Code blocks of the pages are true: commands exist, settings and JSON parse; the pages name what readers can find."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer

from patto_hub.cli.main import make_app
from patto_hub.settings.shape import PartnerPart, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").rglob("*.md")])
TEXTS = (".md", ".py", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".html", ".svg", ".service")
PATTO = re.compile(r"(?:^|[\s(/])patto ((?:[^\s;|&)>]+ ?)*)")
OURS = re.compile(r"\b(?:design|domain|(?<!explanation/)faults|style|libraries|users)\.md\b")
LOCAL = re.compile(r"(?<![\w.])/(?:work|tmp|root|home)/\w+")
FILES = re.compile(
    r"(?<![\w./])(?:benchmarks|config|connectors|docs|hub|plugins|schemas|tests)/[\w/-]+\.(?:py|toml|md|svg)\b"
)
"""Files of the project, named in a text; Borgo is the partner of the examples."""
MADE = {"config/hub.toml", "hub/hub.toml"}
"""Files that their owner makes."""
HOSTS = {"127.0.0.1", "localhost", "www.w3.org", "www.rfc-editor.org", "github.com", "interop.pagopa.it"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def root_command():
    return typer.main.get_command(make_app())


def misused(root_command, words: list[str]) -> str:
    """Say what is wrong with a call of `patto`; empty if it names a command and options that exist."""
    command, options = root_command, set()
    waiting = False
    for word in words:
        known = {each: parameter for parameter in command.params for each in parameter.opts if each.startswith("-")}
        if waiting:
            waiting = False
        elif word.startswith("-"):
            option, _, value = word.partition("=")
            if option not in {*known, "--help"}:
                return f"no option {option}"
            options.add(option)
            waiting = not value and option != "--help" and not getattr(known[option], "is_flag", False)
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"no command {word}"
            command = command.commands[word]
    complete = not hasattr(command, "commands") or options & {"--help", "--version"}
    return "" if complete and not waiting else "incomplete"


def untaken(text: str, title: str) -> str:
    """Say what is wrong with a block of TOML: settings that the hub does not take, or nobody's."""
    try:
        table = tomllib.loads(text)
        if table.keys() <= Settings.model_fields.keys():
            Settings.model_validate(table)
        elif table.keys() <= PartnerPart.model_fields.keys():
            PartnerPart.model_validate(table)
        elif not title and "kept" not in table:
            return "nobody's settings"
    except ValueError as error:
        return str(error)
    return ""


def unreadable(language: str, text: str) -> str:
    """Say what is wrong with a block of JSON or Python."""
    try:
        if language == "json":
            json.loads(text)
        elif language == "ndjson":
            [json.loads(line) for line in text.splitlines()]
        elif language == "python":
            compile(text, "block", "exec")
    except (ValueError, SyntaxError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_patto_command_of_a_page_exists(page, blocks, root_command):
    called = [
        found
        for block in blocks(page)
        if block.language in ("console", "text", "ini", "sh", "")
        for line in block.text.splitlines()
        if not line.startswith(("#", " "))
        for found in PATTO.findall(line)
        if (block.language == "console" and line.startswith("$ ")) or block.language in ("text", "ini", "sh")
    ]

    wrong = [(each, fault) for each in called if (fault := misused(root_command, shlex.split(each, comments=True)))]

    assert wrong == []


def test_a_misused_command_would_be_seen(root_command):
    assert misused(root_command, ["run", "a/b", "--drye"]) == "no option --drye"
    assert misused(root_command, ["quarantine", "repair"]) == "no command repair"
    assert misused(root_command, ["quarantine"]) == "incomplete"
    assert misused(root_command, ["--lang", "en", "run", "a/b", "--dry-run"]) == ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_settings_is_taken_by_the_settings(page, blocks):
    tables = [block for block in blocks(page) if block.language == "toml"]

    wrong = [(block.text, fault) for block in tables if (fault := untaken(block.text, block.title or ""))]

    assert wrong == []


def test_settings_that_are_not_taken_would_be_seen():
    assert untaken("[web]\nprot = 1", "")
    assert untaken("[partners.borgo]\nfeeds = 3", "")
    assert untaken("[somewhere]\nelse = 1", "")
    assert untaken("[web", "")
    assert not any((untaken("[web]\nport = 8080", ""), untaken("[somewhere]\nelse = 1", "world.toml")))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_json_or_python_can_be_read(page, blocks):
    wrong = [(block.text, fault) for block in blocks(page) if (fault := unreadable(block.language, block.text))]

    assert wrong == []


def test_a_block_that_cannot_be_read_would_be_seen():
    assert unreadable("json", '{"a": 1,}')
    assert unreadable("ndjson", '{"a": 1}\n{"b"}')
    assert unreadable("python", "def x(:")
    assert not any((unreadable("json", '{"a": 1}'), unreadable("python", "x = 1"), unreadable("text", "{")))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_no_place_of_this_machine_and_no_unknown_host(page):
    text = page.read_text("utf-8")
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[\w.\[\]:-]+", text)}

    assert LOCAL.findall(text) == []
    assert {host for host in hosts - HOSTS if host and not host.endswith((".example", ".test"))} == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_of_the_project_that_a_page_names_exists(page):
    named = {each for each in FILES.findall(page.read_text("utf-8")) if "/borgo/" not in each and each not in MADE}

    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_nothing_refers_to_pages_that_are_not_shipped():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    files = [ROOT / each for each in listed.split("\0") if each.endswith(TEXTS)]
    if not files:
        pytest.skip("not a checkout of git")

    referring = [name(path) for path in files if path.is_file() and OURS.search(path.read_text("utf-8"))]

    assert [each for each in referring if each != name(Path(__file__))] == []
