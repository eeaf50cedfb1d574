import json
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from patto_connectors.singer.settings import Installed, ReadyMade, SingerSettings, written

SECRET = "c4n4ry-t0ken-0815"


@pytest.mark.parametrize(
    "package",
    [
        "tap-rest-api-msdk",
        "tap-rest-api-msdk>=1.4",
        "tap-rest-api-msdk==1.*",
        "tap-x @ https://partner.example/tap.whl",
        "--index-url=https://partner.example",
        "-r list.txt",
        "",
    ],
)
def test_a_package_is_named_with_its_version_and_nothing_else(package):
    with pytest.raises(ValidationError, match=r"tap-rest-api-msdk==1\.4\.2"):
        Installed(packages=(package,), folder=Path("taps"))


@pytest.mark.parametrize("executable", ["../tap", "bin/tap", "-c", "", "tap; ls"])
def test_a_program_is_a_name_in_the_environment(executable):
    with pytest.raises(ValidationError):
        SingerSettings(tap=ReadyMade(folder=Path("taps")), executable=executable, stream="pacts")


def test_the_configuration_never_shows_and_is_written_in_clear_for_the_tap():
    config = {"token": SecretStr(SECRET), "nested": [{"password": SecretStr(SECRET)}], "at": Path("a/b")}

    settings = SingerSettings(tap=ReadyMade(folder=Path("taps")), executable="tap-x", stream="pacts", config=config)

    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert json.loads(written(settings.config)) == {
        "token": SECRET,
        "nested": [{"password": SECRET}],
        "at": "a/b",
    }


@pytest.mark.parametrize(
    "value", [Decimal("1.5"), {1}, float("nan"), object()], ids=["decimal", "set", "nan", "object"]
)
def test_a_configuration_that_is_no_json_is_refused_before_the_tap_runs(value):
    with pytest.raises(ValidationError):
        SingerSettings(tap=ReadyMade(folder=Path("taps")), executable="tap-x", stream="pacts", config={"x": value})
