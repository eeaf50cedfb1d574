import pytest
from pydantic import ValidationError

from patto_schemas.chronicle import Rates, WorldSettings


def test_all_ambiti_take_part_where_nobody_chooses():
    assert len(WorldSettings().ambiti) == 45


def test_an_ambito_that_does_not_exist_is_refused_with_an_example():
    with pytest.raises(ValidationError, match=r"no Ambito has the code LE/99.*as LE/1"):
        WorldSettings(ambiti=("LE/1", "LE/99"))


def test_the_same_ambito_twice_is_once():
    assert WorldSettings(ambiti=("LE/1", "LE/1")).ambiti == ("LE/1",)


@pytest.mark.parametrize("name", sorted(Rates.model_fields))
def test_every_rate_says_what_it_is_and_is_bounded(name):
    assert Rates.model_fields[name].description
    with pytest.raises(ValidationError):
        Rates(**{name: -1})


@pytest.mark.parametrize("name", sorted(WorldSettings.model_fields))
def test_every_setting_says_what_it_is(name):
    assert WorldSettings.model_fields[name].description
