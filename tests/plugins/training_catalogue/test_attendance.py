from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from patto_plugins.training_catalogue.attendance import key_of, translate

ROW = {"id_iscrizione": "IS-1", "data": "05/01/2026", "presenza": "P", "ore": "4,5", "firma_allievo": "sì"}


def test_a_row_of_a_register_is_a_day():
    day = translate(ROW)

    assert day.attendance_id == "IS-1/2026-01-05"
    assert (day.day, day.hours, day.attendance) == (date(2026, 1, 5), Decimal("4.5"), "present")
    assert (day.signed_by_trainee, day.signed_by_tutor) == (True, False)


@pytest.mark.parametrize("written", ["2026-01-05", "05/01/2026", "5/1/2026", "05-01-2026", "05.01.2026"])
def test_dates_are_read_as_offices_write_them(written):
    assert translate(ROW | {"data": written}).day == date(2026, 1, 5)


def test_a_day_that_is_sent_again_has_the_same_key():
    assert translate(ROW | {"presenza": "AG", "data": "2026-01-05"}).key == translate(ROW).key


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"ore": "quattro"}, ValueError),
        ({"presenza": "boh"}, ValidationError),
        ({"data": "31/02/2026"}, ValidationError),
        ({"data": ""}, ValidationError),
        ({"ore": "-1"}, ValidationError),
    ],
)
def test_a_row_that_is_not_as_agreed_is_refused(change, wrong):
    with pytest.raises(wrong):
        translate(ROW | change)


@pytest.mark.parametrize("column", ["id_iscrizione", "data", "presenza"])
def test_a_missing_column_is_named(column):
    with pytest.raises(KeyError, match=column):
        translate({name: value for name, value in ROW.items() if name != column})


def test_a_row_that_cannot_be_read_still_says_whose_day_it_is():
    row = {"id_iscrizione": "IS-1", "data": "05/01/2026", "presenza": "boh"}

    assert key_of(row) == ("attendance_day", "IS-1/2026-01-05")
    assert key_of(row | {"id_iscrizione": ""}) is None
    assert key_of({"data": "05/01/2026"}) is None
    assert key_of(row | {"data": "31/02/2026"}) is None
