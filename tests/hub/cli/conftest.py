from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from patto_hub.cli.main import run


@dataclass
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Terminal:
    """Runs commands in this process."""

    capture: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def __call__(self, *arguments: str) -> Said:
        self.capture.readouterr()
        code = run([*self.options, *arguments], self.environment)
        captured = self.capture.readouterr()
        return Said(code, captured.out, captured.err)


@pytest.fixture
def quiet():
    """Give the logging of the process back as it was: commands set it up for themselves."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def terminal(capsys, quiet) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def patto(capsys, quiet, office) -> Terminal:
    """The command line of an office whose settings are in order."""
    return Terminal(capsys, options=("--config", str(office.config)))
