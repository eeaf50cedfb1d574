"""Whether a statement adds up: the balance before, what was booked, the balance after, and the control sums.

Sources: camt.053 `Stmt/Bal` (`OPBD` opening booked, or `PRCD` closing of the period before; `CLBD` closing booked) and
`Stmt/TxsSummry` of camt.053 and camt.054 (`NbOfNtries` counts the entries of any status, `Sum` adds their amounts
without sign, the net total is `TtlNetNtryAmt` with `CdtDbtInd` until version 03 and `TtlNetNtry` from 04 on).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from patto_connectors.iso20022.nodes import SIGNS, UnfitError, at, direction, euros, money, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patto_connectors.iso20022.entry import Entry

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_GROUPS = {"TtlNtries": (1, -1), "TtlCdtNtries": (1,), "TtlDbtNtries": (-1,)}
"""The totals of a statement, and the signs of the entries that each counts."""


@dataclass(slots=True)
class Sums:
    """What was read of one statement, added up as it is read."""

    balances: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """By code and currency, with sign."""
    totals: Mapping[str, Any] = field(default_factory=dict)
    booked: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By currency, with sign: only what is booked changes the booked balance."""
    counts: Counter[int] = field(default_factory=Counter)
    amounts: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Entries of any status: how many, and what they add up to without sign; by sign."""

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        if entry.status == "BOOK":
            self.booked[entry.currency] += entry.amount * entry.sign
        self.counts[entry.sign] += 1
        self.amounts[entry.sign] += entry.amount

    def note(self, balance: Mapping[str, Any]) -> None:
        """Keep a balance; an intermediate one (`SubTp` INTM, of a page) only where there is no other.

        Raises:
            UnfitError: it has no amount, currency or sign.
        """
        code = text(balance, "Tp", "CdOrPrtry", "Cd")
        if code is None:
            return
        amount, currency = money(balance, "Amt")
        signed = amount * SIGNS[direction(balance)]
        if at(balance, "Tp", "SubTp") is None:
            self.balances[code, currency] = signed
        else:
            self.balances.setdefault((code, currency), signed)

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Tell what does not add up: the code, and the figures."""
        for said in self._balances():
            yield "camt.balance", said
        for said in self._totals():
            yield "camt.totals", said

    def _balances(self) -> Iterator[str]:
        opening, closing = self._kind(_OPENING), self._kind(_CLOSING)
        if not opening or not closing:
            return
        if opening.keys() != closing.keys():
            currencies = " ".join(sorted(opening)), " ".join(sorted(closing))
            yield "saldo iniziale in {}, saldo finale in {} (currencies)".format(*currencies)
        for currency in sorted(opening.keys() & closing.keys()):
            start, moved, end = opening[currency], self.booked[currency], closing[currency]
            if start + moved != end:
                yield (
                    f"saldo iniziale {_signed(start)} + movimenti {_signed(moved)}, saldo finale {_signed(end)}"
                    f" {currency}: differenza {_signed(end - start - moved)} (difference)"
                )

    def _kind(self, codes: tuple[str, ...]) -> dict[str, Decimal]:
        """Give by currency the balance of the first of `codes` that is there."""
        return {
            currency: self.balances[code, currency]
            for code in reversed(codes)
            for has, currency in self.balances
            if has == code
        }

    def _totals(self) -> Iterator[str]:
        for name, signs in _GROUPS.items():
            group = at(self.totals, name)
            if group is None:
                continue
            count = sum(self.counts[sign] for sign in signs)
            amount = sum((self.amounts[sign] for sign in signs), Decimal())
            said = text(group, "NbOfNtries")
            if said is not None and not (said.isdecimal() and int(said) == count):
                yield f"{name}/NbOfNtries: letti {count} (read)"
            if "Sum" in group and _given(group, "Sum") != amount:
                yield f"{name}/Sum: differenza {_difference(group, 'Sum', amount)} (difference)"
            yield from self._net(name, group)

    def _net(self, name: str, group: Mapping[str, Any]) -> Iterator[str]:
        holder, path = (group, "TtlNetNtryAmt") if "TtlNetNtryAmt" in group else (at(group, "TtlNetNtry"), "Amt")
        if holder is None or at(holder, path) is None:
            return
        net = self.amounts[1] - self.amounts[-1]
        sign = SIGNS.get(text(holder, "CdtDbtInd") or "", 1)
        given = _given(holder, path)
        if given is None or given * sign != net:
            yield f"{name}/TtlNetNtry: differenza {'' if given is None else _signed(given * sign - net)} (difference)"


def _given(node: Mapping[str, Any], name: str) -> Decimal | None:
    try:
        return number(node, name)
    except UnfitError:
        return None


def _difference(node: Mapping[str, Any], name: str, amount: Decimal) -> str:
    given = _given(node, name)
    return "?" if given is None else _signed(given - amount)


def _signed(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}{euros(abs(amount))}"
