"""`patto demo`: starts the simulated partners, a hub that reads them, and a partner that reads the hub."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.compose.serve import serve, stop_on_signals
from patto_hub.demo.keyring import open_door, reading_key
from patto_hub.demo.partners import DOOR, start_partners
from patto_hub.demo.receiver import Receiver
from patto_hub.demo.story import WrongWorld, story_in
from patto_hub.demo.voice import Voice
from patto_hub.feeds.spec import PUSH
from patto_hub.feeds.views import CATALOGUE, EMPLOYMENTS, ENROLMENTS, PACTS
from patto_hub.ledger import status, upgrade
from patto_hub.observe.logs import set_up_logs
from patto_hub.settings.read import read_settings
from patto_hub.web.portal.upload import endings
from patto_hub.web.signin import demo_link
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from patto_hub.cli.shell import Shell
    from patto_hub.compose.serve import Serving
    from patto_hub.demo.story import Story
    from patto_hub.settings.read import Configuration

READS: Final = ("cpi_11", "labour")
"""The kind of partner that reads its feeds here: an employment centre."""
GRANTED: Final = tuple(feed.name for feed in (PACTS, CATALOGUE, ENROLMENTS, EMPLOYMENTS))
"""What such a centre is granted: the measures of its people's pacts, and what they lead to; no loan, no payment."""
READER: Final = "cpi_lettore"
"""Who reads where no plugin simulates an employment centre."""


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
        shell.tell("Preparo il mondo inventato… | Making the invented world…")
        partners = with_reader(await start_partners(stack, folder / "partners", story))
        reader = next(name for name, part in partners.items() if _reads(part))
        configuration = configure(shell, folder, port, partners)
        ledger_path(configuration).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade.upgrade(ledger_path(configuration))
        plugins = {name: str(part.get("plugin", "")) for name, part in partners.items()}
        voice = Voice(shell=shell, world=world, story=story, reader=reader, plugins=plugins)
        reading = await stack.enter_async_context(asyncio.TaskGroup())
        pulling: list[asyncio.Task[None]] = []

        async def ready(started: Serving) -> None:
            voice.expect(await started.hub.ledger.read(status.standings, list(started.hub.jobs)))
            await _greet(shell, folder, started, story)
            receiver = await _receiver(folder, started, voice)
            keys = {reader: receiver.key} | await _invite(shell, folder, started, reader, receiver.key)
            await open_door(folder / "partners" / DOOR, started, keys)
            pulling.append(reading.create_task(receiver.pull(), name="receiver"))
            pulling.append(reading.create_task(voice.speak(), name="voice"))

        try:
            await serve(configuration, world, stop=stop, ready=ready, heard=voice.ran)
        finally:
            for task in pulling:
                task.cancel()
    shell.tell("Fermato; il prossimo avvio continua da qui. | Stopped; the next start goes on from here.")


def with_reader(partners: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Let the first employment centre read what it is granted; where none is simulated, one comes that only reads."""
    for name, part in partners.items():
        if _reads(part):
            return {**partners, name: {**part, "feeds": list(dict.fromkeys([*part.get("feeds", ()), *GRANTED]))}}
    scheme, domain = READS
    organisation = {"scheme": scheme, "value": "E506C000123", "domain": domain}
    return {**partners, READER: {"title": "Centro per l'impiego", "organisation": organisation, "feeds": [*GRANTED]}}


def _reads(part: Mapping[str, Any]) -> bool:
    organisation = part.get("organisation", {})
    return (organisation.get("scheme"), organisation.get("domain")) == READS


def configure(shell: Shell, folder: Path, port: int, partners: Mapping[str, Mapping[str, Any]]) -> Configuration:
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


def _toml(value: Any) -> str:  # noqa: ANN401 - any plain value
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


async def _greet(shell: Shell, folder: Path, started: Serving, story: Story) -> None:
    link = await demo_link(started.hub.ledger, started.hub.world, started.address)
    shell.tell(
        "Dimostrazione: tutto su questa macchina, persone inventate. Ctrl-C per fermare."
        " | Demonstration: all on this machine, invented people. Ctrl-C to stop."
    )
    shell.tell(_world_in_words(shell, started, story))
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


async def _invite(shell: Shell, folder: Path, started: Serving, reader: str, key: str) -> dict[str, str]:
    """Invite to the portal as a partner that can hand in files there, else as the one that reads; gives its key."""
    partners = started.hub.configuration.settings.partners
    name = next((job.partner for job in started.hub.jobs.values() if endings(job)), reader)
    if name != reader:
        key = await reading_key(folder / "portal.key", started, name, partners[name].opens)
    for text, value in (
        ("Portale dei partner | Partners' portal", f"{started.address}/portal"),
        ("Chiave | Key", f"{key}  ({partners[name].title})"),
    ):
        shell.tell(f"  {shell.say(text):26} {value}")
    return {name: key}


def _world_in_words(shell: Shell, started: Serving, story: Story) -> str:
    """Say how large the invented world is, and how fast it is told."""
    world, pace = story.world, story.calendar
    left = max(world.days - pace.ahead_days, 0)
    text = shell.say(
        "{} persone in {} Ambiti, {} partner, {} flussi; passati {} giorni, gli altri {} passano in {} min"
        " | {} people in {} Ambiti, {} partners, {} streams; {} days have passed, the other {} take {} min"
    )
    return "  " + text.format(
        world.people * len(world.ambiti),
        len(world.ambiti),
        len(started.hub.configuration.settings.partners),
        len(started.hub.jobs),
        round(min(pace.ahead_days, world.days)),
        round(left),
        max(1, round(left * pace.day_seconds / 60)),
    )


async def _receiver(folder: Path, started: Serving, voice: Voice) -> Receiver:
    """Give the reading partner; where it hands in too, it has one key for both."""
    part = started.hub.configuration.settings.partners[voice.reader]
    rights = [PUSH] if PUSH in part.feeds else []
    return Receiver(
        address=started.listening,
        key=await reading_key(folder / "receiver.key", started, voice.reader, [*rights, *GRANTED]),
        feeds=GRANTED,
        positions=folder / "receiver.json",
        world=started.hub.world,
        told=voice.received,
    )
