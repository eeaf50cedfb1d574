"""Receipts: what a partner has in hand of something that it handed in, and what became of its rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.ledger import pushed
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.problems import Problem
from patto_hub.web.site import BASE
from patto_schemas.catalogue import explain
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.web.callers import Caller


class ReceiptParams(BaseModel):
    """Which receipt."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    receipt: str = Field(pattern="^[0-9a-f]{32}$", examples=["5f2b8f0c9d4e4a3db1c7a6f0e1d2c3b4"])
    """The number that the hub gave when the body came."""


class RowTold(BaseModel):
    """What became of one row that could not be taken."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: str
    """Where it stands."""
    verdict: Literal["quarantined", "refused"]
    code: str
    """The issue's stable code."""
    message: str
    """What is wrong and how to mend it, in Italian; no value of the row is repeated."""
    message_en: str
    """The same in English."""
    owner: str
    """Who can mend it: `partner`, `ambito`, `engineer` or `region`."""


class ReceiptBody(BaseModel):
    """A receipt: what was handed in is kept, and later what became of its rows."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    receipt: str
    """Names what was handed in; ask for it under `/receipts/{receipt}`."""
    stream: str
    state: Literal["received", "accepted", "partial"]
    """`received`: on disk, not yet read; `accepted`: every row was taken; `partial`: some were not, see `rows`."""
    size: int
    """Bytes that came."""
    received_at: datetime
    read_at: datetime | None = None
    """When the hub had taken the rows in."""
    counts: dict[str, int] = {}
    """The balance of the rows: `read` is the sum of `new`, `changed`, `unchanged`, `duplicate`, `parked`,
    `quarantined` and `refused`."""
    rows: list[RowTold] = []
    """The rows that could not be taken."""
    repeated: bool = False
    """Whether this Idempotency-Key had come before, with the same body: nothing was kept twice."""


@endpoint(
    "GET",
    "/receipts/{receipt}",
    access=Access.PARTNER,
    params=ReceiptParams,
    answers={200: ReceiptBody},
    problems=("params-invalid", "not-found"),
)
async def receipt_of(call: Call[ReceiptParams, Nothing]) -> web.StreamResponse:
    """Say what became of something that was handed in.

    This is where `Location` of the 202 leads (NONBLOCK_PULL_REST): `state` is `received` while the rows are not yet
    read, and the same address gives the outcome afterwards; there is no other address to be sent on to.
    """
    try:
        found = await call.site.ledger.read(pushed.get, caller_of(call).partner, call.params.receipt)
    except KeyError:
        raise Problem(
            "not-found", ("Nessuna ricevuta con questo numero.", "There is no receipt of this number.")
        ) from None
    return web.json_response(receipt_body(found).model_dump(mode="json", exclude_none=True))


ENDPOINTS: Final = (receipt_of,)


def receipt_body(kept: pushed.Receipt, *, repeated: bool = False) -> ReceiptBody:
    """Give a receipt as it is shown to its partner."""
    outcome: dict[str, Any] = dict(kept.outcome or {})
    rows = [RowTold(**{**row, "message_en": _english(row)}) for row in outcome.get("rows", ())]
    return ReceiptBody(
        receipt=kept.receipt,
        stream=kept.job.partition("/")[2],
        state="received" if kept.told_at is None else "partial" if rows else "accepted",
        size=kept.size,
        received_at=instant(kept.received_at),
        read_at=moment(kept.told_at),
        counts=outcome.get("counts", {}),
        rows=rows,
        repeated=repeated,
    )


def _english(row: Mapping[str, str]) -> str:
    """Give a row's sentence in English; of what was told before the hub kept both, what the catalogue says."""
    return row.get("message_en") or explain(Issue(row["code"], row["position"]), "en")


def named(receipt: str) -> dict[str, str]:
    """Give the header that says where a receipt can be asked for."""
    return {"Location": f"{BASE}/receipts/{receipt}"}


def caller_of(call: Call[Any, Any]) -> Caller:
    """Give who called a route that lets partners in only."""
    if call.caller is None:
        raise TypeError("the route lets partners in only")
    return call.caller


def instant(milliseconds: int) -> datetime:
    """Give an instant of the ledger."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def moment(milliseconds: int | None) -> datetime | None:
    """Give an instant of the ledger that may not have come."""
    return None if milliseconds is None else instant(milliseconds)
