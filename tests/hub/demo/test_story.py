"""The invented world of a demonstration is written down once, and told again as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from patto_connectors.ports import World
from patto_hub.demo.story import WrongWorld, story_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 5, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    def made(text):
        file = tmp_path / "world.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return made


def test_the_story_ends_today_and_stays_the_same_from_start_to_start(tmp_path):
    first = story_in(tmp_path, World(now=lambda: NOW), None)
    again = story_in(tmp_path, World(now=lambda: LATER), None)

    assert first.world.ends_on == date(2026, 3, 2)
    assert (first.began, first.calendar.starts_on) == (NOW, first.world.starts_on)
    assert again == first


def test_size_rates_and_pace_are_settings(tmp_path, settings):
    file = settings('[world]\npeople = 3\nambiti = ["LE/1"]\n[world.rates]\nlate = 0.5\n[calendar]\nday_seconds = 9\n')

    story = story_in(tmp_path, World(now=lambda: NOW), file)

    assert (story.world.people, story.world.rates.late, story.calendar.day_seconds) == (3, 0.5, 9.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[world", "TOML"),
        ("[people]\nx = 1\n", "people"),
        ("[world]\npeople = -1\n", "people"),
        ("[world.rates]\nlate = 2\n", r"rates\.late"),
        ('[world]\nambiti = ["XX/9"]\n', "XX/9"),
        ("world = 1\n", r"\[world\]"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path, settings, text, told):
    with pytest.raises(WrongWorld, match=told):
        story_in(tmp_path, World(now=lambda: NOW), settings(text))

    assert not (tmp_path / "world.json").exists()


def test_a_folder_with_a_story_takes_no_other(tmp_path, settings):
    story_in(tmp_path, World(now=lambda: NOW), None)

    with pytest.raises(WrongWorld, match=r"world\.json"):
        story_in(tmp_path, World(now=lambda: NOW), settings("[world]\npeople = 3\n"))
