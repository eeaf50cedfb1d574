import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from patto_schemas.codes import table
from patto_schemas.model import types


def accepts(kind, document):
    try:
        TypeAdapter(kind).validate_json(document)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (types.Count, ["0", "5", "5.0", "5e0", "1000000"], ['"5"', "true", "5.5", "-1", "1000001", "null", "1e400"]),
        (types.Flag, ["true", "false"], ['"true"', "1", "0", '"sì"', "null"]),
        (types.Day, ['"2020-02-29"', '"9999-12-31"'], ['"0"', "0", '"1577836800"', '"31/12/2020"', '"2021-02-29"']),
        (types.Day, ['"0001-01-01"'], ['"0000-01-01"', '"2020-01-01T00:00:00"', '" 2020-01-01"', '"2020-1-1"']),
        (
            types.Instant,
            ['"2020-01-01T08:00:00Z"', '"2020-01-01T08:00:00.123456+14:00"'],
            ['"2020-01-01T08:00:00"', '"1577836800"', '"2020-01-01 08:00:00Z"', '"2020-01-01T24:00:00Z"'],
        ),
        (
            types.Money,
            ['"500"', '"500.5"', '"0.01"', "500", "19.99", '"99999999999.99"', "0"],
            ['"500,00"', '"-1"', "-0.01", '"1e3"', '"1_000"', '"00.1"', "0.001", '"NaN"', "1e12", "true"],
        ),
        (
            types.Key,
            ['"a"', '"a b"', '"à"', '"🙂"'],
            ['""', '" a"', '"a "', '"a\\nb"', '"\\u0000"', '"\\ufeff\\u0001"'],
        ),
        (types.Text, ['""', '"a\\r\\nb\\t"', '"\\u007f"'], ['"\\u0001"', '"\\u000b"', '"\\uffff"', "1", "null"]),
        (types.Label, ['" "', '"é"'], ['""', '"a\\tb"', '"a\\u0085b"']),
        (types.Scheme, ['"cf"', '"local:district-1"'], ['"CF"', '"local:"', '"1cf"']),
        (types.Istat, ['"071024"'], ['"D643"', '"71024"', "71024"]),
        (types.Language, ['"it"', '"it-IT"'], ['"IT"', '"italiano"']),
    ],
)
def test_each_type_accepts_what_it_says_and_no_more(kind, good, bad):
    assert [document for document in good if not accepts(kind, document)] == []
    assert [document for document in bad if accepts(kind, document)] == []


def test_trap_11_a_cadastral_code_is_never_taken_for_an_istat_code():
    rows = list(table("municipalities").current())

    assert [row.code for row in rows if not accepts(types.Istat, json.dumps(row.code))] == []
    assert [row.code for row in rows if accepts(types.Istat, json.dumps(row.more["belfiore"]))] == []
    assert [row.code for row in rows if accepts(types.Belfiore, json.dumps(row.code))] == []


@pytest.mark.parametrize("text", ["2099-12-31", "9999-12-31", None])
def test_trap_8_a_validity_without_end_becomes_none(text):
    assert TypeAdapter(types.ValidTo).validate_json(json.dumps(text)) is None
    assert TypeAdapter(types.ValidTo).validate_python(text) is None


@pytest.mark.parametrize("text", ["1900-01-01", "0001-01-01", None])
def test_trap_8_a_validity_that_always_was_becomes_none(text):
    assert TypeAdapter(types.ValidFrom).validate_json(json.dumps(text)) is None


def test_dates_inside_a_validity_stay_and_bad_ones_are_refused():
    assert TypeAdapter(types.ValidTo).validate_json('"2099-12-30"') == date(2099, 12, 30)
    assert TypeAdapter(types.ValidFrom).validate_json('"1900-01-02"') == date(1900, 1, 2)
    assert not accepts(types.ValidTo, '"31-12-9999"')
    assert not accepts(types.ValidFrom, '"1900-01-00"')


def test_translating_functions_may_give_python_values():
    assert TypeAdapter(types.Day).validate_python("2020-01-31") == date(2020, 1, 31)
    assert TypeAdapter(types.Money).validate_python("12.5") == Decimal("12.5")
    assert TypeAdapter(types.Money).validate_python(12) == Decimal(12)
    assert TypeAdapter(types.Count).validate_python("7") == 7
    assert TypeAdapter(types.Instant).validate_python(datetime(2020, 1, 1, tzinfo=UTC)).tzinfo is not None


@pytest.mark.parametrize("document", ["5", "5.0", '"5"', '"5.0"', '"5.00"', "500e-2"])
def test_equal_amounts_are_written_alike(document):
    money = TypeAdapter(types.Money)

    assert money.dump_json(money.validate_json(document)) == b'"5.00"'


def test_nothing_owed_has_no_sign():
    money = TypeAdapter(types.Money)

    assert money.dump_json(money.validate_json("-0.0")) == b'"0.00"'


@given(st.decimals(0, 99_999_999_999, places=2))
def test_amounts_come_back_exactly(amount):
    money = TypeAdapter(types.Money)

    assert money.validate_json(money.dump_json(amount)) == amount


@given(st.integers(0, 10**13 - 1))
def test_amounts_sent_as_numbers_are_read_to_the_cent(cents):
    assert TypeAdapter(types.Money).validate_json(str(cents / 100)) == Decimal(cents) / 100
