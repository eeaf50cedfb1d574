import re
from datetime import date

import pytest
from codicefiscale import codicefiscale as oracle
from hypothesis import given
from hypothesis import strategies as st
from stdnum.it import codicefiscale as stdnum

from patto_schemas.identity import tax_code
from patto_schemas.testing import tax_codes


@given(tax_codes())
def test_birth_agrees_with_the_oracle_for_omocodes_too(code):
    born = tax_code.birth(code)

    decoded = oracle.decode_raw(code)
    plain = oracle.decode_raw(tax_code.plain(code))
    assert decoded["cin"] == code[15]
    assert born.year == int(plain["birthdate_year"])
    assert born.day + (40 if born.sex == "F" else 0) == int(plain["birthdate_day"])
    assert born.belfiore == plain["birthplace"]


@given(tax_codes())
def test_oracle_decodes_sex_and_day_as_we_do(code):
    decoded = oracle.decode(code)

    born = tax_code.birth(code)
    assert born.sex == decoded["gender"]
    assert born.is_on(decoded["birthdate"].date())


@given(tax_codes(), st.integers(0, 14), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
def test_one_changed_character_is_judged_as_stdnum_judges_it(code, place, character):
    changed = code[:place] + character + code[place + 1 :]

    assert (tax_code.problem(changed) is None) == stdnum.is_valid(changed)


@given(tax_codes(omocodes=False), st.integers(1, 7))
def test_plain_undoes_omocode(code, level):
    changed = tax_code.omocode(code, level)

    assert changed != code
    assert tax_code.plain(changed) == code
    assert tax_code.problem(changed) is None


def test_trap_1_a_deeply_omocoded_woman_has_a_sex_where_stdnum_fails():
    code = tax_code.omocode(tax_code.of("Rossi", "Maria", date(1980, 1, 1), "F", "D643"), 7)

    with pytest.raises(ValueError, match="invalid literal"):
        stdnum.get_gender(code)
    assert tax_code.birth(code) == tax_code.Birth(year=80, month=1, day=1, sex="F", belfiore="D643")


@pytest.mark.shared
def test_trap_1_a_deep_omocode_is_good_where_the_pattern_of_inps_refuses_it(shared):
    schema = (shared / "real/social/PS_PSA_SINA201806.xsd").read_text("utf-8")
    pattern = re.search(r'<xs:pattern value="(\(\[A-Za-z\]\{6\}[^"]*)"', schema)[1]
    codes = [tax_code.omocode("RSSMRA80A01H501U", level) for level in range(8)]

    assert [bool(re.fullmatch(pattern, code)) for code in codes] == [True] * 4 + [False] * 4
    assert [tax_code.problem(code) for code in codes] == [None] * 8


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("RSSMRA80A01H501U", None),
        ("RSSMRA80A01H501A", "tax_code.check_letter"),
        ("rssmra80a01h501u", "tax_code.shape"),
        (" RSSMRA80A01H501U", "tax_code.shape"),
        ("RSSMRA80A01H50", "tax_code.shape"),
        ("RSSMRA80A01H50\u0661U", "tax_code.shape"),
        ("00743110157", None),
        ("00743110158", "tax_code.check_letter"),
        ("0074311015X", "tax_code.shape"),
        ("\u0660\u0660743110157", "tax_code.shape"),
        ("", "tax_code.shape"),
    ],
)
def test_problem_names_what_is_wrong(code, problem):
    assert tax_code.problem(code) == problem


def test_a_day_that_no_calendar_has_is_a_wrong_shape():
    stem = "RSSMRA80B30H501"

    assert tax_code.problem(stem + stdnum.calc_check_digit(stem)) == "tax_code.shape"


def test_birth_refuses_what_is_no_persons_code():
    with pytest.raises(ValueError, match="16 characters"):
        tax_code.birth("00743110157")


@pytest.mark.parametrize(
    ("family", "given_name", "born", "sex", "place"),
    [
        ("Rossi", "Mario", date(1980, 1, 1), "M", "H501"),
        ("Fo", "Ada", date(1975, 12, 31), "F", "D643"),
        ("D'Amico", "Niccolò", date(2000, 2, 29), "M", "A662"),
        ("De Luca", "Gianfranco", date(1999, 8, 15), "M", "E506"),
    ],
)
def test_made_codes_are_those_of_the_oracle(family, given_name, born, sex, place):
    made = tax_code.of(family, given_name, born, sex, place)

    assert made == oracle.encode(
        lastname=family, firstname=given_name, gender=sex, birthdate=born.strftime("%d/%m/%Y"), birthplace=place
    )
