"""The list of what the audit tells is whole: an action that is not in it could be read by nobody."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import patto_hub
from patto_hub.ledger.audited import ACTIONS, meaning
from patto_hub.web import shown

WRITING = re.compile(r"(audit\.append|at\.write|_note)")
NAME = re.compile(r"[a-z]+\.[a-z_]+")


def written():
    """Give the actions that the hub's sources write into the audit."""
    found = {shown.READ}
    for path in Path(patto_hub.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and any(
                WRITING.fullmatch(ast.unparse(each)) for each in (node.func, *node.args)
            ):
                found |= {
                    each.value
                    for arg in node.args
                    for each in ([arg.body, arg.orelse] if isinstance(arg, ast.IfExp) else [arg])
                    if isinstance(each, ast.Constant) and NAME.fullmatch(str(each.value))
                }
    return found


def test_every_action_that_is_written_is_explained_and_no_other() -> None:
    assert written() == set(ACTIONS)


def test_an_action_of_another_version_is_called_by_its_name() -> None:
    assert (meaning("key.make", "it"), meaning("key.make", "en")) == (
        "Creata una chiave di un partner",
        "A partner's key was made",
    )
    assert meaning("moon.rise", "it") == "moon.rise"
