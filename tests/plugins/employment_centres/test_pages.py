"""The partner's page and the README say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import patto_plugins.employment_centres as plugin
from patto_connectors.asking import Pace
from patto_plugins.employment_centres import sap, unilav
from patto_plugins.employment_centres.fake_centre import NEEDED, NEEDED_OF_POLICY
from patto_plugins.employment_centres.settings import CentreSettings, Rdc, Sap, Sil

FOLDER = Path(plugin.__file__).parent


def read(name):
    return (FOLDER / name).read_text("utf-8")


def test_readme_lists_every_setting():
    parts = {"sap": Sap, "rdc": Rdc, "sil": Sil, "pace": Pace}
    names = [f"{part}.{name}" for part, model in parts.items() for name in model.model_fields]

    assert set(CentreSettings.model_fields) == set(parts)
    assert [name for name in names if f"`{name}`" not in read("README.md")] == []


def test_readme_names_every_stream_and_check():
    named = [each.name for each in plugin.register_connectors()] + [each.rule for each in plugin.register_checks()]

    assert [name for name in named if f"`{name}`" not in read("README.md")] == []


def test_readme_example_runs(capsys):
    code = re.search(r"```python\n(.*?)```", read("README.md"), re.DOTALL)[1]

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page

    assert re.fullmatch(r"[1-9]\d*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    "names", [sap.POLICY, sap.PERSONAL, unilav.FIELDS, [path.split("/")[-1] for path in (*NEEDED, *NEEDED_OF_POLICY)]]
)
def test_partner_page_lists_every_field(names):
    assert [name for name in names if f"`{name}`" not in read("SCHEDA.md")] == []
