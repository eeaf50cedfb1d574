from __future__ import annotations

import json

import pytest

from patto_hub.client import patto_client, patto_proof


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


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, (2, "inutilizzabile")), ("{}", (1, "Non è una prova")), ('{"format": 1}', (1, "Non è una prova"))],
)
def test_a_proof_is_verified_by_the_program_for_third_parties(terminal, tmp_path, content, expected):
    file = tmp_path / "proof.json"
    if content is not None:
        file.write_text(content)

    said = terminal("feed", "proof", str(file))

    assert (said.code, expected[1] in said.out) == (expected[0], True)


def test_a_proof_is_compared_with_the_roots_that_were_kept(terminal, tmp_path, monkeypatch):
    (tmp_path / "proof.json").write_text("{}")
    (tmp_path / "roots.ndjson").write_text("")
    asked = []

    def verify(proof, kept):
        asked.append((proof, kept))
        return ["said"]

    monkeypatch.setattr(patto_proof, "verify", verify)
    said = terminal("feed", "proof", str(tmp_path / "proof.json"), "--roots", str(tmp_path / "roots.ndjson"), "--json")

    assert (said.code, asked) == (0, [({}, [])])
    assert json.loads(said.out)["holds"] is True
