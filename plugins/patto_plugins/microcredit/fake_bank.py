"""A fake bank: executes the order files that it gets, and tells of its accounts' movements in files of many versions.

What moves is what the invented world has it tell. A payment that a simulated operator orders while the bank is open
waits for its order file, as with a real bank; a clerk books it by hand when none has come after `PATIENCE` days. An
order that the world knows nothing of, as one made by a test, is executed too.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from patto_connectors.errors import Malformed
from patto_connectors.files import put
from patto_connectors.ports import WORLD
from patto_connectors.testing.camt import Account, Booking, Statement, camt
from patto_plugins.microcredit.fake_orders import UnreadableOrder, read_order
from patto_schemas.model import Movement, PaymentOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from patto_connectors.testing.stage import Stage
    from patto_plugins.microcredit.fake_orders import Asked
    from patto_schemas.chronicle import Told

BANK: Final = "banca"
ROME: Final = ZoneInfo("Europe/Rome")
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
VERSIONS: Final = ("camt.053.001.08", "camt.053.001.02", "camt.053.001.04")
"""Statements change their version by account and month: a reader must look at each file's namespace."""
NOTICE: Final = "camt.054.001.04"
OPENING: Final = Decimal("250000.00")
PATIENCE: Final = 10
"""Days that a payment waits for its order file, or `PATIENCE_S` where days pass quickly."""
PATIENCE_S: Final = 60.0
"""Real seconds in which a hub must have seen an order and handed it over."""
CODES: Final = {"booked": "BOOK", "pending": "PDNG", "info": "INFO"}
SIDES: Final = {"credit": "CRDT", "debit": "DBIT"}
SPOILS: Final = {
    "balance": "the closing balance is off by a cent",
    "same_message": "the file comes a second time under another name, with the same MsgId",
    "namespace": "the file says a version that no message has",
    "broken": "the file breaks off in the middle",
    "doctype": "the file has a DOCTYPE",
}
"""What can be wrong with a file; the right one comes along the next day, as banks do."""


@dataclass(slots=True)
class Bank:
    """The bank's books.

    Raises:
        OSError: its folders cannot be made.
    """

    stage: Stage
    statements: Path
    """Where it drops statements and notices."""
    orders: Path
    """Where it looks for order files."""
    done: Path | None = None
    """Where the hub puts what it has read."""
    spoiled: list[str] = field(default_factory=list)
    """Of `SPOILS`, what is wrong with the next files, one each."""
    refused: dict[str, str] = field(default_factory=dict)
    """Order files that it sent back, by name, and why."""
    executed: dict[str, Asked] = field(default_factory=dict)
    """Transfers that were asked for, by EndToEndId."""
    _seen: set[str] = field(default_factory=set)
    _messages: set[str] = field(default_factory=set)
    _waiting: dict[str, Told] = field(default_factory=dict)
    """Payments that wait for their order, by EndToEndId."""
    _days: defaultdict[tuple[date, str], dict[str, Booking]] = field(default_factory=lambda: defaultdict(dict))
    """What is to stand in the statement of a day and account, by the bank's reference."""
    _written: date = date.min
    _balances: dict[str, Decimal] = field(default_factory=dict)
    _again: list[tuple[str, bytes]] = field(default_factory=list)
    _opened: datetime | None = None
    _last: datetime = BEGINNING
    _asked: Mapping[str, str] = field(default_factory=dict)
    """By EndToEndId, what the world has in store for the operators' orders."""

    def __post_init__(self) -> None:
        """Make the folders, and learn how the operators' orders will end."""
        for folder in (self.statements, self.orders):
            folder.mkdir(parents=True, exist_ok=True)
        lenders = [each for each in self.stage.chronicle.tellers() if each.kind == "lender"]
        truth = [record for each in lenders for record in self.stage.chronicle.truth(each)]
        self._asked = {each.end_to_end_id: each.status for each in truth if isinstance(each, PaymentOrder)}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Bank]:
        """Be open until the end of the block; what is due is told before it begins."""
        await asyncio.to_thread(self.work)
        async with asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live())
            yield self
            life.cancel()

    async def _live(self) -> None:
        while True:
            await WORLD.get().sleep(max(self.stage.calendar.day_seconds / 4, 0.5))
            await asyncio.to_thread(self.work)

    def work(self) -> None:
        """Do what a bank does in a day: take in orders, book, write statements of the days that are over."""
        now = self.stage.now()
        opened = self._opened or now
        for told in self.stage.chronicle.told(BANK, after=self._last, until=now):
            self._tell(told, by_file=told.at > opened)
        self._opened, self._last = opened, now
        for path in sorted(self.orders.iterdir()):
            if path.suffix == ".xml" and path.name not in self._seen:
                self._seen.add(path.name)
                self._take(path.name, path.read_bytes(), now)
        for name, told in list(self._waiting.items()):
            if name in self.executed or now - told.at > patience(self.stage):
                del self._waiting[name]
                self._book(told, max(told.at, opened) if name in self.executed else now)
        self._close(now)

    def _tell(self, told: Told, *, by_file: bool) -> None:
        """Take note of a movement; one that an operator must order first waits for the order."""
        record = told.record
        if not isinstance(record, Movement):
            return
        if record.status != "booked":
            self._notice(told)
        elif by_file and record.direction == "debit" and record.end_to_end_id not in self.executed:
            self._waiting[str(record.end_to_end_id)] = told
        else:
            self._book(told, told.at)

    def _book(self, told: Told, at: datetime) -> None:
        record = told.record
        if isinstance(record, Movement):
            day = max(_day(at), self._written + timedelta(1)) if self._written > date.min else _day(at)
            self._days[day, record.account_iban][str(record.bank_reference)] = _booking(record)
            if told.mistake == "doubled_row":
                self.spoiled.append("same_message")

    def _take(self, name: str, content: bytes, now: datetime) -> None:
        """Take in an order file; what was ordered once is not paid again."""
        try:
            order = read_order(content)
        except (UnreadableOrder, Malformed) as wrong:
            self.refused[name] = str(wrong)
            return
        if order.message_id in self._messages:
            self.refused[name] = "the same MsgId a second time"
            return
        self._messages.add(order.message_id)
        for each in order.transfers:
            if each.end_to_end_id in self.executed:
                continue
            self.executed[each.end_to_end_id] = each
            if each.end_to_end_id not in self._asked:
                self._execute(each, now)

    def _execute(self, asked: Asked, now: datetime) -> None:
        """Pay what the world knows nothing of."""
        day = max(asked.on, _day(now), self._written + timedelta(1)) if self._written > date.min else asked.on
        reference = f"BM{sha256(asked.end_to_end_id.encode()).hexdigest()[:14].upper()}"
        self._days[day, asked.account][reference] = Booking(
            amount=asked.amount,
            direction="DBIT",
            booked_on=day,
            value_on=day,
            bank_reference=reference,
            end_to_end_id=asked.end_to_end_id,
            name=asked.name,
            iban=asked.iban,
            code=("PMNT", "ICDT", "ESCT"),
        )

    def _notice(self, told: Told) -> None:
        record, at = told.record, told.at
        if isinstance(record, Movement):
            name = f"avviso-{at:%Y%m%d}-{record.bank_reference}"
            account = Account(iban=record.account_iban)
            notice = Statement(statement_id=name, account=account, bookings=[_booking(record)], created_at=at)
            self._drop(f"{name}.xml", camt(NOTICE, [notice], message_id=name, created_at=at))

    def _close(self, now: datetime) -> None:
        """Write the statements of the days that are over."""
        for name, content in self._again:
            self._drop(name, content)
        self._again.clear()
        today = _day(now)
        for day, account in sorted(key for key in self._days if key[0] < today):
            bookings = tuple(self._days.pop((day, account)).values())
            self._statement(day, account, bookings)
        self._written = max(self._written, today - timedelta(1))

    def _statement(self, day: date, iban: str, bookings: tuple[Booking, ...]) -> None:
        opening = self._balances.setdefault(iban, OPENING)
        version = VERSIONS[(int(iban[-1]) + day.month) % len(VERSIONS)]
        at = datetime.combine(day, time(22), ROME)
        name = f"{day:%Y%m%d}-{iban[-4:]}"
        statement = Statement(
            statement_id=name,
            account=Account(iban=iban),
            opening=opening,
            bookings=bookings,
            created_at=at,
            sequence=day.timetuple().tm_yday,
        )
        self._balances[iban] = statement.end
        content = camt(version, [statement], message_id=f"STM-{name}", created_at=at)
        spoil = self.spoiled.pop(0) if self.spoiled else self._chance(name)
        if not spoil:
            self._drop(f"estratto-{name}.xml", content)
            return
        if spoil == "balance":
            wrong = replace(statement, closing=statement.end + Decimal("0.01"))
            content, right = camt(version, [wrong], message_id=f"STM-{name}", created_at=at), content
        else:
            content, right = _worse(spoil, content), content
        self._drop(f"estratto-{name}.xml", content)
        self._again.append((f"estratto-{name}-2.xml", right))

    def _chance(self, name: str) -> str:
        """Draw what is wrong with a file: the same for the same world, and as often as its people err."""
        world = self.stage.chronicle.settings
        drawn = int.from_bytes(sha256(f"{world.seed}:{name}".encode()).digest()[:8])
        wrong = drawn / 2**64 < world.rates.mistakes
        return sorted(SPOILS)[drawn % len(SPOILS)] if wrong else ""

    def _drop(self, name: str, content: bytes) -> None:
        """Put a file there; one that lay there in an earlier demonstration stays as it is."""
        places = (self.statements, *([self.done] if self.done else []))
        if not any((place / name).exists() for place in places):
            put(self.statements / name, content)


def patience(stage: Stage) -> timedelta:
    """Give the simulated time for which operator and bank wait for a hub that lives in real time."""
    return timedelta(days=max(PATIENCE, PATIENCE_S / stage.calendar.day_seconds))


def _booking(record: Movement) -> Booking:
    domain, family, sub_family = (record.transaction_code or "PMNT/RCDT/ESCT").split("/")
    return Booking(
        amount=record.amount,
        direction=SIDES[record.direction],
        booked_on=record.booked_on,
        value_on=record.value_on,
        status=CODES[record.status],
        bank_reference=record.bank_reference,
        end_to_end_id=record.end_to_end_id,
        name="Beneficiario del prestito",
        remittance=("Rata o erogazione",),
        code=(domain, family, sub_family),
    )


def _worse(spoil: str, content: bytes) -> bytes:
    """Give a file with something wrong in its bytes."""
    if spoil == "namespace":
        return content.replace(b"xsd:camt.053.001.0", b"xsd:camt.053.001.7")
    if spoil == "broken":
        return content[: len(content) // 2]
    if spoil == "doctype":
        return content.replace(b"?>\n", b'?>\n<!DOCTYPE Document [<!ENTITY a "b">]>\n', 1)
    return content


def _day(at: datetime) -> date:
    return at.astimezone(ROME).date()
