"""What is wrong in the settings, said so that whoever wrote them can mend it: file, line, key, a right value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic_core import ErrorDetails

    from patto_hub.settings.lines import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a setting comes from."""

    source: str
    """A file's path, or the name of an environment variable."""
    line: int = 0
    """From 1; 0 where there is none."""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong; its sentences never hold the value, which may be a secret."""

    place: Place
    path: Path
    it: str
    en: str
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, language: str) -> str:
        """Say it: `config/hub.toml:12: web.prot: chiave sconosciuta; forse intendevi «port»?`."""
        key = ".".join(self.path)
        return f"{self.place}: {key + ': ' if key else ''}{self.en if language == 'en' else self.it}"


class WrongSettings(Exception):  # noqa: N818 - the domain's word
    """The settings cannot be used; all mistakes found in one reading."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(mistake.sentence("en") for mistake in mistakes))
        self.mistakes = tuple(mistakes)


_WORDS: Final = {
    "missing": ("manca questa chiave obbligatoria", "this required key is missing"),
    "int_type": ("serve un numero intero, come 8080", "a whole number is needed, as 8080"),
    "int_parsing": ("serve un numero intero, come 8080", "a whole number is needed, as 8080"),
    "int_from_float": ("serve un numero intero, senza virgola", "a whole number is needed"),
    "float_type": ("serve un numero, come 0.5", "a number is needed, as 0.5"),
    "float_parsing": ("serve un numero, come 0.5", "a number is needed, as 0.5"),
    "bool_type": ("serve true o false", "true or false is needed"),
    "bool_parsing": ("serve true o false", "true or false is needed"),
    "string_type": ("serve un testo tra virgolette", "a text in quotes is needed"),
    "dict_type": ("serve una tabella, come { chiave = 1 }", "a table is needed, as { key = 1 }"),
    "model_type": ("serve una tabella, come [nome]", "a table is needed, as [name]"),
    "tuple_type": ('serve un elenco, come ["a", "b"]', 'a list is needed, as ["a", "b"]'),
    "list_type": ('serve un elenco, come ["a", "b"]', 'a list is needed, as ["a", "b"]'),
    "time_parsing": ("serve un'ora del giorno, come 07:00:00 o «07:00»", "a time of day is needed, as 07:00:00"),
    "time_type": ("serve un'ora del giorno, come 07:00:00 o «07:00»", "a time of day is needed, as 07:00:00"),
    "greater_than": ("deve essere più di {gt}", "must be more than {gt}"),
    "greater_than_equal": ("deve essere almeno {ge}", "must be at least {ge}"),
    "less_than": ("deve essere meno di {lt}", "must be less than {lt}"),
    "less_than_equal": ("deve essere al più {le}", "must be at most {le}"),
    "too_short": ("elementi necessari: almeno {min_length}", "items needed: at least {min_length}"),
    "string_too_short": ("caratteri necessari: almeno {min_length}", "characters needed: at least {min_length}"),
    "string_pattern_mismatch": ("non ha la forma attesa ({pattern})", "does not have the expected form ({pattern})"),
    "literal_error": ("valori ammessi: {expected}", "allowed values: {expected}"),
    "url_parsing": (
        "serve un indirizzo, come https://esempio.it/api",
        "an address is needed, as https://example.org/api",
    ),
    "url_scheme": (
        "l'indirizzo deve cominciare con {expected_schemes}",
        "the address must start with {expected_schemes}",
    ),
    "patto": ("{it}", "{en}"),
}


def mistakes_of(
    errors: Sequence[ErrorDetails], model: type[BaseModel], place: Callable[[Path], Place], under: Path = ()
) -> Iterator[Mistake]:
    """Turn pydantic's errors on `model` into sentences; `under` is where its values stand in the settings."""
    for error in errors:
        path = under + tuple(str(each) for each in error["loc"] if each != "[key]")
        it, en = _sentence(error, model)
        yield Mistake(place=place(path), path=path, it=it, en=en)


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    if error["type"] == "extra_forbidden":
        return unknown_key(str(error["loc"][-1]), keys_at(model, error["loc"][:-1]))
    it, en = _WORDS.get(error["type"], (error["msg"], error["msg"]))
    facts: dict[str, Any] = error.get("ctx", {})
    return it.format_map(facts) if facts else it, en.format_map(facts) if facts else en


def unknown_key(key: str, allowed: Sequence[str]) -> tuple[str, str]:
    """Say that a key does not exist, and which was probably meant."""
    near = get_close_matches(key, allowed, n=1, cutoff=0.6)
    if near:
        return f"chiave sconosciuta; forse intendevi «{near[0]}»?", f"unknown key; did you mean '{near[0]}'?"
    if not allowed:
        return "chiave sconosciuta", "unknown key"
    listed = ", ".join(allowed)
    return f"chiave sconosciuta; qui si può scrivere: {listed}", f"unknown key; these can stand here: {listed}"


def keys_at(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """Give the keys that may stand at a path of a model, in their order."""
    kind: Any = model
    for step in path:
        kind = _step(kind, step)
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    return [field.alias or name for name, field in fields.items()]


def _step(kind: Any, step: int | str) -> Any:  # noqa: ANN401 - annotations are of any kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        named = {field.alias or name: field for name, field in kind.model_fields.items()}
        annotation: Any = named[str(step)].annotation if str(step) in named else None
        return _model_in(annotation)
    arguments = get_args(kind)
    return _model_in(arguments[-1]) if arguments else None


def _model_in(annotation: Any) -> Any:  # noqa: ANN401 - likewise
    """Unwrap `X | None`: the first part that has keys of its own."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = getattr(annotation, "__origin__", None)
    if origin in {dict, Mapping}:
        return annotation
    parts = (_model_in(each) for each in get_args(annotation) if each is not type(None))
    return next((each for each in parts if each is not None), None)
