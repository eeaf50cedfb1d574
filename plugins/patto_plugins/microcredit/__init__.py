"""Microcredit operators and their bank: loans, visits and orders by REST/JSON; statements and orders by ISO 20022."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_hub import Connector, hookimpl
from patto_plugins.microcredit import movements
from patto_plugins.microcredit.checks import CHECKS
from patto_plugins.microcredit.payments import sink
from patto_plugins.microcredit.settings import BankSettings, LenderSettings, listing, statements
from patto_plugins.microcredit.translate import LenderLoan, LenderOrder, LenderVisit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub import Check


@hookimpl
def register_connectors() -> Iterable[Connector[Any]]:
    """Name the streams: three listings of an operator, and two of a bank."""
    yield Connector(
        name="loans",
        settings=LenderSettings,
        source=partial(listing, "pratiche"),
        translate=LenderLoan,
        kinds=("loan",),
        summary={"it": "Pratiche di microcredito", "en": "Microcredit loans"},
    )
    yield Connector(
        name="visits",
        settings=LenderSettings,
        source=partial(listing, "visite"),
        translate=LenderVisit,
        kinds=("visit",),
        summary={"it": "Visite di monitoraggio sociale", "en": "Visits of social monitoring"},
    )
    yield Connector(
        name="orders",
        settings=LenderSettings,
        source=partial(listing, "disposizioni"),
        translate=LenderOrder,
        kinds=("payment_order",),
        summary={"it": "Disposizioni di pagamento", "en": "Payment orders"},
    )
    yield Connector(
        name="statements",
        settings=BankSettings,
        source=statements,
        translate=movements.translate,
        kinds=("movement",),
        summary={"it": "Estratti conto e avvisi della banca", "en": "Statements and notices of the bank"},
    )
    yield Connector(
        name="payments_out",
        settings=BankSettings,
        sink=sink,
        summary={"it": "Disposizioni consegnate alla banca", "en": "Payment orders handed to the bank"},
    )


@hookimpl
def register_checks() -> Iterable[Check]:
    """Name the rules that compare pact, loan, order, movement and visits."""
    return CHECKS
