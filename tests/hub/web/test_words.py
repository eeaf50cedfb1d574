from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter

import pytest

from patto_hub.balance import CLASSES
from patto_hub.clock.calendar import italy
from patto_hub.ledger.staff import Role
from patto_hub.web.groups import ORDER
from patto_hub.web.sentences import SENTENCES
from patto_hub.web.words import Words
from patto_schemas.issues import Owner

NOW = round(datetime(2026, 3, 12, 9, 30, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


def words(language="it"):
    return Words(language, NOW, italy())


def gaps(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_say_each_sentence_with_the_same_gaps(key):
    italian, english = SENTENCES[key]

    assert italian.strip()
    assert english.strip()
    assert gaps(italian) == gaps(english)


def test_every_sentence_that_the_pages_name_is_there_and_none_is_left_over(root):
    web = root / "hub/patto_hub/web"
    files = {*web.glob("*.py"), *web.glob("templates/*.html")} - {web / "sentences.py"}
    named = set(re.findall(r"""["']([a-z]+(?:\.[a-z_]+)+)["']""", "".join(path.read_text() for path in files)))
    built = {
        *(f"role.{role}" for role in Role.__args__),
        *(f"owner.{owner}" for owner in Owner),
        *(f"balance.{name}" for name in (*CLASSES, "read")),
        *(f"state.{state}" for state in ("on_time", "late", "failing", "paused", "never", "unknown", "unusable")),
        *(f"unusable.who.{fault}" for fault in ("settings", "plugin")),
        *(f"reason.{reason}" for reason in ("no_expectation", "balance_open", "clock_was_wrong")),
        *(f"volume.{volume}" for volume in ("low", "zero")),
        *(f"domain.{domain or 'other'}" for domain in ORDER),
        *(f"span.{unit}" for unit in ("day", "hour", "minute", "second")),
        *(f"run.state.{s}" for s in ("running", "done", "partial", "failed", "lost", "cancelled", "stopped")),
        *(f"run.reason.{reason}" for reason in ("schedule", "catch_up", "retry", "replay", "cli", "staff", "push")),
        *(f"row.state.{state}" for state in ("open", "fixed", "returned", "waived")),
        *(
            f"{kind}.{day}"
            for kind in ("when", "since")
            for day in ("today", "yesterday", "tomorrow", "day", "day.elided")
        ),
    }

    known = {key.removesuffix(".one") for key in SENTENCES}
    assert known - named - built == set()
    assert built - known == set()


@pytest.mark.parametrize(
    ("hours", "italian", "english"),
    [
        (0, "oggi alle 10:30", "today at 10:30"),
        (10, "oggi alle 00:30", "today at 00:30"),
        (11, "ieri alle 23:30", "yesterday at 23:30"),
        (-14, "domani alle 00:30", "tomorrow at 00:30"),
        (96, "l'8 marzo alle 10:30", "on 8 March at 10:30"),
        (72, "il 9 marzo alle 10:30", "on 9 March at 10:30"),
        (24 * 11, "il 1º marzo alle 10:30", "on 1 March at 10:30"),
        (24 * 365, "il 12 marzo 2025 alle 10:30", "on 12 March 2025 at 10:30"),
    ],
)
def test_instants_are_said_as_people_do(hours, italian, english):
    assert words().when(NOW - hours * HOUR) == italian
    assert words("en").when(NOW - hours * HOUR) == english
    assert words().when(NOW - hours * HOUR, seconds=True) == f"{italian}:00"


def test_since_takes_its_preposition_along():
    assert words().since(NOW) == "dalle 10:30 di oggi"
    assert words().since(NOW - 96 * HOUR) == "dall'8 marzo alle 10:30"
    assert words("en").since(NOW - 96 * HOUR) == "since 8 March at 10:30"


def test_numbers_and_one_of_a_thing_are_said_right():
    assert words()("balance.read", n=1204) == "1.204 record letti"
    assert words("en")("balance.read", n=1204) == "1,204 records read"
    assert words()("balance.read", n=1) == "1 record letto"
    assert [words().span(seconds) for seconds in (60, 7200, 86_400, 90)] == [
        "minuto",
        "2 ore",
        "giorno",
        "90 secondi",
    ]


def test_every_state_of_a_run_has_a_word(root):
    source = (root / "hub/patto_hub/ledger/tables.py").read_text()
    states = re.search(r"state IN \('running'([^)]*)\)", source).group(1)

    assert {f"run.state.{state}" for state in re.findall(r"'(\w+)'", states)} <= set(SENTENCES)
