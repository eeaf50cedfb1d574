from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patto_schemas.chronicle import MISTAKES, Rates, WorldSettings, chronicle
from patto_schemas.chronicle.mistakes import BY_KIND

AMBITI = ("LE/1", "FG/4", "BA/1", "TA/7", "BR/2")


def told_with(**rates):
    made = chronicle(WorldSettings(ambiti=AMBITI, people=20, rates=Rates(**rates)))
    return [told for teller in made.tellers() for told in made.told(teller)]


def share(records, wanted):
    return sum(map(wanted, records)) / len(records)


@pytest.mark.parametrize("late", [0, 0.05, 0.3])
def test_as_many_tellings_are_late_as_the_rate_says(late):
    told = told_with(late=late, missing=0, mistakes=0, lateness_days=5)

    found = share(told, lambda each: each.at - each.record.modified_at >= timedelta(days=1))
    assert found == pytest.approx(late, abs=max(0.012, late / 5) if late else 0)
    assert max(each.at - each.record.modified_at for each in told) < timedelta(days=6 if late else 1)


@pytest.mark.parametrize("mistakes", [0, 0.02, 0.2])
def test_as_many_tellings_have_a_mistake_as_the_rate_says(mistakes):
    told = told_with(mistakes=mistakes, missing=0, late=0)

    able = [each for each in told if each.record.kind in BY_KIND]
    found = share(able, lambda each: bool(each.mistake))
    assert found == pytest.approx(mistakes, rel=0.25)


def test_a_forgetful_teller_tells_less():
    everything, less = told_with(missing=0, mistakes=0), told_with(missing=0.2, mistakes=0)

    assert 0.05 < 1 - len(less) / len(everything) < 0.2


def test_every_kind_of_mistake_is_made():
    told = told_with(mistakes=0.2)

    assert {each.mistake for each in told} == {"", *MISTAKES}


def test_every_mistake_can_happen_to_a_kind_that_is_told():
    assert {mistake for kinds in BY_KIND.values() for mistake in kinds} | {"swapped_dates"} == set(MISTAKES)


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 0.5))
def test_every_mistake_is_mended_by_a_later_telling_of_the_same_record(seed, late, mistakes, missing):
    rates = Rates(late=late, mistakes=mistakes, missing=missing)
    made = chronicle(WorldSettings(seed=seed, ambiti=("BR/1",), people=2, rates=rates))

    for teller in made.tellers():
        last = {}
        for told in made.told(teller):
            name = (told.record.kind, told.record.key)
            before = last.get(name)
            assert before is None or told.at > before.at
            assert before is None or told.record.revision > before.record.revision
            last[name] = told
        assert [told for told in last.values() if told.mistake] == []
