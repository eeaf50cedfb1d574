"""What a demonstration says at the terminal: counts by kind of partner every few seconds, never names of people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from patto_hub.settings.shape import HubPart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from patto_connectors.ports import World
    from patto_hub.cli.shell import Shell
    from patto_hub.demo.receiver import Received
    from patto_hub.demo.story import Story
    from patto_hub.ledger.status import JobStanding
    from patto_hub.outcomes import RunOutcome

ZONE: Final = ZoneInfo(HubPart().time_zone)
EVERY_S: Final = 10.0
"""Seconds between two summaries."""
GOOD: Final = frozenset({"done", "partial"})
LAST_WORD: Final = timedelta(days=95)
"""After the last simulated day, until the last forgotten fact has come."""
WORDS: Final = {
    "new": "nuovi {} | new {}",
    "changed": "aggiornati {} | changed {}",
    "parked": "in attesa {} | waiting {}",
    "quarantined": "in quarantena {} | quarantined {}",
    "refused": "rifiutati {} | refused {}",
}
"""Classes of the balance that are worth a word; in their order."""


@dataclass(slots=True)
class Tally:
    """What one kind of partner brought since the last summary."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    """Runs that could not read their partner, by the code of the trouble."""

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say."""
        return not self.troubles and not any(self.counts[name] for name in WORDS)

    def add(self, outcome: RunOutcome) -> None:
        """Count a run."""
        self.runs += 1
        if outcome.state not in GOOD:
            self.troubles[outcome.trouble_code or outcome.state] += 1
        for name in ("read", *WORDS):
            self.counts[name] += getattr(outcome.balance, name)

    def words(self, shell: Shell) -> str:
        """Say it in one line."""
        parts = [shell.say(words).format(self.counts[name]) for name, words in WORDS.items() if self.counts[name]]
        head = shell.say("letture {}, righe {} | runs {}, rows {}").format(self.runs, self.counts["read"])
        missed = [
            shell.say("non letti {} ({}) | not read {} ({})").format(n, code) for code, n in self.troubles.items()
        ]
        return ", ".join([head, *parts, *missed])


@dataclass(slots=True)
class Voice:
    """Listens to runs and to the reading partner, and sums up for people."""

    shell: Shell
    world: World
    story: Story
    reader: str
    plugins: Mapping[str, str]
    """The plugin of each partner."""
    waiting: set[str] = field(default_factory=set)
    """Streams whose last run was none, or did not come to the end."""
    moving: set[str] = field(default_factory=set)
    """Streams that may still bring something once the story is over."""
    _tallies: dict[str, Tally] = field(default_factory=dict)
    _received: Counter[str] = field(default_factory=Counter)
    _read_whole: bool = False
    _told_whole: bool = False

    def expect(self, standings: Mapping[str, JobStanding]) -> None:
        """Say which streams there are, and how they stand when the demonstration begins."""
        self.moving = set(standings)
        self.waiting = {name for name, each in standings.items() if each.last is None or each.last.state not in GOOD}

    def ran(self, outcome: RunOutcome) -> None:
        """Hear of a run that has ended."""
        self._tallies.setdefault(self.plugins.get(outcome.partner, "?"), Tally()).add(outcome)
        good = outcome.state in GOOD and outcome.trouble_code is None
        if good:
            self.waiting.discard(outcome.job)
        else:
            self.waiting.add(outcome.job)
        balance = outcome.balance
        if good and self._day(outcome.started_at) >= self.story.world.ends_on + LAST_WORD:
            brought = balance.new + balance.changed + balance.parked
            (self.moving.add if brought else self.moving.discard)(outcome.job)

    def received(self, received: Received) -> None:
        """Hear of what the reading partner got."""
        self._received.update(received.kinds)

    async def speak(self) -> None:
        """Sum up every few seconds until cancelled."""
        while True:
            await self.world.sleep(EVERY_S)
            self.sum_up()

    def sum_up(self) -> None:
        """Say what has come since the last time, if anything; and once each, that all is read, that all is told."""
        tallies, self._tallies = self._tallies, {}
        told = [(name, tally.words(self.shell)) for name, tally in sorted(tallies.items()) if not tally.silent]
        if self._received:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self._received.items()))
            told.append((self.reader, self.shell.say("ha ricevuto | received") + f" {kinds}"))
            self._received.clear()
        if told:
            self.shell.tell(f"[{self._time()}] {self._date()}")
            for name, words in told:
                self.shell.tell(f"  {name:20} {words}")
        self._say_if_settled()

    def _say_if_settled(self) -> None:
        if not self.waiting and not self._read_whole:
            self._read_whole = True
            self._say(
                "tutti i flussi sono aggiornati; il tempo simulato continua"
                " | all streams are up to date; simulated time goes on"
            )
        if not self.moving and not self._told_whole:
            self._told_whole = True
            self._say(
                "i due anni sono passati e tutti i flussi sono aggiornati: nulla di nuovo arriverà"
                " | the two years are over and all streams are up to date: nothing new will come"
            )

    def _say(self, text: str) -> None:
        self.shell.tell(f"[{self._time()}] {self.shell.say(text)}")

    def _time(self) -> str:
        return f"{self.world.now().astimezone(ZONE):%H:%M:%S}"

    def _date(self) -> str:
        day = min(self._day(self.world.now()), self.story.world.ends_on)
        return self.shell.say("nel mondo inventato è il | in the invented world it is") + f" {day:%d/%m/%Y}"

    def _day(self, now: datetime) -> date:
        return self.story.calendar.at((now - self.story.began).total_seconds()).date()
