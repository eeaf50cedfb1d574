"""Runs a sandbox: the invented partners, the hub that has read them, its guise; and begins again when somebody asks."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from jinja2 import ChoiceLoader, PackageLoader
from yarl import URL

from patto_hub.compose.serve import serving
from patto_hub.demo.partners import start_partners
from patto_hub.extensions.start import load_for_start
from patto_hub.feeds.spec import RIGHTS, by_name
from patto_hub.feeds.views import FEEDS
from patto_hub.sandbox.answers import faulty
from patto_hub.sandbox.casting import cast, codes_of, stand_ins
from patto_hub.sandbox.day_one import go_back
from patto_hub.sandbox.inventing import Inventor
from patto_hub.sandbox.pages import PAGES, PATH
from patto_hub.sandbox.place import SANDBOX, Sandbox
from patto_hub.sandbox.receivers import opening
from patto_hub.sandbox.routes import ENDPOINTS
from patto_hub.sandbox.stage import calendar_of, story_of
from patto_hub.sandbox.steps import Steps
from patto_hub.sandbox.words import BANNER, SECTION
from patto_hub.settings.read import Configuration
from patto_hub.settings.shape import HubPart, Settings
from patto_hub.web.app import Guise
from patto_hub.web.rendering import RENDERER
from patto_schemas.chronicle import chronicle

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from aiohttp import web

    from patto_connectors.ports import World
    from patto_hub.compose.serve import Serving
    from patto_hub.sandbox.casting import Cast
    from patto_hub.sandbox.settings import SandboxSettings

ASKED: Final = "reset.asked"
"""A file by which the command line asks for a reset."""
LOOK_S: Final = 0.2
HEADER: Final = ("Patto-Environment", "sandbox")
"""On every answer: whoever reads it knows that nothing of it is real."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What a sandbox is made of."""

    hub: Settings
    """The settings of the hub whose partners try things here."""
    own: SandboxSettings
    folder: Path
    """Its own; nothing of the hub is in it, and nothing of it in the hub."""
    file: Path
    """From where paths and secrets of its own settings are read."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@asynccontextmanager
async def opened(plan: Plan, world: World) -> AsyncIterator[tuple[Sandbox, Serving]]:
    """Serve a sandbox on its first day for the length of the block."""
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    story = story_of(plan.folder, world, plan.own.world, codes_of(plan.hub, plan.own.world.ambiti))
    async with AsyncExitStack() as stack:
        doubles = await start_partners(stack, plan.folder / "partners", story)
        invented = chronicle(story.world)
        stands_for = stand_ins(plan.hub, invented.tellers())
        parts = cast(plan.hub, plan.own, doubles, stands_for, _doors(plan.folder / "hub"))
        configuration = _configuration(plan, parts)
        await go_back(configuration, parts, story, plan.folder, world)
        inventor = Inventor(chronicle=invented, calendar=calendar_of(story))
        steps = Steps(inventor=inventor, stands_for=stands_for)
        sandbox = Sandbox(folder=plan.folder, cast=parts, steps=steps)
        guise = Guise(endpoints=ENDPOINTS, portal=PAGES, route=faulty, dress=_dress(sandbox))
        steps.started = await stack.enter_async_context(
            serving(configuration, world, guise=guise, opening=opening(sandbox.faults))
        )
        yield sandbox, steps.started


async def run(
    plan: Plan, world: World, stop: asyncio.Event, ready: Callable[[Sandbox, Serving], Awaitable[None]]
) -> None:
    """Serve until `stop` is set; each reset begins the first day anew, at the same address."""
    while not stop.is_set():
        (plan.folder / ASKED).unlink(missing_ok=True)
        async with opened(plan, world) as (sandbox, started):
            await ready(sandbox, started)
            while not (stop.is_set() or sandbox.reset.is_set() or (plan.folder / ASKED).exists()):
                await world.sleep(LOOK_S)
            web_part = plan.own.web.model_copy(update={"port": URL(started.listening).port})
            plan.own = plan.own.model_copy(update={"web": web_part})


def _configuration(plan: Plan, parts: Cast) -> Configuration:
    settings = Settings(
        hub=HubPart(
            data_dir=(plan.folder / "hub").absolute(),
            time_zone=plan.hub.hub.time_zone,
            language=plan.hub.hub.language,
        ),
        web=plan.own.web,
        log=plan.hub.log,
        partners=dict(parts.parts),
    )
    return Configuration(settings=settings, file=plan.file, lines={}, environment=plan.environment)


def _doors(data_dir: Path) -> Callable[[str, str], bool]:
    """Give what says whether a plugin's stream is one that partners hand in to."""
    extensions = load_for_start(data_dir, taken_feeds={*by_name(FEEDS), *RIGHTS})

    def has_door(plugin: str, name: str) -> bool:
        found = extensions.connector(plugin, name)
        return found is not None and found.door is not None

    return has_door


def _dress(sandbox: Sandbox) -> Callable[[web.Application], None]:
    """Let every page say where one is, and every answer."""

    async def marked(_request: web.Request, answer: web.StreamResponse) -> None:
        answer.headers[HEADER[0]] = HEADER[1]

    def dress(app: web.Application) -> None:
        app[SANDBOX] = sandbox
        app.on_response_prepare.append(marked)
        pages = app[RENDERER].environment
        pages.globals.update(banner=BANNER, more_sections=((PATH, SECTION),))
        pages.loader = ChoiceLoader([*filter(None, [pages.loader]), PackageLoader("patto_hub.sandbox")])

    return dress
