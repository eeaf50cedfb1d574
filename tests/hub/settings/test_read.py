from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.read import config_file, read_settings, stream_settings
from patto_schemas.model.base import Name


class Api(BaseModel, extra="forbid"):
    """A plugin's settings."""

    base_url: str
    token: SecretStr
    page_size: int = 100


PARTNER = """
plugin = "social_districts"
organisation = { scheme = "ambito", value = "LE/1" }
[settings]
base_url = "https://x.example"
token = { env = "LECCE_TOKEN" }
[jobs.pacts]
every = "15m"
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "hub.toml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return tmp_path / "hub.toml"

    return write


def sentences(file: Path, language: str = "it", **environment: str) -> list[str]:
    with pytest.raises(WrongSettings) as caught:
        read_settings(file, environment)
    return [mistake.sentence(language).replace(str(file.parent) + "/", "") for mistake in caught.value.mistakes]


def test_an_empty_file_gives_the_defaults(write) -> None:
    settings = read_settings(write(""), {}).settings

    assert (settings.web.host, settings.web.port, settings.hub.time_zone) == ("127.0.0.1", 8080, "Europe/Rome")


def test_a_typo_is_named_with_its_line_and_the_nearest_right_key(write) -> None:
    file = write('[hub]\nlanguage = "it"\n\n[web]\nhost = "127.0.0.1"\nprot = 80\n')

    assert sentences(file) == ["hub.toml:6: web.prot: chiave sconosciuta; forse intendevi «port»?"]
    assert sentences(file, "en") == ["hub.toml:6: web.prot: unknown key; did you mean 'port'?"]


def test_a_key_like_no_other_gets_the_list_of_right_ones(write) -> None:
    assert sentences(write("[log]\nzzz = 1\n")) == [
        "hub.toml:2: log.zzz: chiave sconosciuta; qui si può scrivere: level, format"
    ]


def test_all_mistakes_are_told_at_once(write) -> None:
    file = write('[hub]\ntime_zone = "Europe/Roma"\n[web]\nport = "ottanta"\n[log]\nlevel = "loud"\n[pippo]\na = 1\n')

    assert sentences(file) == [
        "hub.toml:2: hub.time_zone: serve un fuso orario, come «Europe/Rome»",
        "hub.toml:4: web.port: serve un numero intero, come 8080",
        "hub.toml:6: log.level: valori ammessi: 'debug', 'info', 'warning' or 'error'",
        "hub.toml:7: pippo: chiave sconosciuta; qui si può scrivere: hub, web, log, partners",
    ]


def test_deep_typos_are_named_too(write) -> None:
    file = write('[partners.lecce]\nplugin = "p"\nscope = "any"\n[partners.lecce.jobs.pacts.limits]\nrecrods = 5\n')

    assert sentences(file) == [
        "hub.toml:5: partners.lecce.jobs.pacts.limits.recrods: chiave sconosciuta; forse intendevi «records»?"
    ]


def test_a_typo_in_an_inline_table_has_the_line_of_its_table(write) -> None:
    file = write('\n[partners.lecce]\norganisation = { sheme = "ambito", value = "LE/1" }\n')

    assert sentences(file) == [
        "hub.toml:3: partners.lecce.organisation.scheme: manca questa chiave obbligatoria",
        "hub.toml:3: partners.lecce.organisation.sheme: chiave sconosciuta; forse intendevi «scheme»?",
    ]


def test_broken_toml_is_told_with_its_line(write) -> None:
    (sentence,) = sentences(write("[hub]\nlanguage = \n"))

    assert sentence.startswith("hub.toml:2: non è TOML valido:")


def test_a_missing_file_says_how_to_name_or_make_it(tmp_path) -> None:
    (said,) = sentences(tmp_path / "hub.toml")

    assert said.startswith("hub.toml: il file non c'è: indicarlo con --config o PATTO_CONFIG")
    assert said.endswith("patto config init")


def test_one_line_is_enough_to_begin(write):
    assert read_settings(write("[hub]"), {}).settings.partners == {}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ('cron = "30 2 * *"', "servono cinque campi"),
        ('every = "15"', "serve una durata"),
        ('every = "15m"\ncron = "30 2 * * *"', "non entrambi"),
        ('isolation = "docker"', "valori ammessi: 'inline' or 'worker'"),
        ("[partners.lecce.jobs.pacts.limits]\nstop_at_share = 5", "deve essere al più 1"),
    ],
)
def test_a_wrong_plan_is_told_with_a_right_example(write, job, expected) -> None:
    file = write(f'[partners.lecce]\nplugin = "p"\nscope = "any"\n[partners.lecce.jobs.pacts]\n{job}\n')

    (sentence,) = sentences(file)

    assert expected in sentence


def test_a_partner_that_speaks_must_say_for_whom(write) -> None:
    (sentence,) = sentences(write('[partners.lecce]\nplugin = "p"\n[partners.lecce.jobs.pacts]\n'))

    assert "«organisation», oppure «scope»" in sentence


def test_each_partner_may_have_a_file_of_its_own(write) -> None:
    file = write("")
    write(PARTNER, "partners/lecce.toml")
    write("nonsense", "partners/other.example.toml")

    configuration = read_settings(file, {"LECCE_TOKEN": "s3cret"})

    part = configuration.settings.partners["lecce"]
    assert part.jobs["pacts"].every == 900
    assert part.organisation.value == "LE/1"


def test_a_typo_in_a_partners_file_names_that_file(write) -> None:
    file = write("")
    write(PARTNER.replace("every", "evry"), "partners/lecce.toml")

    assert sentences(file) == [
        "partners/lecce.toml:8: partners.lecce.jobs.pacts.evry: chiave sconosciuta; forse intendevi «every»?"
    ]


def test_a_partner_described_twice_is_a_mistake(write) -> None:
    file = write("[partners.lecce]\n")
    write(PARTNER, "partners/lecce.toml")

    (sentence,) = sentences(file)

    assert "già descritto in hub.toml:1" in sentence.replace(str(file.parent) + "/", "")


def test_the_environment_goes_before_the_file(write) -> None:
    file = write("[web]\nport = 80\n")
    environment = {
        "PATTO_WEB__PORT": "8081",
        "PATTO_PARTNERS__BARI__FEEDS": '["pacts"]',
        "PATTO_PARTNERS__BARI__SCOPE": '["ambito:BA/5"]',
        "PATTO_LANG": "en",
    }

    settings = read_settings(file, environment).settings

    assert settings.web.port == 8081
    assert settings.partners["bari"].feeds == ("pacts",)
    assert settings.partners["bari"].scope == (Name("ambito", "BA/5"),)


def test_a_typo_in_the_environment_names_the_variable(write) -> None:
    assert sentences(write(""), PATTO_WEB__PROT="1") == [
        "PATTO_WEB__PROT: web.prot: chiave sconosciuta; forse intendevi «port»?"
    ]


def test_a_partners_own_settings_are_read_by_its_plugins_model(write, tmp_path) -> None:
    file = write("")
    write(PARTNER, "partners/lecce.toml")
    configuration = read_settings(file, {"LECCE_TOKEN": "s3cret"})

    api = stream_settings(configuration, "lecce", "pacts", Api)

    assert api.token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(configuration) + repr(api)


def test_a_stream_may_have_settings_of_its_own(write) -> None:
    file = write("")
    own = "[jobs.pacts.settings]\npage_size = {}\n"
    write(PARTNER + own.format(7), "partners/lecce.toml")
    configuration = read_settings(file, {"LECCE_TOKEN": "s3cret"})
    assert stream_settings(configuration, "lecce", "pacts", Api).page_size == 7

    wrong = PARTNER + own.format('"molti"')
    write(wrong, "partners/lecce.toml")
    with pytest.raises(WrongSettings) as caught:
        stream_settings(read_settings(file, {"LECCE_TOKEN": "s3cret"}), "lecce", "pacts", Api)

    assert f"lecce.toml:{len(wrong.splitlines())}" in caught.value.mistakes[0].sentence("it")


def test_a_secret_in_a_file_is_read_beside_the_settings(write) -> None:
    file = write("")
    write(PARTNER.replace('env = "LECCE_TOKEN"', 'file = "lecce.key"'), "partners/lecce.toml")
    (file.parent / "lecce.key").write_text("s3cret\n")
    configuration = read_settings(file, {})

    api = stream_settings(configuration, "lecce", "pacts", Api)

    assert api.token.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('base_url = "https://x.example"', 'base_ulr = "https://x.example"', ["manca", "forse intendevi «base_url»?"]),
        ('env = "LECCE_TOKEN"', 'env = "ASSENTE"', ["la variabile d'ambiente ASSENTE manca o è vuota"]),
        ('env = "LECCE_TOKEN"', 'file = "assente.key"', ["assente.key non si legge"]),
        ('base_url = "https://x.example"', 'base_url = "x"\npage_size = "molti"', ["serve un numero intero"]),
    ],
)
def test_a_mistake_in_a_partners_own_settings_is_named_with_its_line(write, old, new, expected) -> None:
    file = write("")
    write(PARTNER.replace(old, new), "partners/lecce.toml")
    configuration = read_settings(file, {"LECCE_TOKEN": "s3cret"})

    with pytest.raises(WrongSettings) as caught:
        stream_settings(configuration, "lecce", "pacts", Api)

    told = [mistake.sentence("it") for mistake in caught.value.mistakes]
    assert len(told) == len(expected)
    for sentence, part in zip(told, expected, strict=True):
        assert part in sentence
        assert "lecce.toml:" in sentence
        assert "s3cret" not in sentence


def test_a_wrong_value_is_never_repeated_because_it_may_be_a_secret(write) -> None:
    file = write('[web]\nport = "c4n4ry-p4ssword"\n')

    assert "c4n4ry" not in "".join(sentences(file) + sentences(file, "en"))
    with pytest.raises(WrongSettings) as caught:
        read_settings(file, {})
    assert "c4n4ry" not in str(caught.value)


def test_the_data_folder_is_relative_to_the_file(write, tmp_path) -> None:
    assert read_settings(write('[hub]\ndata_dir = "ledger"\n'), {}).data_dir == tmp_path / "ledger"


def test_without_a_data_folder_it_is_the_users(write, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert read_settings(write(""), {}).data_dir == tmp_path / "data" / "patto"


def test_the_settings_file_is_looked_for_in_order(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    given = tmp_path / "given.toml"
    assert config_file(given, {"PATTO_CONFIG": "/x"}) == given
    assert config_file(None, {"PATTO_CONFIG": "/x/y.toml"}) == Path("/x/y.toml")
    assert config_file(None, {}) == Path("config/hub.toml")

    (tmp_path / "xdg" / "patto").mkdir(parents=True)
    (tmp_path / "xdg" / "patto" / "hub.toml").write_text("")

    assert config_file(None, {}) == tmp_path / "xdg" / "patto" / "hub.toml"


def test_a_feed_is_subscribed_to_in_the_short_way_or_in_the_long_one(write) -> None:
    file = write(
        '[partners.a]\nfeeds = ["pacts"]\n[partners.a.subscriptions.enrolments]\nuntil = 2026-12-31\n'
        'identity = "pseudonym"\nkinds = ["enrolment"]\nlegal_basis = "Convenzione n. 12"\n'
    )
    part = read_settings(file, {}).settings.partners["a"]

    assert part.opens == ("pacts", "enrolments")
    assert part.subscriptions["enrolments"].until == date(2026, 12, 31)


def test_a_feed_in_both_ways_is_told_with_its_line(write) -> None:
    file = write('[partners.a]\nfeeds = ["pacts"]\n\n[partners.a.subscriptions.pacts]\nuntil = 2026-12-31\n')

    assert sentences(file) == [
        "hub.toml:4: partners.a.subscriptions.pacts: «pacts» sta già in «feeds» (hub.toml:2): toglierlo di là"
    ]


def test_a_subscription_to_no_kind_is_a_mistake(write) -> None:
    (said,) = sentences(write("[partners.a.subscriptions.pacts]\nkinds = []\n"))

    assert said.startswith("hub.toml:2: partners.a.subscriptions.pacts.kinds")
    assert "almeno 1" in said
