from __future__ import annotations

import re
import shutil
import tomllib
from typing import TYPE_CHECKING, get_args

import pytest
from pydantic import BaseModel

from patto_hub.settings.read import example, read_settings
from patto_hub.settings.shape import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = re.compile(r"^#(?=[a-z_]+ = )", re.MULTILINE)


@pytest.fixture
def examples(root):
    return [root / "config" / "hub.example.toml", *sorted((root / "config" / "partners").glob("*.example.toml"))]


@pytest.fixture
def copied(examples, tmp_path):
    def copy(*, everything: bool):
        (tmp_path / "partners").mkdir()
        for file in examples:
            target = tmp_path / file.relative_to(examples[0].parent).with_name(file.name.replace(".example", ""))
            text = file.read_text(encoding="utf-8")
            target.write_text(SHOWN.sub("", text) if everything else text, encoding="utf-8")
        return tmp_path / "hub.toml"

    yield copy
    shutil.rmtree(tmp_path / "partners")


def test_the_example_that_is_shipped_is_the_one_of_the_project(examples) -> None:
    assert example() == examples[0].read_bytes()


@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "each shown key set"])
def test_the_example_files_are_right(copied, everything) -> None:
    settings = read_settings(copied(everything=everything), {}).settings

    assert "ambito_lecce" in settings.partners


def test_a_value_shown_in_an_example_is_the_one_that_holds_without_it(copied) -> None:
    file = copied(everything=True)
    shown = read_settings(file, {}).settings

    assert shown.log == type(shown.log)()
    assert shown.web == type(shown.web)()
    assert (
        shown.partners["ambito_lecce"].jobs["pacts"].limits
        == type(shown.partners["ambito_lecce"].jobs["pacts"].limits)()
    )


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        inner = [field.annotation, *get_args(field.annotation)]
        for each in inner:
            if isinstance(each, type) and issubclass(each, BaseModel):
                yield from keys(each)


def test_every_setting_is_shown_in_an_example(examples) -> None:
    text = "".join(SHOWN.sub("", file.read_text(encoding="utf-8")) for file in examples)

    assert "vanish_share" in set(keys(Settings))
    assert [key for key in keys(Settings) if not re.search(rf"\b{key}\b", text)] == []


def test_the_partner_example_is_toml(examples) -> None:
    assert tomllib.loads(examples[1].read_text(encoding="utf-8"))["plugin"] == "social_districts"
