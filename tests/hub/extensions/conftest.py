from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from patto_hub.extensions.found import Found, installed

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
    from pydantic import BaseModel
    from patto_hub import Connector, hookimpl

    class Settings(BaseModel):
        base_url: str

    @hookimpl
    def register_connectors():
        return [Connector(name="pacts", settings=Settings)]
"""


@dataclass
class Shelf:
    """A folder on the import path where tests install plugins as real distributions."""

    folder: Path

    def install(
        self, name: str, code: str = GOOD, *, distribution: str = "", requires: str = "", version: str = "1.0"
    ) -> str:
        module = f"plugin_{uuid4().hex}"
        (self.folder / f"{module}.py").write_text(dedent(code), encoding="utf-8")
        distribution = distribution or f"patto-{name}"
        metadata = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        if requires:
            lines.append(f"Requires-Dist: {requires}")
        (metadata / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[patto]\n{name} = {module}\n", encoding="utf-8")
        return module

    @property
    def found(self) -> tuple[Found, ...]:
        importlib.invalidate_caches()
        return installed([str(self.folder)])


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    before = set(sys.modules)
    yield Shelf(folder)
    for module in set(sys.modules) - before:
        if module.startswith("plugin_"):
            del sys.modules[module]
