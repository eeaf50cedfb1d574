"""Who did what can be listed, taken away as a file, and verified where there is no ledger."""

from __future__ import annotations

import json

import pytest

from patto_hub.cli.shell import Exit


@pytest.fixture
def used(patto, office):
    """An office that has been worked with; gives its folder."""
    patto("job", "pause", "office/notes", "--reason", "prova")
    patto("job", "resume", "office/notes")
    return office.folder


@pytest.fixture
def exported(patto, used, tmp_path):
    file = tmp_path / "audit.ndjson"
    told = patto("audit", "export", str(file), "--json")
    return file, told.json


def test_the_newest_stands_first_in_the_language_of_the_call(patto, used) -> None:
    italian, english = patto("audit", "list"), patto("--lang", "en", "audit", "list", "--json")

    assert [each["action"] for each in english.json] == ["job.resume", "job.pause"]
    assert italian.out.index("Ripreso un flusso") < italian.out.index("Sospeso un flusso")
    assert "A stream was paused" in patto("--lang", "en", "audit", "list").out


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--action", "job.pause"], [1]),
        (["--action", "job"], [2, 1]),
        (["--action", "feed"], []),
        (["--actor", "cli:"], [2, 1]),
        (["--actor", "partner:"], []),
        (["--subject", "office/notes", "--limit", "1"], [2]),
        (["--subject", "office"], []),
        (["--before", "2"], [1]),
    ],
)
def test_a_list_is_narrowed(patto, used, options, numbers) -> None:
    assert [each["n"] for each in patto("audit", "list", "--json", *options).json] == numbers


def test_an_export_is_whole_is_noted_itself_and_belongs_to_its_owner(patto, exported) -> None:
    file, told = exported
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    assert [each["action"] for each in lines] == ["job.pause", "job.resume", "audit.export"]
    assert (told["entries"], told["head"]) == (3, lines[-1]["hash"])
    assert file.stat().st_mode & 0o077 == 0
    assert patto("audit", "export", str(file)).code == Exit.USAGE


def test_an_export_is_verified_without_a_ledger_or_settings(patto, exported, tmp_path) -> None:
    file, told = exported
    said = patto(
        "--config", str(tmp_path / "none.toml"), "audit", "verify", str(file), "--head", told["head"], "--json"
    )

    assert (said.code, said.json) == (Exit.OK, {"entries": 3, "head": told["head"]})
    assert "intatto (voci: 3" in patto("audit", "verify", str(file)).out


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda lines: [lines[0].replace("prova", "altro"), *lines[1:]], "la voce 1"),
        (lambda lines: [lines[0], lines[2]], "la voce 3"),
        (lambda lines: lines[1:], "la voce 2"),
        (lambda lines: lines[:2], "manca la voce annotata"),
        (lambda lines: [*lines, "{}"], "non è un audit esportato"),
        (lambda lines: [lines[0][:40], *lines[1:]], "non è un audit esportato"),
    ],
    ids=["changed", "one taken out", "the first cut off", "the last cut off", "something else", "broken off"],
)
def test_a_harmed_export_is_told(patto, exported, harm, words) -> None:
    file, told = exported
    file.write_text("\n".join(harm(file.read_text("utf-8").splitlines())), "utf-8")
    said = patto("audit", "verify", str(file), "--head", told["head"])

    assert said.code == Exit.FAILED
    assert words in said.err
    assert "Traceback" not in said.err
