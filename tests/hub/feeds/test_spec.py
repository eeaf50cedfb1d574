from __future__ import annotations

from typing import Any

import pytest
from pydantic import ConfigDict, RootModel, computed_field

from patto_hub.feeds.spec import FeedSpec, Projection, View, by_name

WHY = {"it": "perché", "en": "why"}


class Shut(Projection):
    key: str


class Open(Projection):
    model_config = ConfigDict(extra="allow")
    key: str


class Deep(Projection):
    within: tuple[Open, ...]


class Anything(Projection):
    whatever: Any


class Mapped(Projection):
    whatever: dict[str, str]


class Rooted(Projection):
    whatever: RootModel[dict[str, str]]


class Computed(Projection):
    key: str

    @computed_field
    def whatever(self) -> str:
        return self.key


@pytest.mark.parametrize("shape", [Open, Deep, Anything, Mapped, Rooted, Computed])
def test_a_view_that_lets_unnamed_fields_out_cannot_be_made(shape):
    with pytest.raises(TypeError, match="open"):
        View(kind="pact", shape=shape, purpose=WHY, legal_basis=WHY)


def test_only_named_fields_leave():
    view = View(kind="pact", shape=Shut, purpose=WHY, legal_basis=WHY)

    assert view.project('{"key":"1","name":"Rossi"}') == b'{"key":"1"}'


def test_a_record_that_does_not_fit_is_an_error_that_quotes_no_value():
    view = View(kind="pact", shape=Shut, purpose=WHY, legal_basis=WHY)

    with pytest.raises(TypeError) as caught:
        view.project('{"key":{"name":"Rossi"}}')

    assert "key" in str(caught.value)
    assert "Rossi" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_feeds_are_found_by_name_and_no_two_share_one():
    view = View(kind="pact", shape=Shut, purpose=WHY, legal_basis=WHY)
    one = FeedSpec(name="one", title=WHY, views=(view,))

    assert by_name([one])["one"] is one
    with pytest.raises(ValueError, match="one"):
        by_name([one, FeedSpec(name="one", title=WHY, views=(view,))])


@pytest.mark.parametrize("name", ["Pacts", "a_b", "", "a/b", "-a"])
def test_a_feed_has_a_kebab_case_name(name):
    with pytest.raises(ValueError, match="kebab"):
        FeedSpec(name=name, title=WHY, views=(View(kind="pact", shape=Shut, purpose=WHY, legal_basis=WHY),))


def test_a_feed_has_one_view_for_each_kind():
    view = View(kind="pact", shape=Shut, purpose=WHY, legal_basis=WHY)

    with pytest.raises(ValueError, match="one view"):
        FeedSpec(name="a", title=WHY, views=(view, view))
