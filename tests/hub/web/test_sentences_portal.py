"""The portal's sentences: both languages, none missing, none left over."""

from __future__ import annotations

import re
from string import Formatter
from typing import get_args

import pytest

from patto_hub.balance import CLASSES
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger.again import State as Replayed
from patto_hub.ledger.lanes import State as LaneState
from patto_hub.web.portal.records import LOOKS
from patto_hub.web.sentences import SENTENCES
from patto_hub.web.sentences_endings import ENDINGS
from patto_hub.web.sentences_portal import PORTAL
from patto_hub.web.sentences_problems import PROBLEMS
from patto_hub.web.sentences_rights import RIGHTS
from patto_hub.web.sentences_sending import SENDING
from patto_hub.web.words import ALL
from patto_schemas.issues import Owner

OURS = {**PORTAL, **SENDING, **RIGHTS}
JARGON = ("webhook", "cursore", "token", "job", "run", "quarantena", "record", "stream", "feed", "payload", "hash")
UNSAID = {"portal.way.webhook", "portal.replay.cursor", "portal.replay.cursor_hint"}
"""They name the thing as the partner's own programs do, beside a plain word."""


def gaps(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", OURS)
def test_both_languages_say_each_sentence_with_the_same_gaps(key):
    italian, english = OURS[key]

    assert italian.strip()
    assert english.strip()
    assert gaps(italian) == gaps(english)


@pytest.mark.parametrize("key", [key for key in OURS if key not in UNSAID])
def test_no_word_of_ours_is_asked_of_a_partner(key):
    words = set(re.findall(r"\w+", re.sub(r"{\w+}", "", OURS[key][0]).lower()))

    assert words.isdisjoint(JARGON)


def test_no_key_stands_twice():
    assert len(ALL) == sum(map(len, (SENTENCES, ENDINGS, PORTAL, SENDING, RIGHTS, PROBLEMS)))


def test_every_sentence_that_the_portal_names_is_there_and_none_is_left_over(root):
    web = root / "hub/patto_hub/web"
    files = {*web.glob("portal/*.py"), *web.glob("templates/portal/*.html")}
    texts = "".join(path.read_text("utf-8") for path in files)
    named = set(re.findall(r"""["'](portal(?:\.[a-z_]+)+)["']""", texts))
    heads = re.findall(r"own\.heads\(t, \(([^)]*)\)", texts)
    sections = re.search(r"for name, path in \((.*)\) %}", texts).group(1)
    built = {
        *(f"portal.column.{name}" for head in heads for name in re.findall(r'"(\w+)"', head)),
        *(f"portal.section.{name}" for name in re.findall(r'\("(\w+)", "', sections)),
        *(f"portal.class.{name}" for name in (*CLASSES, "read")),
        *(f"portal.tally.{name}" for name in (*CLASSES, "read")),
        *(f"portal.kind.{kind}" for feed in FEEDS for kind in feed.kinds),
        *(f"portal.owner.{owner}" for owner in Owner),
        *(f"portal.verdict.{name}" for name in ("quarantined", "refused", "parked")),
        *(f"portal.receipt.{name}_state" for name in LOOKS),
        *(f"portal.badge.{name}" for name in ("all", "behind", "brought")),
        *(f"portal.lane.{name}" for name in (*get_args(LaneState), "removed")),
        *(f"portal.lane.since_{name}" for name in get_args(LaneState) if name != "running"),
        *(f"portal.replay.{name}" for name in get_args(Replayed)),
        *(f"portal.delivery.{name}" for name in ("done", "partial", "failed")),
        *(f"portal.way.{name}" for name in ("webhook", "signals")),
        *(f"portal.scope.{name}" for name in ("push", "metrics")),
        *(f"portal.volume.{name}" for name in ("low", "zero")),
        *(f"portal.subscription.{name}" for name in ("full", "pseudonym")),
    }

    known = {key.removesuffix(".one") for key in OURS}
    assert known - named - built == set()
    assert (named | built) - known == set()
