"""Whom each partner stands for, and what of the hub's settings is taken over."""

from __future__ import annotations

import pytest

from patto_hub.sandbox.casting import DEFAULT_AMBITI, cast, codes_of, stand_ins
from patto_hub.sandbox.settings import SandboxSettings
from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.shape import Settings
from patto_schemas.chronicle import WorldSettings, chronicle

TELLERS = chronicle(WorldSettings(ambiti=("LE/1", "FG/6"))).tellers()


def settings(**partners):
    return Settings.model_validate({"partners": partners})


def partner(scheme, value, domain="", **more):
    return {"organisation": {"scheme": scheme, "value": value, "domain": domain}, **more}


def test_the_world_has_the_ambiti_that_are_partners_of_the_hub():
    known = settings(lecce=partner("ambito", "LE/1"), foggia=partner("ambito", "FG/6"), odd=partner("ambito", "ZZ/1"))

    assert codes_of(known, ()) == ("LE/1", "FG/6")
    assert codes_of(known, ("BA/5",)) == ("BA/5",)
    assert codes_of(settings(), ()) == DEFAULT_AMBITI


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (partner("ambito", "FG/6"), "ambito"),
        (partner("cpi_11", "E506C000999"), "centre"),
        (partner("piva", "01234567897", "third_sector"), "cooperative"),
        (partner("piva", "01234567897", "credit"), "lender"),
        (partner("bic", "XXXXITMM", "credit"), "bank"),
        (partner("cf", "92000000001", "training"), "catalogue"),
    ],
)
def test_a_partner_stands_for_one_of_its_kind(part, kind):
    assert stand_ins(settings(one=part), TELLERS)["one"].kind == kind


def test_an_ambito_stands_for_itself_and_others_for_different_ones():
    chosen = stand_ins(
        settings(
            foggia=partner("ambito", "FG/6"),
            one=partner("piva", "1", "third_sector"),
            two=partner("piva", "2", "third_sector"),
            unknown=partner("runts", "3"),
            nobody={},
        ),
        TELLERS,
    )

    assert chosen["foggia"].code == "FG/6"
    assert chosen["one"] != chosen["two"]
    assert chosen.keys() == {"foggia", "one", "two"}


def test_a_partner_that_bears_the_name_of_one_of_the_world_reads_and_tells():
    double = {
        "plugin": "p",
        "organisation": {"scheme": "ambito", "value": "LE/1", "domain": "social"},
        "settings": {"base_url": "http://127.0.0.1:1"},
        "jobs": {"pacts": {"every": "60s"}, "out": {"feed": "pacts"}},
    }
    known = settings(ambito_le_1=partner("ambito", "LE/1", feeds=["pacts"]))
    part = cast(known, SandboxSettings(), {"ambito_le_1": double}, stand_ins(known, TELLERS), lambda *_: False).parts[
        "ambito_le_1"
    ]

    assert part.feeds == ("pacts",)
    assert part.settings == double["settings"]
    assert list(part.jobs) == ["pacts"]
    assert part.jobs["pacts"].every is None


@pytest.mark.parametrize(("name", "feed"), [("nobody", "pacts"), ("lecce", "movements")])
def test_a_receiver_that_belongs_to_nobody_is_a_mistake_with_its_place(name, feed):
    known = settings(lecce=partner("ambito", "LE/1", feeds=["pacts"]))
    hook = {"url": "https://prova.example/hook", "secrets": {"env": "X"}}
    own = SandboxSettings.model_validate({"receivers": {name: {feed: hook}}})

    with pytest.raises(WrongSettings, match=f"receivers.{name}.{feed}"):
        cast(known, own, {}, {}, lambda *_: False)
