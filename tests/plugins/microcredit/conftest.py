"""What tests of microcredit may ask for: a clock that stands still, orders as the hub hands them over, accounts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import patto_plugins.microcredit as plugin
from patto_connectors.iso20022 import PaymentSettings
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_hub.feeds.views import PAYMENTS
from patto_plugins.microcredit.translate import LenderOrder
from patto_schemas.chronicle.scene import iban
from patto_schemas.model.wire import canonical_json

OURS, OTHERS = iban(1002), iban(1001)


@pytest.fixture
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def folder():
    return Path(plugin.__file__).parent


@pytest.fixture
def samples(folder):
    return folder / "samples"


@pytest.fixture
def connectors():
    return {each.name: each for each in plugin.register_connectors()}


@pytest.fixture
def orders(samples):
    """The sample's payment orders."""
    rows = json.loads((samples / "in/orders.json").read_text("utf-8"))["elenco"]
    return [LenderOrder.model_validate_json(json.dumps(row)) for row in rows]


@pytest.fixture
def delivered():
    """Give a record as the hub hands it over, through the view of its feed."""

    def of(record, number=1, change="upsert"):
        head = {"id": f"payment_order-{number}", "version": 1, "change": change, "kind": record.kind, "source": "sud"}
        if change != "upsert":
            return head
        shown = PAYMENTS.view(record.kind).project(canonical_json(record).decode())
        return head | {"data": json.loads(shown)}

    return of


@pytest.fixture
def account(tmp_path):
    """Settings of one account that pays."""
    outbox = tmp_path / "outbox"
    outbox.mkdir()

    def of(number=OURS, form="pain.001.001.09", name="Microcredito Puglia Sud"):
        return PaymentSettings(debtor_name=name, debtor_iban=number, form=form, cuc="0000000X", outbox=outbox)

    return of
