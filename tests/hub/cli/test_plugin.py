from __future__ import annotations

from patto_hub.cli.shell import Exit


def test_F67_a_broken_plugin_is_listed_with_its_reason(patto, shelf) -> None:
    shelf.install("broken", "raise RuntimeError('no')")

    said = patto("plugin", "list", "--json")

    found = {each["name"]: each for each in said.json}
    assert said.code == Exit.OK
    assert (found["broken"]["state"], found["broken"]["code"]) == ("not_loaded", "import")
    assert "RuntimeError" in found["broken"]["traceback"]
    assert (found["notes"]["state"], found["notes"]["connectors"]) == ("loaded", ["notes"])


def test_F67_a_plugin_is_switched_off_and_on_without_being_imported(patto, shelf, office) -> None:
    shelf.install("deadly", "import os; os._exit(9)")

    assert patto("plugin", "disable", "deadly", "--reason", "ferma tutto").code == Exit.OK
    listed = patto("plugin", "list")
    assert patto("plugin", "enable", "deadly").code == Exit.OK
    again = patto("plugin", "enable", "deadly")

    assert "ferma tutto" in listed.out
    assert "non era disattivato" in again.out
    assert not (office.folder / "data" / "ledger.db").exists()


def test_plugins_are_listed_even_if_the_settings_cannot_be_read(terminal, shelf, tmp_path) -> None:
    shelf.install("notes", "")

    said = terminal("--config", str(tmp_path / "none.toml"), "plugin", "list")

    assert said.code == Exit.OK
    assert "notes" in said.out
    assert "none.toml" in said.err


def test_F67_a_plugin_is_switched_off_and_on_without_any_settings(terminal, shelf, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    shelf.install("deadly", "import os; os._exit(9)")
    bare = ("--config", str(tmp_path / "none.toml"))

    off = terminal(*bare, "plugin", "disable", "deadly", "--reason", "ferma tutto")
    listed = terminal(*bare, "plugin", "list")
    on = terminal(*bare, "plugin", "enable", "deadly")

    assert (off.code, listed.code, on.code) == (Exit.OK, Exit.OK, Exit.OK)
    assert "ferma tutto" in listed.out
    assert "none.toml: il file non c'è" in off.err
    assert str(tmp_path / "share" / "patto") in off.err


def test_switching_tells_programs_what_is_now_so(patto, shelf) -> None:
    shelf.install("deadly", "import os; os._exit(9)")

    off = patto("plugin", "disable", "deadly", "--reason", "ferma tutto", "--json").json
    on, again = (patto("plugin", "enable", "deadly", "--json").json for _ in range(2))

    assert off == {"name": "deadly", "enabled": False, "reason": "ferma tutto"}
    assert on == {"name": "deadly", "enabled": True, "changed": True}
    assert again == {"name": "deadly", "enabled": True, "changed": False}


def test_an_unknown_plugin_is_told_with_those_that_there_are(patto) -> None:
    said = patto("plugin", "disable", "nots")

    assert said.code == Exit.USAGE
    assert "notes" in said.err


def test_a_damaged_file_of_switches_is_named(patto, office) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data" / "plugins-off.json").write_text("{")

    said = patto("plugin", "list")

    assert said.code == Exit.CONFIG
    assert "plugins-off.json" in said.err
