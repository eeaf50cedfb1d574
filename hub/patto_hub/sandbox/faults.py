"""The faults that a partner can order for itself, and what became of those that its receiver had to tell apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Fault: TypeAlias = Literal[
    "unavailable",
    "rate",
    "slow",
    "cut",
    "stale",
    "key_ending",
    "upload_refused",
    "webhook_twice",
    "webhook_late",
    "webhook_out_of_order",
    "webhook_wrong_signature",
    "webhook_old_key",
]
MOST: Final = 20
"""How often a fault happens at most before it must be ordered again."""
KEPT: Final = 20
"""Orders and outcomes of a partner that are kept, the newest."""
DAY_S: Final = 86_400
LONGEST_WAIT_S: Final = 45
"""Longest time that an answer or a message is held back."""


class About(NamedTuple):
    """What a fault does, in Italian and English, and the seconds that it takes where none are named."""

    it: str
    en: str
    seconds: int = 0


MENU: Final[Mapping[Fault, About]] = {
    "unavailable": About("risposta 503 con Retry-After", "503 with Retry-After", 2),
    "rate": About("risposta 429 con Retry-After", "429 with Retry-After", 2),
    "slow": About("risposta lenta", "a slow answer", 5),
    "cut": About("risposta interrotta a metà", "an answer that breaks off in the middle"),
    "stale": About(
        "segnalibro scaduto (410) alla prossima lettura con cursore", "410 for the next request with cursor"
    ),
    "key_ending": About("la chiave usata scade fra un giorno", "the key in use ends in a day", DAY_S),
    "upload_refused": About("invio rifiutato (422)", "what is handed in is refused (422)"),
    "webhook_twice": About("avviso inviato due volte", "a message sent twice"),
    "webhook_late": About("avviso in ritardo", "a message that comes late", 20),
    "webhook_out_of_order": About(
        "avviso che arriva dopo quello seguente", "a message that comes after the one that follows it"
    ),
    "webhook_wrong_signature": About(
        "avviso con firma sbagliata: il ricevitore deve rifiutarlo", "a wrong signature: the receiver must refuse"
    ),
    "webhook_old_key": About(
        "avviso firmato solo con la seconda chiave", "a message that only the second of two keys signs"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A fault that will happen."""

    fault: Fault
    left: int = 1
    seconds: int = 0


class Told(NamedTuple):
    """What a receiver did with a message that it had to tell apart."""

    fault: Fault
    right: bool
    """Whether it did as it should."""


@dataclass(slots=True)
class Faults:
    """What is ordered, by partner; nobody orders for another."""

    orders: dict[str, list[Order]] = field(default_factory=lambda: defaultdict(list))
    outcomes: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))

    def order(self, partner: str, fault: Fault, *, times: int = 1, seconds: int | None = None) -> None:
        """Let a fault happen the next few times."""
        wait = MENU[fault].seconds if seconds is None else min(seconds, LONGEST_WAIT_S)
        self.orders[partner] = [*self.orders[partner], Order(fault=fault, left=times, seconds=wait)][-KEPT:]

    def take(self, partner: str, among: Collection[Fault]) -> Order | None:
        """Give the first ordered fault of these, and count it off."""
        waiting = self.orders.get(partner, [])
        for index, each in enumerate(waiting):
            if each.fault in among:
                if each.left > 1:
                    waiting[index] = replace(each, left=each.left - 1)
                else:
                    del waiting[index]
                return each
        return None

    def of(self, partner: str) -> tuple[Order, ...]:
        """Give what waits for its occasion."""
        return tuple(self.orders.get(partner, ()))

    def judged(self, partner: str) -> tuple[Told, ...]:
        """Give what the partner's receiver did, oldest first."""
        return tuple(self.outcomes.get(partner, ()))

    def clear(self, partner: str) -> None:
        """Take back what a partner has ordered."""
        self.orders.pop(partner, None)

    def note(self, partner: str, fault: Fault, *, right: bool) -> None:
        """Note what a receiver did."""
        self.outcomes[partner] = [*self.outcomes[partner], Told(fault, right)][-KEPT:]
