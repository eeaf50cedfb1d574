from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.files import by_column, by_name


def test_a_name_says_of_which_month_the_file_is_the_whole():
    scope = by_name(r"_(?P<month>[0-9]{4}-[0-9]{2})[-.]", "presenze/{month}/")

    assert list(scope("presenze_2026-03.xlsx", ())) == ["presenze/2026-03/"]


@pytest.mark.parametrize("name", ["giovinazzo-solidale_2021-02-17.xlsx", "giovinazzo-solidale-latest.xlsx"])
def test_a_file_that_only_grows_is_the_whole_of_everything(name):
    assert list(by_name(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.|-latest\.", "aiuti/")(name, ())) == ["aiuti/"]


def test_a_name_that_does_not_say_it_is_refused():
    with pytest.raises(Malformed) as refused:
        by_name(r"_(?P<month>[0-9]{4}-[0-9]{2})\.", "{month}/")("presenze marzo.xlsx", ())

    assert refused.value.code == "file.name"


def test_a_column_says_of_what_the_file_is_the_whole():
    page = [{"mese": "2026-03"}, {"mese": "2026-03"}, {}, b'{"mese": "2026-04"}', {"mese": ""}]

    assert list(by_column("mese", "presenze/{}/")("x.csv", page)) == ["presenze/2026-03/", "presenze/2026-04/"]


@pytest.mark.parametrize("make", [lambda: by_name("(?P<month>[0-9-]+)", "{month}"), lambda: by_column("mese", "m-{}")])
def test_the_beginning_of_keys_of_one_register_is_not_that_of_another(make):
    with pytest.raises(ValueError, match="slash"):
        make()
