"""`patto serve` and `patto demo`: a hub until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Shell
    from patto_hub.compose.serve import Serving


def serve(context: typer.Context) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    from patto_connectors.ports import World
    from patto_hub.compose.serve import serve as serving
    from patto_hub.compose.serve import stop_on_signals
    from patto_hub.observe.logs import set_up_logs
    from patto_hub.web.descriptors import ask_for_more

    shell = shell_of(context)
    configuration = shell.configuration()
    world = World()
    set_up_logs(configuration.settings.log.level, configuration.settings.log.format, now=world.now)

    ask_for_more()

    async def until_told() -> None:
        stop = asyncio.Event()
        stop_on_signals(stop)
        await serving(configuration, world, stop=stop, ready=lambda started: _ready(shell, started))

    asyncio.run(until_told())


async def _ready(shell: Shell, started: Serving) -> None:
    """Say where the hub is; before there is any staff, say how the first of them is made."""
    import structlog

    from patto_hub.web.signin import setup_link

    if sys.stderr.isatty():
        shell.warn(f"In ascolto su {started.address} | Listening at {started.address}")
    link = await setup_link(started.hub.ledger, started.hub.world, started.address)
    if link is None:
        return
    if sys.stderr.isatty():
        shell.warn(f"Per creare il primo utente (vale un'ora): {link} | To make the first user (for an hour): {link}")
        return
    file = started.hub.path.with_name("setup-link.txt")  # a log is read by more people than this link is for
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(link + "\n", encoding="utf-8")
    structlog.get_logger("patto_hub.cli").warning("hub.no_staff_yet", setup_link_in=str(file))


def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", help="La porta dell'hub. | The hub's port.")] = 8080,
    world: Annotated[
        Path | None,
        typer.Option(
            "--world",
            help="File TOML che descrive il mondo inventato: [world], [world.rates], [calendar]."
            " | TOML file that describes the invented world: [world], [world.rates], [calendar].",
        ),
    ] = None,
) -> None:
    """Start a hub with simulated partners, on loopback only."""
    from patto_hub.demo.world import run_demo

    run_demo(shell_of(context), Path("var/demo"), port, world)
