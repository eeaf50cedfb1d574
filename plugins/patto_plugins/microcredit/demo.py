"""The simulated operators and their bank of `patto demo`, and their settings."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from patto_plugins.microcredit.fake import service_on
from patto_plugins.microcredit.fake_bank import Bank
from patto_schemas.model import PaymentOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from patto_connectors.testing.stage import Stage
    from patto_schemas.chronicle import Teller

STREAMS: Final = ("loans", "visits", "orders")
PLAN: Final = {"every": "20s", "jitter": "10s", "expected_within": "5m"}
SOON: Final = {"every": "10s", "jitter": "5s", "expected_within": "5m"}
"""For what orders and their movements wait for: a simulated day takes a second or two."""
FORMS: Final = ("pain.001.001.09", "CBIPaymentRequest.00.04.01", "pain.001.001.03")
"""How orders of the first account are written, of the second, and so on."""


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate operators and bank for the length of the block; gives their settings by partner name."""
    tellers = {each.code: each for each in stage.chronicle.tellers() if each.kind in {"lender", "bank"}}
    folder = stage.folder / "banca"
    bank = Bank(stage, folder / "estratti", folder / "disposizioni", done=folder / "letti")
    lenders = service_on(stage, taken=bank.executed.__contains__)
    for name in ("outbox", "esiti", "letti"):
        (folder / name).mkdir(exist_ok=True)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(lenders.running())
        await stack.enter_async_context(bank.running())
        yield {
            each.partner: _lender(each, url) if each.kind == "lender" else _bank(each, folder, accounts(stage))
            for each in tellers.values()
        }


def accounts(stage: Stage) -> dict[str, str]:
    """Give the accounts from which the world's operators pay, with their owners."""
    lenders = [each for each in stage.chronicle.tellers() if each.kind == "lender"]
    orders = [record for each in lenders for record in stage.chronicle.truth(each) if isinstance(record, PaymentOrder)]
    return dict(sorted((each.debtor_iban, each.debtor_name) for each in orders))


def _lender(teller: Teller, url: str) -> dict[str, Any]:
    return _partner(teller, {"base_url": f"{url}/{teller.code}"}, {**dict.fromkeys(STREAMS, PLAN), "orders": SOON})


def _bank(teller: Teller, folder: Path, payers: Mapping[str, str]) -> dict[str, Any]:
    settings = {
        "folder": str(folder / "estratti"),
        "done": str(folder / "letti"),
        "outcomes": str(folder / "esiti"),
        "deliveries": str(folder / "disposizioni"),
        "settle_seconds": 1,
        "accounts": [
            {
                "form": FORMS[number % len(FORMS)],
                "debtor_name": name,
                "debtor_iban": iban,
                "cuc": "0000000X",
                "outbox": str(folder / "outbox"),
            }
            for number, (iban, name) in enumerate(payers.items())
        ],
    }
    jobs: dict[str, Any] = {"statements": SOON}
    if payers:
        jobs["payments_out"] = {"every": "10s", "jitter": "5s", "feed": "payments"}
    return _partner(teller, settings, jobs)


def _partner(teller: Teller, settings: Mapping[str, Any], jobs: Mapping[str, Any]) -> dict[str, Any]:
    scheme, value = teller.organisation
    return {
        "plugin": "microcredit",
        "title": teller.title,
        "organisation": {"scheme": scheme, "value": value, "domain": "credit"},
        "feeds": sorted({plan["feed"] for plan in jobs.values() if "feed" in plan}),
        "settings": dict(settings),
        "jobs": dict(jobs),
    }
