from __future__ import annotations

import pytest

from patto_hub.extensions.load import load
from patto_hub.extensions.words import why_not_loaded

IMPORT_FAULTS = {
    "an error": "raise RuntimeError('broken at import')",
    "a missing module": "import no_such_module_anywhere",
    "a syntax error": "def broken(:",
    "SystemExit": "raise SystemExit(3)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "a bare BaseException": "raise BaseException('bare')",
    "a generator's exit": "raise GeneratorExit",
}
SEVERAL = """
    from patto_hub import hookimpl
    @hookimpl
    def register_connectors():
        {body}
"""
UNFIT = {
    "no hook": ("x = 1", "hook"),
    "an unknown hook": ("from patto_hub import hookimpl\n@hookimpl\ndef register_conectors(): return []", "hook"),
    "a wrong signature": ("from patto_hub import hookimpl\n@hookimpl\ndef register_connectors(app): return []", "hook"),
    "a sync on_ hook": ("from patto_hub import hookimpl\n@hookimpl\ndef on_run_finished(outcome): pass", "hook"),
    "an async register_ hook": (
        "from patto_hub import hookimpl\n@hookimpl\nasync def register_connectors(): return []",
        "hook",
    ),
    "a wrapper": (
        "from patto_hub import hookimpl\n@hookimpl(wrapper=True)\ndef register_connectors():\n    return (yield)",
        "hook",
    ),
    "garbage declared": (
        "from patto_hub import hookimpl\n@hookimpl\ndef register_connectors(): return ['pacts']",
        "declaration",
    ),
    "None declared": ("from patto_hub import hookimpl\n@hookimpl\ndef register_connectors(): pass", "declaration"),
    "an exit while declaring": (
        "import sys\nfrom patto_hub import hookimpl\n@hookimpl\ndef register_connectors(): sys.exit(1)",
        "declaration",
    ),
    "an endless generator": (
        (
            "import itertools\nfrom patto_hub import hookimpl\n@hookimpl\n"
            "def register_connectors(): return itertools.repeat('x')"
        ),
        "declaration",
    ),
}
TWICE = """
    from pydantic import BaseModel
    from patto_hub import Connector, hookimpl

    @hookimpl
    def register_connectors():
        return [Connector(name="pacts", settings=BaseModel), Connector(name="pacts", settings=BaseModel)]
"""
CHECK = """
    from patto_hub import Check, hookimpl

    @hookimpl
    def register_checks():
        return [Check(rule="two_internships", find=lambda dossier: [])]
"""


def test_a_good_plugin_gives_its_connectors(shelf) -> None:
    shelf.install("good")

    extensions = load(shelf.found, off={})

    assert extensions.connector("good", "pacts").name == "pacts"
    assert extensions.connector("good", "other") is None
    assert extensions.connector("absent", "pacts") is None
    assert not extensions.not_loaded


@pytest.mark.parametrize("fault", IMPORT_FAULTS)
def test_F61_F67_a_plugin_that_fails_at_import_is_left_out_with_its_traceback(shelf, fault) -> None:
    module = shelf.install("bad", IMPORT_FAULTS[fault])
    shelf.install("good")

    extensions = load(shelf.found, off={})

    assert list(extensions.loaded) == ["good"]
    verdict = extensions.not_loaded["bad"]
    assert verdict.code == "import"
    assert module in verdict.traceback
    assert "guard.py" not in verdict.traceback


def test_F62_F67_a_plugin_whose_import_never_ends_is_left_out_and_names_its_line(shelf, monkeypatch) -> None:
    monkeypatch.setattr("patto_hub.extensions.load.IMPORT_S", 0.2)
    module = shelf.install("hangs", "import time\ntime.sleep(600)")
    shelf.install("good")

    extensions = load(shelf.found, off={})

    assert list(extensions.loaded) == ["good"]
    verdict = extensions.not_loaded["hangs"]
    assert (verdict.code, "TimeoutError" in verdict.values["why"]) == ("import", True)
    assert f"{module}.py" in verdict.traceback


@pytest.mark.parametrize("fault", UNFIT)
def test_F67_a_plugin_that_does_not_fit_is_rolled_back_whole(shelf, fault) -> None:
    code, expected = UNFIT[fault]
    shelf.install("bad", code)
    shelf.install("good")

    extensions = load(shelf.found, off={})

    assert extensions.not_loaded["bad"].code == expected
    assert [name for name, _ in extensions.hooks.list_name_plugin()] == ["good"]
    for caller in extensions.hooks.get_hookcallers(extensions.loaded["good"].module):
        assert [each.plugin_name for each in caller.get_hookimpls()] == ["good"]


def test_F67_a_half_registered_plugin_leaves_nothing_behind(shelf) -> None:
    shelf.install("bad", CHECK + TWICE.replace("from patto_hub import Connector, hookimpl", "from patto_hub import *"))

    extensions = load(shelf.found, off={})

    assert extensions.not_loaded["bad"].code == "duplicate"
    assert extensions.checks == ()
    assert not extensions.hooks.get_plugins()


def test_F67_a_name_taken_by_another_distribution_is_left_out(shelf) -> None:
    shelf.install("catalogue", distribution="aaa-late")
    shelf.install("catalogue", distribution="patto")

    extensions = load(shelf.found, off={})

    assert extensions.loaded["catalogue"].found.distribution == "patto"
    verdict = extensions.not_loaded["catalogue@aaa-late"]
    assert (verdict.code, verdict.values["other"]) == ("duplicate", "patto")


def test_F67_a_rule_declared_by_two_plugins_belongs_to_the_first(shelf) -> None:
    shelf.install("a", CHECK)
    shelf.install("b", CHECK)

    extensions = load(shelf.found, off={})

    assert [check.rule for check in extensions.checks] == ["two_internships"]
    assert extensions.not_loaded["b"].values == {"name": "check two_internships", "other": "a"}


@pytest.mark.parametrize("requires", ["patto>=99", "patto==0.0.1"])
def test_F67_a_plugin_for_another_version_is_left_out_without_being_imported(shelf, requires) -> None:
    shelf.install("future", "raise AssertionError('imported')", requires=requires)

    extensions = load(shelf.found, off={})

    assert extensions.not_loaded["future"].code == "version"
    assert not extensions.not_loaded["future"].traceback


def test_F67_a_module_may_say_which_hub_it_wants(shelf) -> None:
    shelf.install("future", "REQUIRES_HUB = '>=99'")

    assert load(shelf.found, off={}).not_loaded["future"].code == "version"


def test_a_requirement_that_fits_is_no_hindrance(shelf) -> None:
    shelf.install("good", requires="patto>=0.1,<2")

    assert list(load(shelf.found, off={}).loaded) == ["good"]


def test_a_plugin_switched_off_is_not_imported(shelf) -> None:
    shelf.install("bad", "raise AssertionError('imported')")

    extensions = load(shelf.found, off={"bad": "rompe il flusso"})

    assert extensions.not_loaded["bad"].code == "off"
    assert "rompe il flusso" in why_not_loaded("off", extensions.not_loaded["bad"].values, "it")


def test_a_traceback_holds_no_tax_code(shelf) -> None:
    shelf.install("bad", "raise ValueError('persona RSSMRA80A01H501U')")

    verdict = load(shelf.found, off={}).not_loaded["bad"]

    assert "RSSMRA80A01H501U" not in verdict.traceback + str(verdict.values)
