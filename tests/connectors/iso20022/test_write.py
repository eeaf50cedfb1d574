from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from stdnum import iban

from patto_connectors.iso20022 import Form, Order, Transfer, UnpayableError, write_order
from patto_connectors.testing.orders import read_order
from patto_schemas.identity.numbers import cin

FORMS = get_args(Form)
SCHEMAS = {
    "pain.001.001.03": "xsd/pain.001.001.03.xsd",
    "pain.001.001.09": "xsd/pain.001.001.09.xsd",
    "CBIPaymentRequest.00.04.01": "cbi/CBIPaymentRequest.00.04.01.xsd",
}


def italian(number: int) -> str:
    coordinates = f"0306904013{number:012}"
    bare = f"IT00{cin(coordinates)}{coordinates}"
    return f"IT{iban.calc_check_digits(bare)}{bare[4:]}"


names = st.text(string.ascii_letters + " àèéìòùçȘłßÆ\u2019&;_", min_size=1, max_size=60).filter(
    lambda text: text.strip()
)
ibans = st.integers(0, 10**12 - 1).map(italian)
bics = st.none() | st.sampled_from(["BCITITMM", "BCITITMMXXX", "DEUTDEFF500"])
ids = st.text(string.ascii_letters + string.digits + "-.", min_size=1, max_size=35)
transfers = st.builds(
    Transfer,
    end_to_end_id=ids,
    amount=st.integers(1, 99_999_999_999).map(lambda cents: Decimal(cents) / 100),
    creditor_name=names,
    creditor_iban=ibans | st.just("NL56AGDH9619008421"),
    creditor_bic=bics,
    remittance=st.none() | names,
    purpose=st.none() | st.sampled_from(["LOAN", "SSBE"]),
)
orders = st.builds(
    lambda at, lead, **fields: Order(created_at=at, execute_on=at.date() + timedelta(days=lead), **fields),
    at=st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - the zone follows
        lambda at: at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=1)))
    ),
    lead=st.integers(0, 30),
    message_id=ids,
    debtor_name=names,
    debtor_iban=ibans,
    debtor_bic=bics,
    cuc=st.text(string.ascii_uppercase + string.digits, min_size=8, max_size=8),
    transfers=st.lists(transfers, min_size=1, max_size=6, unique_by=lambda each: each.end_to_end_id).map(tuple),
)
ORDER = Order(
    message_id="PATTO-1",
    created_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    debtor_name="Microcredito Sociale",
    debtor_iban=italian(1),
    cuc="0123456X",
    execute_on=date(2026, 3, 3),
    transfers=(
        Transfer(end_to_end_id="P-1", amount=Decimal("0.10"), creditor_name="Ada", creditor_iban=italian(2)),
        Transfer(end_to_end_id="P-2", amount=Decimal("0.20"), creditor_name="Ugo", creditor_iban=italian(3)),
    ),
)


@cache
def schema(path):
    return etree.XMLSchema(etree.parse(str(path)))


def texts(content: bytes, name: str) -> list[str | None]:
    return [each.text for each in etree.fromstring(content).iter("{*}" + name)]


@given(orders, st.sampled_from(FORMS))
def test_an_order_read_back_is_the_order(order, form):
    assert read_order(write_order(order, form)) == order


@given(orders, st.sampled_from(FORMS))
def test_the_same_order_gives_the_same_bytes(order, form):
    assert write_order(order, form) == write_order(replace(order), form)


@pytest.mark.shared
@pytest.mark.parametrize("form", FORMS)
def test_hundreds_of_orders_are_valid_against_the_official_schema(shared, form):
    official = schema(shared / "real/microcredit" / SCHEMAS[form])

    @settings(max_examples=300, deadline=None)
    @given(orders)
    def valid(order):
        official.assertValid(etree.fromstring(write_order(order, form)))

    valid()


@pytest.mark.parametrize("form", FORMS)
def test_control_sums_are_exact(form):
    content = write_order(ORDER, form)

    assert set(texts(content, "CtrlSum")) == {"0.30"}
    assert set(texts(content, "NbOfTxs")) == {"2"}


@pytest.mark.parametrize("form", FORMS)
def test_each_payment_is_booked_by_itself_so_that_its_reference_comes_back(form):
    assert texts(write_order(ORDER, form), "BtchBookg") == ["false"]


def test_the_day_of_execution_is_wrapped_from_09_on():
    old, new = (etree.fromstring(write_order(ORDER, form)).find(".//{*}ReqdExctnDt") for form in FORMS[:2])

    assert (old.text, [each.text for each in old]) == ("2026-03-03", [])
    assert [(etree.QName(each).localname, each.text) for each in new] == [("Dt", "2026-03-03")]


def test_cbi_names_the_sender_by_cuc_and_the_bank_by_abi_and_numbers_the_payments():
    content = write_order(ORDER, "CBIPaymentRequest.00.04.01")

    assert etree.fromstring(content).tag == "{urn:CBI:xsd:CBIPaymentRequest.00.04.01}CBIPaymentRequest"
    assert (texts(content, "Issr"), texts(content, "MmbId")) == (["CBI"], ["03069"])
    assert texts(content, "InstrId") == ["1", "2"]


@pytest.mark.parametrize("changed", [{"cuc": None}, {"debtor_iban": "NL56AGDH9619008421"}])
def test_cbi_needs_a_cuc_and_an_italian_account(changed):
    with pytest.raises(UnpayableError) as caught:
        write_order(replace(ORDER, **changed), "CBIPaymentRequest.00.04.01")

    assert caught.value.code == "payment.order"


def test_a_bank_that_is_not_named_is_not_provided():
    assert "NOTPROVIDED" in texts(write_order(ORDER, "pain.001.001.03"), "Id")


def test_a_file_whose_sums_were_changed_is_not_read_back():
    content = write_order(ORDER, "pain.001.001.09").replace(b">0.20<", b">0.21<")

    with pytest.raises(ValueError, match="control sums"):
        read_order(content)
