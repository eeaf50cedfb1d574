"""A bank message in the order of its elements: a page of elements in, a page of rows and troubles out.

Nothing that can be read is held back. A statement that does not add up hands its rows over all the same, and a trouble
tells it (`camt.balance`, `camt.totals`): the money has moved, and the bank mends its sum. A statement that does not say
whose account it is has no rows: one trouble names it (`camt.statement`), the other statements go on (rule R9). Where an
entry was set aside, the sums of its statement are not judged: they cannot be right.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed
from patto_connectors.iso20022.balances import Sums
from patto_connectors.iso20022.entry import iban_of, read_entry
from patto_connectors.iso20022.key import identity, numbered
from patto_connectors.iso20022.message import Message, lacking
from patto_connectors.iso20022.nodes import UnfitError, text
from patto_connectors.xml.fields import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

    from patto_connectors.contract import Batch
    from patto_connectors.xml.fields import Reader

_PLACE = re.compile(r"riga (?P<line>\d+), (?P<holder>.*/(?:Stmt|Ntfctn)\[\d+\])?")
_SHOWN = 60
"""Characters of a statement's reference that a trouble names."""


def readers(message: Message) -> dict[str, Reader | None]:
    """Give by tag what makes a mapping of the elements that a message is read by."""
    parts: dict[str, Reader] = {"GrpHdr": plain, "Bal": plain, "TxsSummry": plain, "Ntry": plain}
    return {message.tag(name): reader for name, reader in {**parts, "Acct": _head, message.holder: _ended}.items()}


def parents(message: Message) -> dict[str, str]:
    """Give by tag the tag that the elements' parent must have."""
    body, holder = message.tag(message.body), message.tag(message.holder)
    inner = dict.fromkeys(map(message.tag, ("Acct", "Bal", "TxsSummry", "Ntry")), holder)
    return inner | {message.tag("GrpHdr"): body, holder: body}


def _head(account: Element) -> dict[str, Any]:
    """Read an account with what a statement says before it: its reference, numbers, times."""
    head = {each.tag[each.tag.rfind("}") + 1 :]: plain(each) for each in account.itersiblings(preceding=True)}
    return head | {"Acct": plain(account)}


def _ended(holder: Element) -> dict[str, Any]:  # noqa: ARG001 - only that it ended counts: its children are read by then
    return {}


@dataclass(slots=True)
class _Statement:
    """One statement, as far as it is read."""

    holder: str
    head: dict[str, Any] = field(default_factory=dict)
    """The fields that all its rows have; empty while it has not said whose account it is."""
    sums: Sums = field(default_factory=Sums)
    sound: bool = True
    """Whether all that was read of it could be taken."""
    told: bool = False
    """Whether it was told that nothing of it can be taken."""
    times: Counter[bytes] = field(default_factory=Counter)


@dataclass(slots=True)
class _Out:
    """What a page gives."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    troubles: list[tuple[str, str, bytes]] = field(default_factory=list)


class Fold:
    """Reads the pages of one message in their order.

    Args:
        message: what the document says that it is.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        self._common: dict[str, Any] | None = None
        self._now = _Statement("")
        self._statements = 0

    def page(self, batch: Batch) -> Batch:
        """Turn a page of elements into a page of rows.

        Raises:
            Malformed: `camt.element`: the message lacks its header.
        """
        out = _Out(troubles=list(batch.troubles))
        unsound = {_holder(position) for position, _, _ in batch.troubles}
        for raw, position in zip(batch.rows, batch.positions, strict=True):
            if isinstance(raw, bytes):
                raise TypeError("elements come as mappings")
            name = position.rpartition("/")[2].partition("[")[0]
            if name == "GrpHdr":
                self._common = self._header(raw, position)
                continue
            if self._common is None:
                raise self._headless(batch)
            holder = _holder(position)
            if holder != self._now.holder:
                self._now = _Statement(holder)
                self._statements += 1
            self._now.sound = self._now.sound and holder not in unsound
            self._take(name, raw, position, out)
        if any(holder and holder != self._now.holder for holder in unsound):
            self._statements += 1  # one of which the schema left nothing is there all the same
        return replace(batch, rows=out.rows, positions=out.positions, troubles=out.troubles)

    def close(self, head: bytes = b"") -> None:
        """Say that the document has ended.

        Raises:
            Malformed: `camt.element`: it lacks its header, or holds no statement.
        """
        missing = "GrpHdr" if self._common is None else "" if self._statements else self._message.holder
        if missing:
            raise lacking(missing, line=self._message.line, path=f"/Document/{self._message.body}", content=head)

    def _headless(self, batch: Batch) -> Malformed:
        line = self._message.line
        for position, code, content in batch.troubles:
            if "/GrpHdr[" in position:
                return Malformed(code, "The message's header breaks its XSD.", position=position, content=content)
        return lacking("GrpHdr", line=line, path=f"/Document/{self._message.body}")

    def _header(self, raw: Mapping[str, Any], position: str) -> dict[str, Any]:
        message_id = text(raw, "MsgId")
        if message_id is None:
            line, _, path = position.removeprefix("riga ").partition(", ")
            raise lacking("MsgId", line=int(line), path=path)
        return {
            "message": str(self._message),
            "message_id": message_id,
            "message_created_at": text(raw, "CreDtTm"),
            "message_page": text(raw, "MsgPgntn", "PgNb"),
        }

    def _take(self, name: str, raw: Mapping[str, Any], position: str, out: _Out) -> None:
        now = self._now
        try:
            if name == "Acct":
                now.head = (self._common or {}) | _statement_fields(raw)
            elif name == "Bal":
                now.sums.note(raw)
            elif name == "TxsSummry":
                now.sums.totals = raw
            elif name == "Ntry":
                self._entry(raw, position, out)
            else:
                self._finish(position, out)
        except UnfitError as unfit:
            now.sound = False
            code = "camt.entry" if name == "Ntry" else "camt.element"
            out.troubles.append((f"{position}: {unfit}", code, json.dumps(raw, ensure_ascii=False).encode()))

    def _entry(self, raw: Mapping[str, Any], position: str, out: _Out) -> None:
        now = self._now
        if not now.head:
            self._nobodys(position, out)
            return
        entry = read_entry(raw, self._message.version, now.head["account_iban"])
        now.sums.add(entry)
        if entry.code:
            out.troubles.append((position, entry.code, json.dumps(raw, ensure_ascii=False).encode()))
        for fields in entry.rows:
            row = now.head | fields
            digest = identity(row)
            now.times[digest] += 1
            out.rows.append({"key": numbered(digest, now.times[digest])} | row)
            out.positions.append(position if row["parts"] == 1 else f"{position}, parte {row['part']}")

    def _nobodys(self, position: str, out: _Out) -> None:
        """Tell once of a statement that does not say whose account it is; its entries cannot be read."""
        now = self._now
        if not now.told:
            now.told = True
            said = f"{position}: estratto senza Acct, movimenti non letti (no account, entries not read)"
            out.troubles.append((said, "camt.statement", said.encode()))

    def _finish(self, position: str, out: _Out) -> None:
        now = self._now
        if not now.head:
            self._nobodys(position, out)
        elif now.sound:
            for code, figures in now.sums.wrong():
                statement = (now.head["statement_id"] or "?")[:_SHOWN]
                said = f"{position}: estratto {statement}, {figures}"
                out.troubles.append((said, code, said.encode()))
        now.told, now.sound = True, False


def _statement_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a statement says of itself; `raw` is its account and what stands before it.

    Raises:
        UnfitError: it has no reference, or its account has no number.
    """
    account = raw["Acct"]
    iban = iban_of(account)
    other = None if iban is not None else text(account, "Id", "Othr", "Id")
    if iban is None and other is None:
        raise UnfitError("Id")
    statement_id = text(raw, "Id")
    if statement_id is None:
        raise UnfitError("../Id")
    return {
        "statement_id": statement_id,
        "statement_created_at": text(raw, "CreDtTm"),
        "sequence": text(raw, "ElctrncSeqNb"),
        "legal_sequence": text(raw, "LglSeqNb"),
        "page": text(raw, "StmtPgntn", "PgNb") or text(raw, "NtfctnPgntn", "PgNb"),
        "copy": text(raw, "CpyDplctInd"),
        "account_iban": iban,
        "account_other": other,
        "account_currency": text(account, "Ccy"),
    }


def _holder(position: str) -> str:
    """Give the path of the statement in which a place is; empty where it is in none."""
    found = _PLACE.match(position)
    return (found["holder"] or "") if found else ""
