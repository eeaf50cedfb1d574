"""The sandbox's own settings, and what is wrong with them, with the line."""

from __future__ import annotations

import pytest

from patto_hub.sandbox.settings import PORT, read_sandbox_settings
from patto_hub.settings.mistakes import WrongSettings


def test_without_a_file_it_listens_beside_the_hub_and_tells_nobody():
    found = read_sandbox_settings(None)

    assert (found.web.host, found.web.port, found.receivers) == ("127.0.0.1", PORT, {})


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("[wrold]\npeople = 2\n", 1, "world"),
        ("[world]\npeople = 0\n", 2, "1"),
        ('[world]\nambiti = ["LE/1", "ZZ/9"]\n', 2, "ZZ/9"),
        ('[receivers.lecce.pacts]\nurl = "http://10.1.2.3/x"\nsecrets = { env = "X" }\n', 1, "https"),
        ("[world\n", 0, "TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, line, word):
    file = tmp_path / "sandbox.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(WrongSettings) as wrong:
        read_sandbox_settings(file)

    assert word in wrong.value.mistakes[0].en
    assert wrong.value.mistakes[0].place.line == line


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WrongSettings, match=r"none\.toml"):
        read_sandbox_settings(tmp_path / "none.toml")
