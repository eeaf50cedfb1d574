"""The service: clock, dispatcher, watches and web side of one hub, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import threading
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.ticking import Clock
from patto_hub.clock.watch import watch
from patto_hub.compose.access import make_admission, shut_out
from patto_hub.compose.hub import open_hub
from patto_hub.compose.key_watch import watch_keys
from patto_hub.compose.lanes import make_ways, open_lanes, open_outlet, terms_of
from patto_hub.compose.runs import TellingRunner
from patto_hub.compose.secret_watch import watch_secrets
from patto_hub.compose.shown_watch import watch_shown
from patto_hub.compose.tls import tls_of
from patto_hub.compose.voucher_keys import watch_voucher_keys
from patto_hub.extensions.tell import refusal
from patto_hub.feeds.closing import Books, close_days
from patto_hub.feeds.spec import RIGHTS
from patto_hub.ledger import partners, secrets, storage, tokens, upgrade
from patto_hub.ledger.replays import SeenInLedger
from patto_hub.ledger.upkeep import Retention, upkeep
from patto_hub.memory import settled
from patto_hub.observe.metrics import make_metrics
from patto_hub.observe.notify import notify
from patto_hub.observe.watchdog import watched_loop
from patto_hub.road import patience
from patto_hub.web.app import OWN, make_app
from patto_hub.web.descriptors import Shortage, named
from patto_hub.web.edges import answer_ahead
from patto_hub.web.measures import MEASURES
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import Site, WebSettings
from patto_hub.web.stuck import cut_stuck
from patto_hub.web.wire import listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from patto_connectors.ports import World
    from patto_hub.compose.hub import Hub
    from patto_hub.compose.lanes import OpenOutlet
    from patto_hub.lanes.service import Lanes
    from patto_hub.observe.metrics import Metrics
    from patto_hub.observe.watchdog import Blocked
    from patto_hub.outcomes import RunOutcome
    from patto_hub.settings.read import Configuration
    from patto_hub.web.admission import Admission
    from patto_hub.web.app import Guise

STOP_S: Final = 10.0
"""How long a stop may take; then the process ends by force, which loses nothing: the ledger is always whole."""
WEB_STOP_S: Final = 2.0
"""How long requests in hand get to end."""
TELL_STOP_S: Final = 0.5
"""How long plugins that are being told of a run get to end."""

log = structlog.get_logger(__name__)


class PortTaken(Exception):  # noqa: N818 - the domain's word
    """Somebody else listens at the hub's address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self.host = host
        self.port = port


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A hub that serves."""

    hub: Hub
    site: Site
    listening: str
    """Where it listens, as `http://127.0.0.1:8080`."""
    address: str
    """Where people and partners reach it: the public address, else where it listens."""
    lanes: Lanes


async def serve(
    configuration: Configuration,
    world: World,
    *,
    stop: asyncio.Event,
    ready: Callable[[Serving], Awaitable[None]],
    heard: Callable[[RunOutcome], None] | None = None,
) -> None:
    """Serve until `stop` is set; `ready` is awaited once the hub listens, `heard` is told of each run that ends.

    Raises:
        PortTaken: somebody else listens at its address.
        WrongSchema, BadLedger: the ledger cannot be used.
    """
    async with serving(configuration, world, heard=heard) as started:
        with settled():
            log.info("hub.started", address=started.listening, jobs=len(started.hub.jobs), pid=os.getpid())
            await ready(started)
            notify("READY=1")
            await stop.wait()
            notify("STOPPING=1")
        log.info("hub.stopping")
    log.info("hub.stopped")


@asynccontextmanager
async def serving(
    configuration: Configuration,
    world: World,
    *,
    heard: Callable[[RunOutcome], None] | None = None,
    guise: Guise = OWN,
    opening: OpenOutlet = open_outlet,
) -> AsyncIterator[Serving]:
    """Serve for the length of the block; at its end nothing of the hub runs any more and every lease is given back.

    `guise` is for who serves the same routes for another purpose than the hub's, `opening` for who sends otherwise.
    """
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(open_hub(configuration, world, sound=True))
        _tell_unusable(hub)
        run = TellingRunner(extensions=hub.extensions, place=hub.place, heard=heard)
        dispatcher = InProcess(
            ledger=hub.ledger,
            world=hub.world,
            jobs=hub.jobs,
            run=run,
            owner=hub.owner,
            room=lambda: storage.room(hub.path),
        )
        clock = Clock(ledger=hub.ledger, world=hub.world, jobs=hub.jobs, place=hub.place, wake=dispatcher.wake)
        admission = await _admission(hub)
        site = make_site(hub, await hub.ledger.write(secrets.get, "cursor", world), clock, admission)
        stack.callback(site.passwords.close)
        app = make_app(site, guise)
        run.metrics = metrics = make_metrics(app[MEASURES].registry)
        metrics.plugins.labels("loaded").set(len(hub.extensions.loaded))
        metrics.plugins.labels("not_loaded").set(len(hub.extensions.not_loaded))
        metrics.clock_silence.set_function(lambda: clock.silent_s)
        listening = await stack.enter_async_context(_listening(app, configuration, world))
        await stack.enter_async_context(_watching(hub, metrics))
        await stack.enter_async_context(_working(hub, clock, dispatcher, run, site))
        lanes = await stack.enter_async_context(_handing_over(hub, site, run, opening))
        public = configuration.settings.web.public_url.rstrip("/")
        yield Serving(hub=hub, site=site, listening=listening, address=public or listening, lanes=lanes)


def make_site(hub: Hub, cursor_key: bytes, clock: Clock, admission: Admission) -> Site:
    """Give the web side what it works with."""
    public = hub.configuration.settings.web.public_url.rstrip("/")
    https = admission.address.startswith("https://")
    settings = WebSettings(secure_cookies=https, https=https, public_url=public)
    return Site(
        ledger=hub.ledger,
        world=hub.world,
        settings=settings,
        feeds=hub.feeds,
        subscriptions=hub.subscriptions,
        ways=terms_of(hub.configuration),
        cursor_key=cursor_key,
        admission=admission,
        rates=Rates(settings.calls, settings.window_s),
        sightings=Sightings(),
        jobs=hub.jobs,
        unusable=hub.unusable,
        place=hub.place,
        wake=clock.wake,
        probes={
            "migrations": lambda: _migrations(hub.path),
            "disk": lambda: _disk(hub.path),
            "clock": clock.stopped,
        },
        refuse_feed=lambda partner, feed: withheld(hub, partner, feed),
    )


def withheld(hub: Hub, partner: str, feed: str) -> tuple[str, str] | None:
    """Say why a partner may not read a feed now, whatever its key was made for: the settings, or a plugin.

    In Italian and English; a plugin may say both as `italiano | English`.
    """
    part = hub.configuration.settings.partners.get(partner)
    if part is None or feed not in part.opens or (feed not in RIGHTS and (partner, feed) not in hub.subscriptions):
        if feed in RIGHTS:
            return (
                f"Il diritto «{feed}» non è fra quelli di «{partner}» nelle impostazioni dell'hub.",
                f"The right `{feed}` is not among those of `{partner}` in the hub's settings.",
            )
        return (
            f"Il flusso «{feed}» non è fra quelli di «{partner}» nelle impostazioni dell'hub.",
            f"The feed `{feed}` is not among those of `{partner}` in the hub's settings.",
        )
    reason = None if feed in RIGHTS else refusal(hub.extensions, partner, feed)
    if reason is None:
        return None
    it, _, en = reason.partition(" | ")
    return it, en or it


async def _admission(hub: Hub) -> Admission:
    """Give who may come in by what; tokens of partners that ask for none any more end here."""
    organisations = await hub.ledger.read(partners.readers)
    admission, mistakes = make_admission(hub.configuration, organisations, SeenInLedger(hub.ledger))
    for mistake in mistakes:
        log.error("access.unusable", path=".".join(mistake.path), reason=mistake.en)
    asking = {name for name, each in admission.partners.items() if each.keys}
    await hub.ledger.write(tokens.keep_only, asking)
    return shut_out(admission, organisations, hub.configuration.settings.partners)


@asynccontextmanager
async def _listening(app: web.Application, configuration: Configuration, world: World) -> AsyncIterator[str]:
    part = configuration.settings.web
    tls = tls_of(configuration)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=WEB_STOP_S, handle_signals=False)
    await runner.setup()
    answer_ahead(runner)
    shortage = Shortage(app[MEASURES], world)
    try:
        try:
            listener = await listen(runner, part.host, part.port, tls=tls, shortage=shortage)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                raise PortTaken(part.host, part.port) from error
            raise
        host, port = listener.sockets[0].getsockname()[:2]
        async with asyncio.TaskGroup() as tasks:
            cutting = tasks.create_task(cut_stuck(runner, world), name="stuck readers")
            try:
                with named(shortage):
                    yield f"{'http' if tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"
            finally:
                listener.close()
                cutting.cancel()
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _handing_over(hub: Hub, site: Site, run: TellingRunner, opening: OpenOutlet) -> AsyncIterator[Lanes]:
    """Tell the receivers that the settings name of what is new; a run's end wakes their lanes."""
    ways, mistakes = make_ways(hub.configuration, hub.subscriptions)
    for mistake in mistakes:
        log.error("lane.unusable", path=".".join(mistake.path), reason=mistake.en)
    async with (
        open_lanes(hub, ways, site.cursor_key, withheld=site.refuse_feed, told=run.failed, opening=opening) as lanes,
        asyncio.TaskGroup() as tasks,
    ):
        run.ended = lanes.wake
        working = [
            tasks.create_task(lanes.serve(), name="lanes"),
            tasks.create_task(watch_secrets(hub.ledger, hub.world, ways, hub.place), name="signing keys"),
        ]
        try:
            yield lanes
        finally:
            for task in working:
                task.cancel()


@asynccontextmanager
async def _working(
    hub: Hub, clock: Clock, dispatcher: InProcess, run: TellingRunner, site: Site
) -> AsyncIterator[None]:
    """Let clock, dispatcher, watches and upkeep work for the length of the block."""
    async with asyncio.TaskGroup() as tasks:
        dispatching = tasks.create_task(dispatcher.serve(), name="dispatcher")
        others = [
            tasks.create_task(clock.serve(), name="clock"),
            tasks.create_task(watch(hub.ledger, hub.world, hub.jobs, hub.place), name="freshness"),
            tasks.create_task(upkeep(hub.ledger, hub.world, Retention()), name="upkeep"),
            tasks.create_task(close_days(Books(hub.ledger, hub.world, hub.place, hub.subscriptions)), name="closing"),
            tasks.create_task(patience.watch(hub.ledger, hub.world), name="patience"),
            tasks.create_task(watch_keys(site), name="keys"),
            tasks.create_task(watch_shown(hub.ledger, hub.world, site.shown), name="shown"),
            tasks.create_task(watch_voucher_keys(site.admission.voucher_keys), name="PDND's keys"),
        ]
        try:
            yield
        finally:
            dispatcher.stop()
            for task in others:
                task.cancel()
            await asyncio.wait({dispatching})
            await run.finish(TELL_STOP_S)


@asynccontextmanager
async def _watching(hub: Hub, metrics: Metrics) -> AsyncIterator[None]:
    def report(blocked: Blocked) -> None:
        metrics.loop_blocks.labels(blocked.plugin).inc()
        log.error("loop.blocked", plugin=blocked.plugin or None, place=blocked.place, seconds=round(blocked.seconds, 2))

    async with watched_loop(plugin_folders(hub), report, monotonic=hub.world.monotonic, lag=metrics.loop_lag.set):
        yield


def plugin_folders(hub: Hub) -> Mapping[str, str]:
    """Give the folder, or the single file, that each plugin's code lives in."""
    folders = {}
    for name, plugin in hub.extensions.loaded.items():
        file = Path(plugin.module.__file__ or "")
        folders[name] = f"{file.parent}{os.sep}" if file.name == "__init__.py" else str(file)
    return folders


def _tell_unusable(hub: Hub) -> None:
    for verdict in hub.extensions.not_loaded.values():
        log.warning("plugin.not_loaded", plugin=verdict.found.name, code=verdict.code, traceback=verdict.traceback)
    for mistake in hub.not_given:
        log.error("subscription.not_given", path=".".join(mistake.path), reason=mistake.en)
    for each in hub.unusable:
        log.error("job.unusable", job=each.job, reason=each.en)


async def _migrations(path: Path) -> str | None:
    pending = await asyncio.get_running_loop().run_in_executor(None, upgrade.pending, path)
    return f"{len(pending)} pending" if pending else None


async def _disk(path: Path) -> str | None:
    trouble = storage.room(path)
    return None if trouble is None else trouble.detail


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and Ctrl-C; a second one, or `STOP_S` seconds, ends the process by force."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()
        force = threading.Timer(STOP_S, _end_by_force)  # a plugin's thread that never returns holds up the loop's end
        force.daemon = True
        force.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)


def _end_by_force() -> None:
    log.error("hub.stop_forced", seconds=STOP_S)
    os._exit(1)
