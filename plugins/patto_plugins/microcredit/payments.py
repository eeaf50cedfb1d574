"""Payment orders on their way to a bank: one order file per account and day of execution, each order in one only."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patto_connectors.iso20022 import FolderLetterbox, PaymentFileSink, SftpLetterbox
from patto_hub import Receipt, Rejected, RejectedItem
from patto_plugins.microcredit.settings import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.iso20022 import Letterbox
    from patto_hub import Batch, Sink
    from patto_plugins.microcredit.settings import BankSettings


def sink(settings: BankSettings) -> Sink:
    """Make what hands orders to a bank.

    Raises:
        Refused: `settings.missing`: there is no account to pay from, or no place to put order files.
    """
    if not settings.accounts:
        raise missing("accounts")
    letterbox = _letterbox(settings)
    return AccountsSink(
        {each.debtor_iban: PaymentFileSink(settings=each, letterbox=letterbox) for each in settings.accounts}
    )


def _letterbox(settings: BankSettings) -> Letterbox:
    if settings.way == "sftp" and settings.sftp is not None:
        return SftpLetterbox(settings.sftp)
    if settings.deliveries is None:
        raise missing("deliveries")
    return FolderLetterbox(settings.deliveries)


@dataclass(frozen=True, slots=True)
class AccountsSink:
    """Gives each order to the sink of the account that pays it; one bank holds the accounts of several operators."""

    sinks: Mapping[str, Sink]
    """By the account's IBAN."""

    async def write(self, batch: Batch) -> Receipt:
        """Hand over what may leave; an order from an account that is not ours is refused by the first sink.

        Raises:
            Rejected: as `PaymentFileSink`; the other orders have left.
            Unreachable: nothing is lost, and what has left does not leave again.
            Refused: a person must act.
        """
        receipts: list[Receipt] = []
        refused: dict[int, RejectedItem] = {}
        for account, places in self._sorted(batch).items():
            part = replace(batch, rows=[batch.rows[place] for place in places], positions=())
            try:
                receipts.append(await self.sinks[account].write(part))
            except Rejected as rejected:
                for item in rejected.items:
                    refused[places[item.index]] = replace(item, index=places[item.index])
        if refused:
            items = [refused[index] for index in sorted(refused)]
            raise Rejected("payment.refused", f"{len(items)} payment orders cannot be sent.", items=items)
        return Receipt(
            accepted=sum(each.accepted for each in receipts),
            reference=" ".join(each.reference for each in receipts if each.reference),
            digest=receipts[0].digest if len(receipts) == 1 else "",
        )

    def _sorted(self, batch: Batch) -> dict[str, list[int]]:
        """Give by account the places of its rows; what was withdrawn says no account, so each must look for it."""
        first, *_ = self.sinks
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(batch.rows):
            data = (json.loads(row) if isinstance(row, bytes) else row).get("data") or {}
            account = str(data.get("debtor_iban"))
            for each in [account if account in self.sinks else first] if data else self.sinks:
                found[each].append(place)
        return dict(found)
