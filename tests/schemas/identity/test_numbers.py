import pytest

from patto_schemas.codes import table
from patto_schemas.identity import CHECKS, numbers


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("00743110157", None),
        ("00743110158", "vat.check_digit"),
        ("IT00743110157", "vat.shape"),
        ("0074311015", "vat.shape"),
        ("\u00b2\u00b2743110157", "vat.shape"),
    ],
)
def test_vat_problem(number, problem):
    assert numbers.vat_problem(number) == problem


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("IT60X0542811101000000123456", None),
        ("IT60Y0542811101000000123456", "iban.check_digits"),
        ("IT60X0542811101000000123457", "iban.check_digits"),
        ("IT60X054281110100000012345", "iban.shape"),
        ("IT60 X054 2811 1010 0000 0123 456", "iban.shape"),
        ("DE89370400440532013000", None),
        ("DE89370400440532013001", "iban.check_digits"),
    ],
)
def test_iban_problem(number, problem):
    assert numbers.iban_problem(number) == problem


def test_an_iban_with_right_check_digits_but_wrong_cin_is_found():
    bban = "Y0542811101000000123456"
    digits = "".join(str(int(character, 36)) for character in f"{bban}IT00")
    number = f"IT{98 - int(digits) % 97:02}{bban}"

    assert numbers.iban_problem(number) == "iban.cin"


@pytest.mark.parametrize(
    ("code", "problem"), [("B91B21003930006", None), ("B91B2100393000", "cup.shape"), ("b91b21003930006", "cup.shape")]
)
def test_cup_problem(code, problem):
    assert numbers.cup_problem(code) == problem


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("PTTOIT2BXXX", None),
        ("PTTOIT2B", None),
        ("PTTOIT2", "bic.shape"),
        ("PTTOIT2BXX", "bic.shape"),
        ("pttoit2b", "bic.shape"),
        ("PTTO IT2B", "bic.shape"),
        ("1TTOIT2B", "bic.shape"),
    ],
)
def test_bic_problem(code, problem):
    assert numbers.bic_problem(code) == problem


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("1600021200123456", None),
        ("UL16000212001234", None),
        ("160002120012345", "co.shape"),
        ("16000212001234567", "co.shape"),
        ("ul16000212001234", "co.shape"),
    ],
)
def test_communication_problem(code, problem):
    assert numbers.communication_problem(code) == problem


@pytest.mark.parametrize("account", ["000000123456", "CC0000123456"])
def test_an_italian_iban_is_made_with_its_check_characters(account):
    assert numbers.iban_problem(numbers.italian_iban(f"0542811101{account}")) is None


def test_the_iban_of_known_coordinates():
    assert numbers.italian_iban("0542811101000000123456") == "IT60X0542811101000000123456"


def test_every_scheme_with_a_check_is_a_known_scheme():
    assert set(CHECKS) <= set(table("schemes"))
