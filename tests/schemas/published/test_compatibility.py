import copy

import pytest

from patto_schemas.published.compatibility import breaks, promises


@pytest.fixture
def promised():
    return promises("pact")


def changed(promised, field, **facts):
    after = copy.deepcopy(promised)
    after[field] = {**after.get(field, {"required": False, "allows": {"type": "string"}}), **facts}
    return after


def test_the_same_promises_break_nothing(promised):
    assert breaks(promised, promises("pact")) == []


def test_a_removed_field_breaks(promised):
    after = {field: facts for field, facts in promised.items() if field != "Pact.cup"}

    assert breaks(promised, after) == ["Pact.cup was removed"]


def test_becoming_or_ceasing_to_be_required_breaks(promised):
    assert breaks(promised, changed(promised, "Pact.cup", required=True)) == ["Pact.cup became required"]
    assert breaks(promised, changed(promised, "Pact.status", required=False)) == ["Pact.status became optional"]


@pytest.mark.parametrize("narrower_or_wider", [{"enum": ["active"], "type": "string"}, {"type": "string"}])
def test_allowing_less_or_more_breaks(promised, narrower_or_wider):
    assert breaks(promised, changed(promised, "Pact.status", allows=narrower_or_wider)) == [
        "Pact.status allows other values than before"
    ]


def test_a_new_required_field_breaks_and_a_new_optional_one_does_not(promised):
    assert breaks(promised, changed(promised, "Pact.surprise", required=True)) == ["Pact.surprise is new and required"]
    assert breaks(promised, changed(promised, "Pact.surprise", required=False)) == []


def test_a_new_object_may_require_what_it_likes(promised):
    assert breaks(promised, changed(promised, "Novelty.id", required=True)) == []


def test_words_for_people_are_no_promise(promised):
    assert "description" not in str(promised["Pact.pact_number"])
