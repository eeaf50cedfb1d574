"""What every plugin keeps, whoever wrote it: each that is installed, and each of its streams."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

import patto_schemas.model
from patto_hub.extensions.found import installed
from patto_hub.extensions.load import load
from patto_schemas.model.base import Entity

EXTENSIONS = load(installed(), off={})
PLUGINS = sorted(EXTENSIONS.loaded)
STREAMS = {f"{name}/{each.name}": each for name in PLUGINS for each in EXTENSIONS.loaded[name].connectors}
KINDS = {
    each.kind
    for _, each in inspect.getmembers(patto_schemas.model, inspect.isclass)
    if issubclass(each, Entity) and each.__dict__.get("kind")
}
ROOT = Path(__file__).resolve().parent.parent.parent
ONE_PAGE = 130
"""Lines of a partner's sheet at most."""


@pytest.fixture(params=PLUGINS)
def plugin(request):
    """Each plugin."""
    return EXTENSIONS.loaded[request.param]


@pytest.fixture
def folder(plugin):
    return Path(importlib.import_module(plugin.found.module).__file__).parent


@pytest.fixture(params=STREAMS)
def stream(request):
    """Each stream of each plugin."""
    return STREAMS[request.param]


def test_all_that_is_installed_is_loaded():
    assert {name: each.values for name, each in EXTENSIONS.not_loaded.items()} == {}
    assert len(PLUGINS) >= 5


def test_it_explains_itself_to_engineers_and_to_partners(folder):
    readme, sheet = ((folder / name).read_text("utf-8") for name in ("README.md", "SCHEDA.md"))

    assert readme.startswith("# ")
    assert sheet.startswith("# ")
    assert "```python" in readme, "an example that runs"
    assert re.search(r"\b(il|la|le|gli|per|che)\b", sheet), "the sheet is Italian"
    assert len(sheet.splitlines()) <= ONE_PAGE


def test_it_names_each_of_its_streams_to_engineers(plugin, folder):
    readme = (folder / "README.md").read_text("utf-8")

    assert [each.name for each in plugin.connectors if not re.search(rf"\b{each.name}\b", readme)] == []


def test_each_thing_that_it_keeps_is_proved_by_tests_that_there_are(folder):
    quality = tomllib.loads((folder / "quality.toml").read_text("utf-8"))

    assert {"samples", "words_documented", "faults", "resume", "offline"} <= quality["kept"].keys()
    for name, proof in quality["kept"].items():
        place, _, why = proof.partition(": ")
        first, *others = place.split(", ")
        assert (ROOT / first).exists(), f"{name}: there is no {first}"
        beside = (ROOT / first).parent
        assert [each for each in others if not ((beside / each).is_file() or (ROOT / each).exists())] == [], name
        assert why or place == proof, name
    assert all(len(reason) > 20 for reason in quality.get("does_not_apply", {}).values())


def test_each_sample_that_goes_in_has_what_comes_out(folder):
    into, out = (sorted((folder / "samples" / name).iterdir()) for name in ("in", "out"))
    stems = {re.sub(r"[._].*", "", path.name) for path in out}

    assert into
    assert [path.name for path in into if re.sub(r"[._].*", "", path.name) not in stems] == []
    assert all(path.stat().st_size for path in (*into, *out))


def test_its_samples_are_reproduced_by_the_test_that_it_names(folder):
    quality = tomllib.loads((folder / "quality.toml").read_text("utf-8"))
    test = (ROOT / quality["kept"]["samples"].partition(":")[0]).read_text("utf-8")

    assert "samples" in test
    assert re.search(r"\bout\b", test), "what comes out is compared"


def test_a_stream_says_what_it_is_in_both_languages(stream):
    assert stream.summary.keys() == {"it", "en"}
    assert stream.summary["it"] != stream.summary["en"]
    assert all(3 < len(text) <= 80 and not text.endswith(".") for text in stream.summary.values())


def test_a_stream_either_reads_kinds_that_there_are_or_writes(stream):
    if stream.reads:
        assert stream.translate is not None
        assert stream.kinds
        assert set(stream.kinds) <= KINDS
    else:
        assert stream.sink is not None
        assert stream.kinds == ()


def test_settings_are_strict_and_each_one_is_described(stream):
    schema = stream.settings.model_json_schema()

    assert issubclass(stream.settings, BaseModel)
    assert stream.settings.model_config.get("extra") == "forbid", "a misspelt setting is an error"
    assert undescribed(schema) == []


def undescribed(schema):
    """Give the settings that neither say what they are nor are a described part."""
    parts = schema.get("$defs", {})
    return [
        f"{owner}.{name}"
        for owner, part in {"": schema, **parts}.items()
        for name, member in part.get("properties", {}).items()
        if not (member.get("description") or "const" in member or described(member, parts))
    ]


def described(member, parts):
    """Say whether a member refers to a part that is described."""
    if "$ref" in member:
        return bool(parts[member["$ref"].rpartition("/")[2]].get("description"))
    return any(described(each, parts) for each in member.get("anyOf", member.get("oneOf", ())))


def test_secrets_are_marked_so_that_nobody_shows_them(stream):
    schema = stream.settings.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    members = {name: member for part in parts for name, member in part.get("properties", {}).items()}

    open_words = {name for name in members if re.search(r"password|secret|token$", name)}
    assert [name for name in open_words if "writeOnly" not in str(members[name])] == []
