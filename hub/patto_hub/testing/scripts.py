"""What happens in a simulated world, drawn from a seed: how many hubs, how bad a network, what lies, how hubs end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_connectors.testing.simulation import CALM, SimulatedWorld, Weather
from patto_connectors.testing.simulation_partner import HONEST, Lies
from patto_hub.failpoints import POINTS

if TYPE_CHECKING:
    from collections import Counter

ON_THE_ROAD = sorted(name for name in POINTS if name.startswith(("run.", "road.", "ledger.")))
"""The fail points that a run comes to."""
WAYS = ("time", "time", "step", "step", "point", "point", "point", "error", "freeze")
"""How hubs end: killed after a time, at a step of the loop, at a fail point; a commit that fails; a host that rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What will happen in a world."""

    seed: int | str
    hubs: int = 1
    planned: bool = False
    """Runs are planned by the clock and started by the dispatcher, as in `patto serve`; else one follows the other."""
    by_offset: bool = False
    snapshot: bool = False
    """Whether enrolments are read whole each time, and what is missing has gone."""
    rows: int = 24
    size: int = 6
    seconds: float = 150.0
    """How long the trouble lasts."""
    changes: int = 20
    """What the district's people do meanwhile."""
    ends: int = 2
    """How often each hub is killed, stumbles or freezes meanwhile."""
    ways: tuple[str, ...] = WAYS
    """The ways of it."""
    weather: Weather = CALM
    lies: Lies = HONEST


@dataclass(slots=True)
class Verdict:
    """What came of a world."""

    problems: list[str]
    trace: str
    kills: int
    faults: Counter[str]
    requests: int
    runs: int
    seconds: float


def draw(seed: int | str) -> Script:
    """Draw a script from a seed: mild and rough ones, with one hub or two."""
    chance = SimulatedWorld.stream_of(seed, "script")
    rough = chance.choice((0.0, 0.02, 0.06))
    by_offset = chance.random() < 0.25
    return Script(
        seed=seed,
        hubs=1 if chance.random() < 0.7 else 2,
        planned=chance.random() < 0.2,
        by_offset=by_offset,
        snapshot=chance.random() < 0.3,
        rows=chance.randint(4, 30),
        size=chance.randint(8, 14) if by_offset else chance.randint(3, 12),
        changes=chance.randint(5, 30),
        ends=chance.randint(1, 4),
        weather=Weather(  # of connections, which are few: a run keeps its own open
            latency=(0.001, chance.choice((0.02, 0.5))),
            refuse=rough,
            reset=3 * rough,
            cut=3 * rough,
            stall=1.5 * rough,
        ),
        lies=Lies(
            unavailable=rough,
            busy=rough,
            page_of_html=rough / 2,
            half=rough,
            repeated_cursor=rough,
            duplicates=0.1,
            shuffled=0.2,
            older=0.1,
            unknown_field=0.05,
            slow=rough,
        ),
    )
