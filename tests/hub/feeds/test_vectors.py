"""The test vectors of webhooks: independent receivers judge each of them as it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from patto_connectors.errors import Refused
from patto_connectors.webhook import key, verify
from patto_hub.client import patto_receiver
from patto_hub.feeds.vectors import NOW, vectors
from patto_hub.feeds.views import FEEDS

TOLD = vectors(FEEDS[0], "https://patto.example/rest/patto/v1/feeds/pacts/changes")
CASES = pytest.mark.parametrize("case", TOLD["cases"], ids=lambda case: case["name_en"])


@CASES
def test_our_receiver_judges_a_case_as_it_says(case):
    name = patto_receiver.genuine(case["headers"], case["body"].encode(), [case["key"]], TOLD["now"])

    assert (name is not None) is case["accept"]


@CASES
def test_the_hubs_own_judge_does_so_too(case):
    try:
        verify(case["headers"], case["body"].encode(), [key(case["key"])], datetime.fromtimestamp(TOLD["now"], UTC))
    except Refused:
        assert not case["accept"]
    else:
        assert case["accept"]


@pytest.mark.parametrize(
    "case", [each for each in TOLD["cases"] if each["key"].startswith("whsec_")], ids=lambda case: case["name_en"]
)
def test_an_independent_library_does_so_too(case, monkeypatch):
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", _Then)
    try:
        Webhook(case["key"]).verify(case["body"], case["headers"])
    except WebhookVerificationError:
        assert not case["accept"]
    else:
        assert case["accept"]


class _Then(datetime):
    """The moment of the vectors."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)


def test_there_are_cases_to_take_and_to_refuse_and_none_twice():
    assert {each["accept"] for each in TOLD["cases"]} == {True, False}
    assert len({each["name"] for each in TOLD["cases"]}) == len(TOLD["cases"]) == 13


def test_each_feed_has_vectors_of_its_own():
    for feed in FEEDS:
        assert f'"feed":"{feed.name}"' in vectors(feed, "https://patto.example/x")["cases"][0]["body"]
