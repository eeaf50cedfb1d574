from random import Random

from patto_schemas import ENTITIES
from patto_schemas.catalogue import CATALOGUE
from patto_schemas.invent import Inventor
from patto_schemas.rules import BY_KIND, RULES, check


def test_rules_name_known_kinds_and_say_what_they_are():
    assert {kind for rule in RULES for kind in rule.kinds} <= set(ENTITIES)
    assert all(rule.check.__doc__ for rule in RULES)


def test_rules_one_to_eight_and_ten_are_in_the_table_and_nine_in_the_catalogue():
    assert {rule.code for rule in RULES} >= {f"R{number}" for number in (*range(1, 9), 10)}
    assert "R9" in CATALOGUE


def test_every_kind_can_be_checked():
    assert set(BY_KIND) == set(ENTITIES)


def test_all_that_is_wrong_is_said_at_once():
    inventor = Inventor(Random(1))
    measure = inventor.measure(inventor.pact())
    wrong = measure.model_copy(update={"duration_unit": None, "description": None, "events": ()})

    assert {issue.code for issue in check(wrong)} == {"R3.pair", "R4.description", "R6.event"}
