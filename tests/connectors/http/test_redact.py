import pytest

from patto_connectors.http.redact import code, redact


@pytest.mark.parametrize(
    "secret",
    [
        "RSSMRA80A01H501U",
        "rssmra80a01h501u",
        "RSSMRA8LALMHRLMU",
        "mario@example.it",
        "IT60X0542811101000000123456",
        "3331234567",
        "eyJhbGciOiJSUzI1NiIsInR5cCI6",
    ],
)
def test_personal_words_and_secrets_are_masked(secret):
    assert secret.encode() not in redact(f"<p>per {secret} si".encode())


def test_tax_code_on_the_cut_is_masked_before_the_cut():
    assert b"RSSMRA80" not in redact(b"<" * 190 + b" RSSMRA80A01H501U")


def test_only_the_first_bytes_are_kept():
    assert len(redact(b"x y " * 500)) == 200


@pytest.mark.parametrize("name", ["E500", "ERR-1042", "it.sogei.BUSY"])
def test_codes_are_shown(name):
    assert code(name) == name


@pytest.mark.parametrize(
    "name", ["RSSMRA80A01H501U", "soggetto ROSSI MARIO", "E/RSSMRA80A01H501U", "12345678901", None, "x" * 41]
)
def test_what_may_be_a_person_is_no_code(name):
    assert code(name) == "***" or name is None
