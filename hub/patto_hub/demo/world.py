"""`patto demo`: starts the simulated partners, a hub that reads them, and a partner that reads the hub."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.compose.serve import serve, stop_on_signals
from patto_hub.demo.partners import DOOR, start_partners
from patto_hub.demo.receiver import Receiver
from patto_hub.demo.story import WrongWorld, story_in
from patto_hub.feeds.spec import PUSH
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger import keys, upgrade
from patto_hub.observe.logs import set_up_logs
from patto_hub.settings.read import read_settings
from patto_hub.settings.shape import HubPart
from patto_hub.web.signin import demo_link
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from patto_hub.cli.shell import Shell
    from patto_hub.compose.serve import Serving
    from patto_hub.demo.receiver import Received
    from patto_hub.demo.story import Story
    from patto_hub.outcomes import RunOutcome
    from patto_hub.settings.read import Configuration

ZONE: Final = ZoneInfo(HubPart().time_zone)
READS: Final = ("cpi_11", "labour")
"""The kind of partner that reads its feeds here: an employment centre."""
READER: Final = "cpi_lettore"
"""Who reads where no plugin simulates an employment centre."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Tells people at the terminal what happens: counts, never names."""

    shell: Shell
    world: World
    reader: str

    def say(self, text: str) -> None:
        """Write a line with the time of day."""
        self.shell.tell(f"[{self.world.now().astimezone(ZONE):%H:%M:%S}] {self.shell.say(text)}")

    def ran(self, outcome: RunOutcome) -> None:
        """Tell of a run that brought something, or failed."""
        balance = outcome.balance
        if outcome.state not in {"done", "partial"}:
            self.say(
                f"{outcome.job}: non letto ({outcome.trouble_code}) | {outcome.job}: not read ({outcome.trouble_code})"
            )
        elif balance.read != balance.unchanged + balance.duplicate:
            self.say(
                f"{outcome.job}: letti {balance.read}, nuovi {balance.new}, aggiornati {balance.changed},"
                f" in attesa {balance.parked}, in quarantena {balance.quarantined}"
                f" | {outcome.job}: read {balance.read}, new {balance.new}, changed {balance.changed},"
                f" waiting {balance.parked}, quarantined {balance.quarantined}"
            )

    def received(self, received: Received) -> None:
        """Tell what the reading partner got."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(received.kinds.items()))
        total = sum(received.kinds.values())
        self.say(
            f"{self.reader} ha ricevuto {total} variazioni dal flusso {received.feed}: {kinds}"
            f" | {self.reader} received {total} changes of the feed {received.feed}: {kinds}"
        )


def run_demo(shell: Shell, folder: Path, port: int, settings: Path | None = None) -> None:
    """Run a demonstration in a folder until Ctrl-C; a second one in the same folder goes on where it was.

    `settings` is a TOML file that describes the invented world, for the first one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = World()
    try:
        story = story_in(folder, world, settings)
    except WrongWorld as wrong:
        raise shell.halt(str(wrong), Exit.CONFIG) from None
    asyncio.run(_demo(shell, folder, port, world, story))


async def _demo(shell: Shell, folder: Path, port: int, world: World, story: Story) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with AsyncExitStack() as stack:
        log = stack.enter_context((folder / "hub.log").open("a", encoding="utf-8"))
        set_up_logs("info", "json", stream=log, now=world.now)
        partners = with_reader(await start_partners(stack, folder / "partners", story))
        reader = next(name for name, part in partners.items() if _reads(part))
        configuration = _configure(shell, folder, port, partners)
        ledger_path(configuration).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade.upgrade(ledger_path(configuration))
        voice = Voice(shell, world, reader)
        reading = await stack.enter_async_context(asyncio.TaskGroup())
        pulling: list[asyncio.Task[None]] = []

        async def ready(started: Serving) -> None:
            await _greet(shell, folder, started)
            await _open_door(folder / "partners" / DOOR, started)
            receiver = await _receiver(folder, started, voice)
            pulling.append(reading.create_task(receiver.pull(), name="receiver"))

        try:
            await serve(configuration, world, stop=stop, ready=ready, heard=voice.ran)
        finally:
            for task in pulling:
                task.cancel()
    shell.tell("Fermato; il prossimo avvio continua da qui. | Stopped; the next start goes on from here.")


def with_reader(partners: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Let the first employment centre read all feeds of the hub; where none is simulated, one comes that only reads."""
    feeds = [feed.name for feed in FEEDS]
    for name, part in partners.items():
        if _reads(part):
            return {**partners, name: {**part, "feeds": list(dict.fromkeys([*part.get("feeds", ()), *feeds]))}}
    scheme, domain = READS
    organisation = {"scheme": scheme, "value": "E506C000123", "domain": domain}
    return {**partners, READER: {"title": "Centro per l'impiego", "organisation": organisation, "feeds": feeds}}


def _reads(part: Mapping[str, Any]) -> bool:
    organisation = part.get("organisation", {})
    return (organisation.get("scheme"), organisation.get("domain")) == READS


def _configure(shell: Shell, folder: Path, port: int, partners: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """Write the settings of the demonstration, as a person would, and read them."""
    tables: dict[str, Mapping[str, Any]] = {
        "hub": {"data_dir": "hub", "language": shell.language},
        "web": {"host": "127.0.0.1", "port": port},
        **{f"partners.{name}": part for name, part in partners.items()},
    }
    lines = ["# Made by `patto demo` at each start."]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    file = folder / "hub.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_settings(file, {})


async def _open_door(file: Path, started: Serving) -> None:
    """Tell the simulated partners that hand in where the hub is, each with a key that can do nothing else."""
    ledger, world = started.hub.ledger, started.hub.world
    found = {}
    for name, part in started.hub.configuration.settings.partners.items():
        if PUSH in part.feeds:
            _, found[name] = await ledger.write(keys.add, world, partner=name, scopes=[PUSH])
    _write_private(file, json.dumps({"address": started.listening + BASE, "keys": found}))


def _write_private(file: Path, text: str) -> None:
    """Write a file for the hub's own user alone, whole or not at all."""
    writing = file.with_suffix(".tmp")
    writing.unlink(missing_ok=True)
    writing.touch(mode=0o600)
    writing.write_text(text, encoding="utf-8")
    writing.replace(file)


def _toml(value: Any) -> str:  # noqa: ANN401 - any plain value
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


async def _greet(shell: Shell, folder: Path, started: Serving) -> None:
    link = await demo_link(started.hub.ledger, started.hub.world, started.address)
    shell.tell(
        "Dimostrazione: tutto su questa macchina, persone inventate. Ctrl-C per fermare."
        " | Demonstration: all on this machine, invented people. Ctrl-C to stop."
    )
    for text, value in (
        ("Stato dei flussi | State of the streams", f"{started.address}/"),
        ("Accesso, una volta sola | Sign in, once", link),
        ("API dei partner | Partners' API", f"{started.address}{BASE}/feeds/pacts/changes"),
        ("Descrizione | Description", f"{started.address}/openapi.json"),
        ("Impostazioni e registro | Settings and ledger", f"{folder}/"),
    ):
        shell.tell(f"  {shell.say(text):26} {value}")
    for each in started.hub.unusable:
        shell.warn(f"{each.job}: {each.sentence(shell.language)}")


async def _receiver(folder: Path, started: Serving, voice: Voice) -> Receiver:
    """Give the reading partner, with the key of the last time if it is still good."""
    file = folder / "receiver.key"
    ledger, world = started.hub.ledger, started.hub.world
    feeds = [feed.name for feed in FEEDS]
    key = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if not key or await ledger.read(keys.find, key, world.milliseconds()) is None:
        _, key = await ledger.write(keys.add, world, partner=voice.reader, scopes=feeds)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(key + "\n", encoding="utf-8")
    return Receiver(
        address=started.listening,
        key=key,
        feeds=tuple(feeds),
        positions=folder / "receiver.json",
        world=world,
        told=voice.received,
    )
