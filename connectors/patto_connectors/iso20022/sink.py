"""A sink that turns payment orders into order files for a bank, so that no order is ever paid twice.

A row is `payment_order` as the hub delivers it: `id`, `change`, `kind`, and in `data` the record's fields. Of each
order the last row of a batch counts. What becomes of a row:

| the row | has not left | has left |
|---|---|---|
| requested | leaves in a file | the same: nothing more; other content: refused, `payment.sent` |
| sent, executed, rejected | nothing: it is news, no order | nothing |
| deleted, withdrawn | nothing: it will never leave | refused, `payment.sent`: recall it at the bank |

An order that changes after it has left is never sent again under its reference: the bank would pay both. Whoever wants
it paid otherwise recalls it and makes a new order, with a new `end_to_end_id`; two orders with one reference are
refused too (`payment.reference`). What cannot be carried is refused item by item, the rest leaves. Files that a crash
or an unreachable bank held back are handed over later with the bytes they had; their orders count as left from the
moment the file is written down, because nobody can know how far it got.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from patto_connectors.contract import Batch, Receipt
from patto_connectors.errors import Rejected, RejectedItem
from patto_connectors.iso20022.outbox import Gone, Letter, Outbox, by_id, by_reference, digest_of, reference
from patto_connectors.iso20022.payment import Order, Transfer, UnpayableError
from patto_connectors.iso20022.write import write_order
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.contract import Row
    from patto_connectors.iso20022.letterbox import Letterbox
    from patto_connectors.iso20022.settings import PaymentSettings

ROME: Final = ZoneInfo("Europe/Rome")
"""A bank's day is the day in Italy."""
_KIND: Final = "payment_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFileSink:
    """Writes the requested orders of a batch into one file per day of execution, and puts it into a letterbox."""

    settings: PaymentSettings
    letterbox: Letterbox

    async def write(self, batch: Batch) -> Receipt:
        """Hand over what may leave; `accepted` counts the requested orders that are in a file.

        Raises:
            Rejected: some rows cannot be carried, or speak of orders that have left; the others have left.
            Unreachable: the letterbox or our own memory is not there; nothing is lost, nothing leaves twice.
            Refused: a person must act, see the code.
        """
        now = WORLD.get().now().astimezone(ROME).replace(microsecond=0)
        outbox = Outbox(self.settings.outbox)
        sorted_rows = await asyncio.to_thread(self._sort, batch.rows, outbox, now)
        letters = await asyncio.to_thread(outbox.letters)
        for letter in letters:
            if letter.content:
                await self.letterbox.put(letter.name, letter.content.encode())
                await asyncio.to_thread(outbox.handed_over, letter)
        if sorted_rows.refused:
            raise Rejected(
                "payment.refused",
                f"{len(sorted_rows.refused)} payment orders cannot be sent.",
                items=sorted(sorted_rows.refused, key=lambda each: each.index),
            )
        return sorted_rows.receipt(letters)

    def _sort(self, rows: Sequence[Row], outbox: Outbox, now: datetime) -> _Sorted:
        """Decide on each row, and write down what is to leave."""
        known = outbox.letters()
        found = _Sorted(by_id(known), by_reference(known))
        for index, row in _last_of_each(rows).values():
            try:
                self._decide(row, now, found)
            except UnpayableError as wrong:
                found.refused.append(RejectedItem(index, wrong.code, str(wrong)))
        for day, leaving in sorted(found.leaving.items()):
            outbox.keep(self._letter(leaving, day, now))
        return found

    def _decide(self, row: Mapping[str, Any], now: datetime, found: _Sorted) -> None:
        gone = found.gone.get(str(row["id"]))
        if row.get("kind", _KIND) != _KIND:
            raise UnpayableError("payment.kind", "The record is no payment order.")
        if row.get("change", "upsert") != "upsert":
            if gone is not None:
                raise UnpayableError("payment.sent", "The order has left for the bank, and can only be recalled there.")
            return
        fields = row.get("data") or {}
        if _field(fields, "status") != "requested":
            return
        transfer = self._transfer(fields)
        payment = Gone(id=str(row["id"]), end_to_end_id=transfer.end_to_end_id, digest=digest_of(transfer))
        namesake = found.references.get(transfer.end_to_end_id, payment)
        if namesake.id != payment.id:
            raise UnpayableError("payment.reference", "Another order has the same end-to-end reference.")
        if gone is None:
            found.leaving[self._day(fields, now)].append((payment, transfer))
            found.references[payment.end_to_end_id] = payment
        elif gone != payment:
            raise UnpayableError("payment.sent", "The order has left for the bank with other content.")
        found.paid.add(payment.id)

    def _transfer(self, fields: Mapping[str, Any]) -> Transfer:
        account = fields.get("debtor_iban")
        if account is not None and account != self.settings.debtor_iban:
            raise UnpayableError("payment.debtor", "The order is to be paid from another account.")
        try:
            amount = Decimal(str(_field(fields, "amount")))
        except InvalidOperation:
            raise UnpayableError("payment.amount", "The amount is no number.") from None
        return Transfer(
            end_to_end_id=str(_field(fields, "end_to_end_id")),
            amount=amount,
            currency=fields.get("currency") or "EUR",
            creditor_name=_field(fields, "creditor_name"),
            creditor_iban=_field(fields, "creditor_iban"),
            remittance=fields.get("remittance") or None,
            purpose=self.settings.purposes.get(str(fields.get("type"))),
        )

    def _day(self, fields: Mapping[str, Any], now: datetime) -> date:
        """Give the day of execution: the one that was asked for, or the first that the bank still takes."""
        earliest = now.date() + timedelta(days=self.settings.lead_days)
        asked = fields.get("requested_on")
        if asked is None:
            return earliest
        try:
            return max(earliest, asked if isinstance(asked, date) else date.fromisoformat(str(asked)))
        except ValueError:
            raise UnpayableError("payment.date", "The day of execution is no day.") from None

    def _letter(self, leaving: list[tuple[Gone, Transfer]], day: date, now: datetime) -> Letter:
        payments = tuple(payment for payment, _ in leaving)
        settings = self.settings
        message_id = reference(settings.prefix, settings.form, settings.debtor_iban, payments)
        order = Order(
            message_id=message_id,
            created_at=now,
            debtor_name=settings.debtor_name,
            debtor_iban=settings.debtor_iban,
            debtor_bic=settings.debtor_bic,
            cuc=settings.cuc,
            execute_on=day,
            transfers=tuple(transfer for _, transfer in leaving),
        )
        content = write_order(order, settings.form)
        digest = sha256(content).hexdigest()
        return Letter(name=f"{message_id}.xml", content=content.decode(), digest=digest, payments=payments)


@dataclass(slots=True)
class _Sorted:
    """What was decided on the rows of a batch."""

    gone: dict[str, Gone]
    references: dict[str, Gone]
    leaving: defaultdict[date, list[tuple[Gone, Transfer]]] = field(default_factory=lambda: defaultdict(list))
    refused: list[RejectedItem] = field(default_factory=list)
    paid: set[str] = field(default_factory=set)
    """The orders of the batch that are in a file, by the hub's ids."""

    def receipt(self, letters: Sequence[Letter]) -> Receipt:
        """Say in which files the orders of the batch are; the same when the batch comes again."""
        theirs = [each for each in letters if any(payment.id in self.paid for payment in each.payments)]
        return Receipt(
            accepted=len(self.paid),
            reference=" ".join(letter.name for letter in theirs),
            digest=theirs[0].digest if len(theirs) == 1 else "",
        )


def _last_of_each(rows: Sequence[Row]) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """Give by order its last row, and where it stands; what was said of it before is out of date."""
    last: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for index, row in enumerate(rows):
        fields = json.loads(row) if isinstance(row, bytes) else row
        last.pop(str(fields["id"]), None)
        last[str(fields["id"])] = index, fields
    return last


def _field(fields: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - a row's value
    if fields.get(name) in (None, ""):
        raise UnpayableError("payment.field", f"The order has no `{name}`: the view must let it out.")
    return fields[name]
