"""Reads the pages: their code blocks, and a shell in which a page is lived through from top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.ledger import keys
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE
from patto_plugins.social_districts.fake import FakeSettings, service
from patto_schemas.chronicle import Rates

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^```(\w+)?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
MARK = "--the-command-has-ended--"
UP_S = 60.0
"""Longest wait for what a page starts beside."""
LECCE = """
[hub]
data_dir = "data"
[web]
port = 0
[partners.lecce]
plugin = "social_districts"
organisation = {{ scheme = "ambito", value = "LE/1", domain = "social" }}
feeds = ["pacts"]
settings = {{ base_url = "{address}/le-1" }}
jobs = {{ persons = {{ every = "1h" }}, pacts = {{ every = "1h" }}, measures = {{ every = "1h" }} }}
"""
PEOPLE = 5


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    info: str
    text: str

    @property
    def title(self) -> str | None:
        """The file that the block is the content of, or a change of."""
        found = TITLE.search(self.info)
        return None if found is None else found[1]

    def commands(self) -> list[tuple[str, str]]:
        """Give (command, shown output) of a console block; a line that ends in a backslash goes on."""
        found: list[tuple[str, str]] = []
        lines = iter(self.text.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = line[2:]
                while command.endswith("\\"):
                    command = f"{command[:-1]} {next(lines).strip()}"
                found.append((command, ""))
            else:
                command, shown = found.pop()
                found.append((command, f"{shown}{line}\n"))
        return found


def blocks_of(page: Path) -> list[Block]:
    """Give the blocks of a page, in order."""
    return [
        Block(language or "", info.strip(), text) for language, info, text in FENCE.findall(page.read_text("utf-8"))
    ]


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder of their own; ports are changed to free ones."""

    folder: Path
    environment: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    beside: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def live_through(self, page: Path) -> int:
        """Do each block: write files, change them, run commands, compare what they print; give how many commands."""
        count = 0
        for block in blocks_of(page):
            if block.language == "diff":
                self.change(block)
            elif block.title:
                self.write(block)
            elif block.language == "console" and block.info == "beside":
                self.start(block)
            elif block.language == "console":
                for command, shown in block.commands():
                    self.run(command, shown)
                    count += 1
        return count

    def write(self, block: Block) -> None:
        """Write a file; its path starts in the folder that holds the page's own folder, if that was made."""
        path = self.place(block.title)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.freed(block.text), encoding="utf-8")

    def place(self, title: str) -> Path:
        """Give where a page's file is: below the first folder that the page has made."""
        first = next((each for each in sorted(self.folder.iterdir()) if each.is_dir()), self.folder)
        return first / title

    def change(self, block: Block) -> None:
        """Change lines of a file as a diff block says."""
        path = self.place(block.title)
        old = "".join(f"{line[1:]}\n" for line in block.text.splitlines() if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in block.text.splitlines() if not line.startswith("-"))
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{block.title} has no such lines:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, command: str, shown: str) -> None:
        """Run a command in the page's shell; it must end well (3: some rows were set aside) and print what is shown."""
        code, printed = self.ask(self.freed(command))
        assert code in (0, 3), f"$ {command}\n{printed}\nexit code {code}"
        if shown:
            assert re.fullmatch(pattern(self.freed(shown)), printed, re.DOTALL), f"$ {command}\n{printed}"

    def ask(self, command: str) -> tuple[int, str]:
        """Run a command in the page's shell; gives its exit code and what it printed."""
        self.shell.stdin.write(f"{command}\nprintf '\\n{MARK} %s\\n' $?\n")
        self.shell.stdin.flush()
        printed = []
        for line in self.shell.stdout:
            if line.startswith(MARK):
                return int(line.split()[1]), "".join(printed)
            printed.append(line)
        raise AssertionError("the shell has ended:\n" + "".join(printed))

    def start(self, block: Block) -> None:
        """Start what goes on beside, and wait until it can be reached."""
        (command, shown), *none = block.commands()
        assert none == []
        _, here = self.ask("pwd")
        with (self.folder / "beside.log").open("ab") as log:
            arguments = ["bash", "-c", f"exec {self.freed(command)}"]
            self.beside.append(
                subprocess.Popen(arguments, cwd=here.strip(), env=self.environment, stdout=log, stderr=log)
            )
        (port,) = re.findall(r"\b(\d{4,5})\b", self.freed(command + shown).replace("127.0.0.1", ""))
        deadline = time.monotonic() + UP_S
        while not reachable(int(port)):
            assert self.beside[-1].poll() is None, (self.folder / "beside.log").read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def freed(self, text: str) -> str:
        """Put free ports in the place of the page's."""
        for port in ("8080", "8099"):
            if port in text:
                text = text.replace(port, str(self.ports.setdefault(port, free_port())))
        return text

    def close(self) -> None:
        """End everything that was started."""
        for process in [*self.beside, self.shell]:
            process.send_signal(signal.SIGTERM if process is not self.shell else signal.SIGKILL)
        for process in [*self.beside, self.shell]:
            process.wait(timeout=30)
        for pipe in (self.shell.stdin, self.shell.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def pattern(shown: str) -> str:
    """Make a pattern of what a page shows: `…` stands for anything, and spaces may be more or fewer."""
    pieces = [r"\s+".join(map(re.escape, piece.split())) for piece in shown.split("…")]
    return r"\s*" + ".*".join(pieces) + r"\s*"


def free_port() -> int:
    """Give a port that is free now."""
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def reachable(port: int) -> bool:
    """Say whether somebody listens at a port of this machine."""
    with socket.socket() as each:
        return each.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def blocks():
    """The function that gives a page's blocks."""
    return blocks_of


@pytest.fixture
def environment(tmp_path):
    """A virtual environment to throw away, in which the project and its tools are installed; no network."""
    home = tmp_path / "home"
    venv = home / ".venv"
    home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (library / "shared.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    command = venv / "bin/patto"
    command.write_text(f"#!{venv}/bin/python\nfrom patto_hub.cli.main import main\nmain()\n")
    command.chmod(0o755)
    return {
        "PATH": f"{venv}/bin:{os.environ['PATH']}",
        "HOME": str(home),
        "PATTO_LANG": "en",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's own oddity: false means "no isolation"
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def page_reader(tmp_path, environment):
    """Somebody who does what a page says."""
    folder = tmp_path / "work"
    folder.mkdir()
    port = free_port()
    made = Reader(folder, environment | {"PATTO_WEB__PORT": str(port)}, {"8080": port})
    yield made
    made.close()


@dataclass(frozen=True)
class Served:
    """A hub that a page is lived through against, and whose people it serves."""

    ledger: object
    people: int
    told: set[tuple[str, str]]
    """Kind and key of each record that the district has to tell."""


@pytest.fixture
async def served(page_reader, tmp_path):
    """A hub that has read a district's simulated people; the page's shell knows its address and a key."""
    heard: asyncio.Queue = asyncio.Queue()
    still = FakeSettings(people=PEOPLE, rates=Rates(late=0, mistakes=0, missing=0))
    async with service(still).running() as address:
        (tmp_path / "hub.toml").write_text(LECCE.format(address=address))
        configuration = read_settings(tmp_path / "hub.toml", {})
        async with serving(configuration, World(), heard=heard.put_nowait) as started:
            for _ in range(3):
                await asyncio.wait_for(heard.get(), 60)
            ledger = started.hub.ledger
            _, key = await ledger.write(keys.add, World(), partner="lecce", scopes=["pacts"])
            page_reader.ask(f"export HUB={started.listening}{BASE} KEY={key}")
            told = {(each.record.kind, each.record.key) for each in still.stage().due("LE/1")}
            yield Served(ledger, PEOPLE, told)
