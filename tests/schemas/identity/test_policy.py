from datetime import date

from patto_schemas.identity import policy


def test_the_documented_example_gives_its_letter():
    assert policy.check_letter("H501X000004", "A02", date(2017, 1, 1)) == "B"


def test_a_policy_id_is_sender_sequence_and_letter():
    assert policy.policy_id(1, "H501X000004", "A02", date(2017, 1, 1)) == "1400000001B"
    assert policy.policy_id(0xFFFFFFFF, "H501X000004", "A02", date(2017, 1, 1), "08") == "08FFFFFFFFB"
