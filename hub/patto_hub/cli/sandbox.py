"""`patto sandbox`: the same routes and pages with invented people, for partners who try things out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, Exit, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell
    from patto_hub.compose.serve import Serving
    from patto_hub.sandbox.place import Sandbox
    from patto_hub.sandbox.running import Plan

FOLDER = Path("var/sandbox")
Folder = Annotated[
    Path, typer.Option("--folder", help="La cartella dell'ambiente di prova, solo sua. | The sandbox's own folder.")
]


def serve(
    context: typer.Context,
    folder: Folder = FOLDER,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="File TOML dell'ambiente di prova: [web], [world], [receivers]."
            " | The sandbox's TOML file: [web], [world], [receivers].",
        ),
    ] = None,
) -> None:
    """Serve a sandbox for the partners of the settings, on its first day, until SIGTERM or Ctrl-C."""
    from patto_hub.sandbox.running import Plan
    from patto_hub.sandbox.settings import read_sandbox_settings
    from patto_hub.sandbox.stage import NotOurs, require_ours

    shell = shell_of(context)
    hub = shell.configuration()
    try:
        require_ours(folder, hub.data_dir)
    except NotOurs as wrong:
        raise shell.halt(str(wrong), Exit.CONFIG) from None
    plan = Plan(
        hub=hub.settings,
        own=read_sandbox_settings(settings),
        folder=folder,
        file=settings or folder / "sandbox.toml",
        environment=shell.environment,
    )
    asyncio.run(_serve(shell, plan))


async def _serve(shell: Shell, plan: Plan) -> None:
    from patto_connectors.ports import World
    from patto_hub.compose.serve import stop_on_signals
    from patto_hub.observe.logs import set_up_logs
    from patto_hub.sandbox.running import run

    world, stop = World(), asyncio.Event()
    set_up_logs(plan.hub.log.level, plan.hub.log.format, now=world.now)
    stop_on_signals(stop)
    await run(plan, world, stop, lambda sandbox, started: _ready(shell, sandbox, started))


async def _ready(shell: Shell, sandbox: Sandbox, started: Serving) -> None:
    from patto_hub.sandbox.day_one import key_files
    from patto_hub.web.site import BASE

    shell.tell("Ambiente di prova, primo giorno: persone inventate. | Sandbox on its first day: invented people.")
    shell.tell(
        f"API {started.address}{BASE}/sandbox   {shell.say('portale | portal')} {started.address}/portal/sandbox"
    )
    for name, file in key_files(sandbox.folder, sandbox.cast).items():
        mine = sandbox.cast.stands_for.get(name)
        shell.tell(f"  {name:24} {file}  {'' if mine is None else mine.title}".rstrip())
    for each in started.hub.unusable:
        shell.warn(f"{each.job}: {each.sentence(shell.language)}")
    for mistake in started.hub.not_given:
        shell.warn(mistake.sentence(shell.language))


def reset(context: typer.Context, folder: Folder = FOLDER, *, as_json: AsJson = False) -> None:
    """Bring a sandbox that runs back to its first day; one that does not run begins there by itself."""
    from patto_hub.sandbox.running import ASKED
    from patto_hub.sandbox.stage import FILE

    shell = shell_of(context)
    if not (folder / FILE).exists():
        raise shell.halt(
            f"in {folder} non c'è un ambiente di prova: indicarlo con --folder"
            f" | there is no sandbox in {folder}: name it with --folder",
            Exit.USAGE,
        )
    (folder / ASKED).touch()
    if as_json:
        shell.give({"folder": str(folder), "asked": True})
        return
    shell.tell(
        "L'ambiente torna al primo giorno entro qualche secondo."
        " | The sandbox is back on its first day in a few seconds."
    )


commands: Commands = {
    "serve": (serve, "Avvia l'ambiente di prova. | Start the sandbox."),
    "reset": (reset, "Torna al primo giorno. | Go back to the first day."),
}
