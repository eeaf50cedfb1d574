from __future__ import annotations

import pytest

from patto_hub.client import patto_client


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (2, "PATTO_KEY")),
        ({"PATTO_KEY": "k", "PATTO_URL": "http://elsewhere.example/"}, (2, "https://")),
        ({"PATTO_KEY": "k", "PATTO_URL": "https://hub.example/rest"}, (1, "eseguire «pull»")),
    ],
    ids=["no key", "plain http", "no copy yet"],
)
def test_a_copy_is_verified_by_the_partners_program(terminal, tmp_path, monkeypatch, environment, expected):
    monkeypatch.chdir(tmp_path)
    for name in ("PATTO_KEY", "PATTO_KEY_FILE", "PATTO_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    said = terminal("feed", "verify", "pacts")

    assert (said.code, expected[1] in said.out) == (expected[0], True)


def test_what_is_wrong_and_where_the_copy_is_are_passed_on(terminal, tmp_path, monkeypatch):
    monkeypatch.setenv("PATTO_URL", "https://hub.example/rest")
    (tmp_path / "key").write_text("k\n")
    asked = []

    def verify(hub, copy):
        asked.append((hub.key, copy.feed, copy.db.execute("PRAGMA database_list").fetchone()[2]))
        copy.db.close()
        return [patto_client.Wrong("pact-3", "missing", None, 2)]

    monkeypatch.setattr(patto_client, "verify", verify)
    said = terminal(
        "feed", "verify", "pacts", "--copy", str(tmp_path / "copy.sqlite"), "--key-file", str(tmp_path / "key")
    )

    assert asked == [("k", "pacts", str(tmp_path / "copy.sqlite"))]
    assert (said.code, said.out.splitlines()[0]) == (1, "missing\tpact-3\t-\t2")
