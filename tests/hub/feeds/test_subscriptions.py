from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import by_name
from patto_hub.feeds.subscriptions import NotGiven, concealed, subscribe
from patto_hub.feeds.views import FEEDS

NAMED = by_name(FEEDS)
PACTS, PAYMENTS = NAMED["pacts"], NAMED["payments"]
NAMES = pseudonyms_of(b"s" * 32, "monitoring", 1)
PACT = json.dumps(
    {"pact_id": "P-1", "person_id": "RSSMRA85T10A562S", "ambito": "LE/1", "scheme": "ReD_3", "status": "x"}
)


def test_a_subscription_gives_all_kinds_of_its_feed_unless_it_names_some():
    assert subscribe("p", PACTS).kinds == {"person", "pact", "measure"}
    assert subscribe("p", PACTS, kinds={"pact"}).kinds == {"pact"}


def test_of_a_kind_that_is_not_due_nothing_leaves():
    narrowed = subscribe("p", PACTS, kinds={"pact"})

    with pytest.raises(KeyError):
        narrowed.project("person", "{}", "lecce")


def test_a_kind_that_the_feed_does_not_have_is_told():
    with pytest.raises(NotGiven) as caught:
        subscribe("p", PACTS, kinds={"pact", "loan"})

    assert "loan" in caught.value.it
    assert "measure" in caught.value.en


def test_it_holds_to_the_end_of_its_last_day_where_it_is_counted():
    subscription = subscribe("p", PACTS, until=date(2026, 12, 31))

    assert not subscription.ended(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC))
    assert subscription.ended(datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert not subscribe("p", PACTS).ended(datetime(9999, 1, 1, tzinfo=UTC))


def test_a_feed_whose_views_need_names_does_not_leave_under_pseudonyms():
    with pytest.raises(NotGiven) as caught:
        subscribe("p", PAYMENTS, pseudonyms=NAMES)

    assert "payment_order" in caught.value.it
    assert concealed(PAYMENTS) is None


def test_of_a_feed_whose_views_are_mixed_only_those_made_for_it_leave_under_pseudonyms():
    views = (*PACTS.views, *PAYMENTS.views)
    mixed = type(PACTS)(name="mixed", title=PACTS.title, views=views)

    assert subscribe("p", mixed, pseudonyms=NAMES).kinds == PACTS.kinds
    with pytest.raises(NotGiven):
        subscribe("p", mixed, kinds={"pact", "payment_order"}, pseudonyms=NAMES)


def test_its_key_is_equal_for_equal_bytes_and_differs_where_they_may():
    others = [
        subscribe("p", PACTS, kinds={"pact"}),
        subscribe("p", NAMED["enrolments"]),
        subscribe("p", PACTS, pseudonyms=NAMES),
        subscribe("p", PACTS, pseudonyms=pseudonyms_of(b"s" * 32, "other", 1)),
        subscribe("p", PACTS, pseudonyms=pseudonyms_of(b"s" * 32, "monitoring", 2)),
        subscribe("p", PACTS, pseudonyms=pseudonyms_of(b"t" * 32, "monitoring", 1)),
    ]

    assert subscribe("p", PACTS).key == subscribe("q", PACTS, legal_basis="x", until=date(2026, 1, 1)).key
    assert len({each.key for each in [subscribe("p", PACTS), *others]}) == len(others) + 1


def test_what_is_due_differs_with_the_kinds_and_the_names_and_with_nothing_else():
    due = subscribe("p", PACTS).due
    others = {
        subscribe("p", PACTS, kinds={"pact"}).due,
        subscribe("p", PACTS, pseudonyms=NAMES).due,
        subscribe("p", PACTS, pseudonyms=pseudonyms_of(b"s" * 32, "monitoring", 2)).due,
    }

    assert due == subscribe("q", PACTS, kinds=PACTS.kinds, until=date(2027, 1, 1), legal_basis="x").due
    assert len({due, *others}) == 4


def test_an_item_has_one_id_and_leads_back_to_its_record():
    plain, hidden = subscribe("p", PACTS), subscribe("p", PACTS, pseudonyms=NAMES)

    assert plain.item_id("pact", 17) == "pact-17"
    assert plain.head_of("pact-17") == 17
    assert hidden.head_of(hidden.item_id("pact", 17)) == 17
    assert hidden.item_id("pact", 17) == subscribe("p", NAMED["pacts"], pseudonyms=NAMES).item_id("pact", 17)


@pytest.mark.parametrize(
    "wrong", ["", "17", "pact-", "pact-x", "pact-017", "pact-\uff11\uff17", "pact-" + "9" * 30, "-17", "pact--1"]
)
def test_an_id_that_was_never_given_leads_nowhere(wrong):
    assert subscribe("p", PACTS).head_of(wrong) is None
    assert subscribe("p", PACTS, pseudonyms=NAMES).head_of(wrong) is None


def test_an_id_of_one_partner_or_kind_leads_nowhere_for_another():
    mine = subscribe("p", PACTS, pseudonyms=NAMES)
    other = subscribe("q", PACTS, pseudonyms=pseudonyms_of(b"s" * 32, "other", 1))
    given = mine.item_id("pact", 17)

    assert other.head_of(given) is None
    assert mine.head_of(given.replace("pact", "measure")) is None
    assert mine.head_of(given.upper().replace("PACT", "pact")) is None
    assert mine.head_of("pact-17") is None


def test_what_is_shown_is_what_leaves():
    for pseudonyms in (None, NAMES):
        subscription = subscribe("p", PACTS, pseudonyms=pseudonyms)
        shown = subscription.show("pact", PACT, "lecce")

        assert json.loads(subscription.project("pact", PACT, "lecce")) == shown.model_dump(
            mode="json", exclude_none=True
        )
