from __future__ import annotations

from patto_hub.extensions.probe import probe
from patto_hub.extensions.start import FILE, load_for_start
from patto_hub.extensions.words import why_not_loaded


def test_F61_a_plugin_that_ends_its_process_is_described_all_the_same(shelf) -> None:
    shelf.install("deadly", "import os; os._exit(7)")
    shelf.install("good")
    shelf.install("off", "raise AssertionError('imported')")

    said = {each["name"]: each for each in probe(shelf.found, {"off": "guasto"})}

    assert said["deadly"]["state"] == "not_loaded"
    assert "7" in said["deadly"]["values"]["why"]
    assert (said["good"]["state"], said["good"]["connectors"]) == ("loaded", ["pacts"])
    assert said["off"]["state"] == "off"


def test_a_plugin_that_prints_at_import_is_described(shelf) -> None:
    shelf.install("loud", "print('hello')\nraise ValueError('no')")

    (said,) = probe(shelf.found, {})

    assert said["code"] == "import"
    assert "ValueError" in said["traceback"]


def test_F61_the_plugin_at_which_the_last_start_died_is_left_out_of_this_one(shelf, tmp_path) -> None:
    shelf.install("deadly", "import os; os._exit(7)")
    shelf.install("good")
    (tmp_path / FILE).write_text("deadly\n")

    extensions = load_for_start(tmp_path, plugins=shelf.found)

    assert list(extensions.loaded) == ["good"]
    assert extensions.not_loaded["deadly"].code == "import"
    assert (tmp_path / FILE).read_text() == "deadly\n"


def test_a_start_that_died_for_another_reason_leaves_no_plugin_out(shelf, tmp_path) -> None:
    shelf.install("good")
    (tmp_path / FILE).write_text("good\n")

    extensions = load_for_start(tmp_path, plugins=shelf.found)

    assert list(extensions.loaded) == ["good"]
    assert not (tmp_path / FILE).exists()


def test_each_reason_is_said_in_both_languages() -> None:
    for code in ("off", "import", "version", "duplicate", "hook", "declaration"):
        values = {"why": "x", "wants": "1", "hub": "2", "name": "n", "other": "o", "hook": "h", "reason": "r"}
        assert why_not_loaded(code, values, "it") != why_not_loaded(code, values, "en")


def test_F62_a_plugin_whose_import_never_ends_is_described(shelf, monkeypatch) -> None:
    monkeypatch.setattr("patto_hub.extensions.probe.TIME_S", 3.0)
    shelf.install("hangs", "import time; time.sleep(600)")

    (said,) = probe(shelf.found, {})

    assert (said["state"], said["code"], said["values"]["why"]) == ("not_loaded", "import", "> 3 s")
