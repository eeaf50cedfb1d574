from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from patto_schemas.chronicle.chance import after, between, chance, weighted, works


@given(st.text(), st.integers())
def test_the_same_names_give_the_same_chance(name, number):
    assert chance(name, number).random() == chance(name, number).random()


def test_a_key_comes_as_often_as_its_weight_says():
    luck = chance("weights")
    counted = Counter(weighted(luck, {"often": 9, "seldom": 1, "never": 0}) for _ in range(5000))

    assert 400 < counted["seldom"] < 600
    assert counted["never"] == 0


@given(st.integers(), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-50, 50), st.integers(0, 50))
def test_a_day_lies_between_its_bounds(seed, day, least, more):
    luck = chance(seed)
    late = after(luck, day, least, least + more)

    assert least <= (late - day).days <= least + more
    assert min(day, late) <= between(luck, min(day, late), max(day, late)) <= max(day, late)


def test_nobody_works_at_christmas_or_on_a_saturday():
    assert not works(date(2024, 12, 25))
    assert not works(date(2024, 12, 28))
    assert works(date(2024, 12, 27))
