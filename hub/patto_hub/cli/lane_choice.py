"""Which receiver a command means, by partner, feed and, where there are several, way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import Exit

if TYPE_CHECKING:
    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.ledger.lanes import LaneName

Partner = Annotated[str, typer.Argument(help="Il nome del partner. | The partner's name.")]
Feed = Annotated[str, typer.Argument(help="Il nome del flusso. | The feed's name.")]
Way = Annotated[
    str,
    typer.Option(
        "--way",
        help="webhook, signals o un flusso che consegna; serve solo se sono più d'uno."
        " | webhook, signals or a stream that delivers; needed only where there are several.",
    ),
]


async def lane_named(shell: Shell, hub: Hub, partner: str, feed: str, way: str) -> LaneName:
    """Give the lane that a command means.

    Raises:
        Halt: there is none, there are several, or it is no longer configured.
    """
    from patto_hub.compose.lanes import terms_of
    from patto_hub.ledger import lanes

    named = sorted(terms_of(hub.configuration))
    used = [lane.name for lane in await hub.ledger.read(lanes.every)]
    found = [name for name in named if _means(name, partner, feed, way)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(map(str, found or named)) or "-"
    if found:
        raise shell.halt(f"Indicare --way; ci sono: {known} | Name it by --way; there are: {known}", Exit.USAGE)
    for name in used:
        if _means(name, partner, feed, way):
            raise shell.halt(
                f"{name}: non è più nelle impostazioni, perciò non parte nulla; ci sono: {known}"
                f" | {name}: it is no longer configured, so nothing is sent; there are: {known}",
                Exit.USAGE,
            )
    raise shell.halt(
        f"Nessun ricevente «{partner}/{feed}»; ci sono: {known} | No receiver '{partner}/{feed}'; there are: {known}",
        Exit.USAGE,
    )


def _means(name: LaneName, partner: str, feed: str, way: str) -> bool:
    return (name.partner, name.feed) == (partner, feed) and way in ("", name.way)
