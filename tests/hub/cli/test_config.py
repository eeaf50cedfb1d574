from __future__ import annotations

from patto_hub.cli.shell import Exit


def test_settings_in_order_are_said_to_be(patto) -> None:
    said = patto("config", "check")

    assert (said.code, said.out) == (Exit.OK, "Le impostazioni sono corrette.\n")


def test_a_mistake_in_a_partners_own_settings_is_found(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace("folder =", "flder ="))

    said = patto("config", "check", "--json")

    assert said.code == Exit.CONFIG
    assert any("forse intendevi «folder»?" in each and "hub.toml:12" in each for each in said.json["mistakes"])


def test_a_plugin_that_is_not_there_is_found(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace('plugin = "notes"', 'plugin = "nots"'))

    said = patto("--lang", "en", "config", "check")

    assert said.code == Exit.CONFIG
    assert "the plugin 'nots' is not installed" in said.err


def test_a_stream_that_the_plugin_has_not_is_found(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace("jobs.notes", "jobs.letters"))

    assert "non ha questo flusso; ha: notes" in patto("config", "check").err


def test_a_feed_that_does_not_exist_is_found(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace('"catalogue"', '"catalog"'))

    said = patto("config", "check")

    assert said.code == Exit.CONFIG
    assert "il flusso «catalog» non esiste" in said.err


def test_a_time_that_one_night_of_the_year_lacks_is_a_warning(patto, office) -> None:
    office.config.write_text(office.config.read_text().replace('every = "1h"', 'cron = "*/10 2 * * *"'))

    said = patto("config", "check", "--json")

    assert said.code == Exit.OK
    assert len(said.json["warnings"]) == 1


def test_an_example_is_written_that_is_in_order_and_never_over_a_file(terminal, tmp_path) -> None:
    file = tmp_path / "etc" / "hub.toml"

    made = terminal("config", "init", str(file))
    content = file.read_bytes()
    file.write_bytes(content + b"# mine")
    again = terminal("config", "init", str(file))

    assert made.code == Exit.OK
    assert str(file) in made.out
    assert again.code == Exit.USAGE
    assert "resta com'è" in again.err
    assert file.read_bytes() == content + b"# mine"
    assert terminal("--config", str(file), "config", "check").code == Exit.OK


def test_a_place_that_cannot_be_written_is_one_sentence(terminal, tmp_path) -> None:
    (tmp_path / "etc").write_text("no folder")

    said = terminal("config", "init", str(tmp_path / "etc" / "hub.toml"))

    assert said.code in {Exit.CONFIG, Exit.USAGE}
    assert "Traceback" not in said.err
    assert "hub.toml" in said.err


def test_settings_that_are_missing_are_told_with_how_to_make_them(terminal, tmp_path) -> None:
    said = terminal("--config", str(tmp_path / "hub.toml"), "config", "check")

    assert said.code == Exit.CONFIG
    assert "patto config init" in said.err
