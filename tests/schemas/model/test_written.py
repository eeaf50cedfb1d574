from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from patto_schemas import Pact, canonical_json, wire
from patto_schemas.catalogue import issues_of
from patto_schemas.model.written import WrittenDay, read_amount, read_day, read_flag, read_instant


@pytest.mark.parametrize(
    "written",
    [
        "31/12/2020", "31-12-2020", "31.12.2020", " 31/12/2020 ", "2020-12-31", "2020-12-31T10:00:00+01:00",
        "2020-12-31 10:00", "31/12/2020 10:00:00", "44196", 44196, 44196.75, date(2020, 12, 31),
        datetime(2020, 12, 31, 9, tzinfo=UTC),
    ],
)  # fmt: skip
def test_one_day_in_all_its_forms(written):
    assert read_day(written) == date(2020, 12, 31)


@pytest.mark.parametrize("written", ["", " ", "-", None])
def test_blank_is_no_day(written):
    assert read_day(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2020",
        "2020-02-31",
        "12/31/2020",
        "31/12/20",
        "31/12-2020",
        "2020-1-1",
        "x",
        "1",
        1,
        60,
        10**9,
        True,
        [],
        "٣١/١٢/٢٠٢٠",
    ],
)
def test_what_is_no_day_is_refused(written):
    with pytest.raises(ValueError, match="date"):
        read_day(written)


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_italian_iso_and_serial_forms_agree(day):
    italian = f"{day.day:02}/{day.month:02}/{day.year:04}"

    assert read_day(italian) == read_day(day.isoformat()) == read_day((day - date(1899, 12, 30)).days) == day


def test_an_instant_without_offset_is_italian_time():
    assert read_instant("2020-07-01T10:00:00") == datetime(2020, 7, 1, 8, tzinfo=UTC)
    assert read_instant("2020-01-01 10:00") == datetime(2020, 1, 1, 9, tzinfo=UTC)
    assert read_instant("2020-07-01T10:00:00Z") == datetime(2020, 7, 1, 10, tzinfo=UTC)
    assert read_instant(" ") is None


def test_of_the_hour_that_comes_twice_the_first_is_meant():
    assert read_instant("2020-10-25T02:30:00").utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("written", ["ieri", 5, "31/12/2020 10:00"])
def test_what_is_no_instant_is_refused(written):
    with pytest.raises(ValueError, match="datetime"):
        read_instant(written)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.56", "1234.56"), ("1234,56", "1234.56"), ("1.234,56", "1234.56"), ("1'234'567,5", "1234567.5"),
        ("€ 500", "500"), ("530 euro", "530"), ("500 EUR", "500"), (500, "500"), (19.99, "19.99"),
        (Decimal("0.5"), "0.5"), ("0", "0"), ("1.000 euro", "1000"), ("€ 12.500", "12500"),
    ],
)  # fmt: skip
def test_amounts_in_all_their_forms(written, amount):
    assert read_amount(written) == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    ["1.234", "1,234", "1.234.567", "€ 0.125", "1,000 euro", "-5", "1e3", "cinquecento", "12.34,5", True, 0.001],
)
def test_an_amount_that_may_mean_two_things_is_refused(written):
    with pytest.raises(ValueError, match="amount"):
        read_amount(written)


@pytest.mark.parametrize(
    ("written", "flag"), [("S", True), ("Sì", True), (1, True), ("no", False), (False, False), ("-", None)]
)
def test_flags_in_all_their_forms(written, flag):
    assert read_flag(written) is flag


def test_what_is_no_flag_is_refused():
    with pytest.raises(ValueError, match="boolean"):
        read_flag("forse")


class OldPact(Pact):
    model_config = wire(Pact, signed_on="firmato")
    signed_on: WrittenDay = None


ROW = '{{"pact_id":"1","person_id":"X","ambito":"FG/1","scheme":"ReD_3","status":"active","firmato":{}}}'


def test_a_wire_model_reads_a_partners_dates_and_serves_ours():
    record = OldPact.model_validate_json(ROW.format('"31/12/2020"'))

    assert b'"signed_on":"2020-12-31"' in canonical_json(record)


def test_a_partners_bad_date_is_explained_as_a_date():
    with pytest.raises(ValidationError) as caught:
        OldPact.model_validate_json(ROW.format('"31/02/2020"'))

    assert [(issue.code, issue.where) for issue in issues_of(caught.value)] == [("field.date", "/firmato")]
