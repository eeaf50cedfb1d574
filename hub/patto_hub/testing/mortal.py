"""A ledger for simulated kills: from a chosen moment on, nothing that the process does can reach the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from patto_hub.ledger.store import Ledger, open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

P = ParamSpec("P")
T = TypeVar("T")


class Dead(BaseException):
    """The process that does this was killed: its `finally` blocks run in a simulation, and must not matter.

    It is no `Exception`, because code that goes on after errors would not go on after a kill.
    """


@dataclass(slots=True)
class Life:
    """Whether a simulated process lives; set `over` to end it, or raise it at a fail point with `end`."""

    over: bool = False

    def end(self, at: str = "") -> None:
        """Die here and now.

        Raises:
            Dead: always.
        """
        self.over = True
        raise Dead(at)

    def check(self) -> None:
        """Go on only if alive.

        Raises:
            Dead: the process was killed.
        """
        if self.over:
            raise Dead("the process was killed before this")


@dataclass(frozen=True, slots=True)
class MortalLedger(Ledger):
    """A ledger whose writes stop with a life."""

    life: Life = field(default_factory=Life)

    def write_now(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one write transaction; a kill before its commit rolls it back."""

        def mortal(connection: Connection) -> T:
            self.life.check()
            result = work(connection, *args, **kwargs)
            self.life.check()
            return result

        return Ledger.write_now(self, mortal)


def open_mortal(path: Path, life: Life) -> MortalLedger:
    """Open the ledger in the file `path` for one simulated process."""
    ledger = open_ledger(path)
    return MortalLedger(engine=ledger.engine, writer=ledger.writer, readers=ledger.readers, life=life)
