from hypothesis import given

from patto_schemas.chronicle.mistakes import possible, wrong_letter
from patto_schemas.identity import tax_code
from patto_schemas.testing import tax_codes


@given(tax_codes())
def test_a_wrong_letter_is_the_only_thing_that_is_wrong(code):
    assert tax_code.problem(wrong_letter(code)) == "tax_code.check_letter"
    assert wrong_letter(code)[:15] == code[:15]


def test_dates_are_swapped_only_where_there_are_two_that_differ(honest):
    told = [each.record for each in honest.told("LE/1") if each.record.kind == "measure"]

    for measure in told:
        two = measure.started_on and measure.ended_on and measure.started_on != measure.ended_on
        assert ("swapped_dates" in possible(measure)) is bool(two)
