"""Translate: rows to records, a whole page at a time, in one pass from bytes to what the ledger keeps.

Pure: the same rows give the same result in this process and in a worker. The cyclic garbage collector is held off for
the length of a page: walking the young models that live only here costs a third of the time.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from patto_hub.road.check import Rules, dumps, errors, failure, within
from patto_hub.road.entry import Entry, Failure, Said
from patto_schemas.catalogue import issues_of, owner_of
from patto_schemas.issues import Issue
from patto_schemas.model.base import LOCAL, Entity
from patto_schemas.model.wire import canonical_json, extras

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patto_connectors.contract import Row, Translate
    from patto_schemas.model.base import Name

_KEYED = re.compile(r"(?:\D*\d){5}")
"""A step that is no field's name but a key of the partner's: a tax code, a telephone number, a date."""
_FIELD = re.compile(r"[A-Za-z_@][\w@:.-]{0,59}")
MANY = 10_000
"""Records of one row, after which a translate function is stopped: a generator that never ends must not fill memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """How the rows of a job become records; all of it can be pickled by name, so that a worker can have it."""

    translate: Translate
    rules: Rules
    scope: frozenset[Name] | None
    key: bytes
    """The ledger's key of short digests."""
    partner: str
    """Gives the scheme `local` its meaning in the ledger: `local:<partner>`."""
    kinds: tuple[str, ...] = ()
    """The kinds that the connector says it gives; empty: any."""
    key_of: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None
    """Gives the kind and key of the record that a row would be which the function could not translate."""

    @property
    def local(self) -> str:
        """What the scheme `local` is called in the ledger."""
        return f"{LOCAL}:{self.partner}"


class NotARecord(TypeError):  # noqa: N818 - what happened
    """A plugin's translate gave something that is no record, or no end of records."""


def translate_rows(
    how: Translation, rows: Sequence[tuple[int, Row]]
) -> tuple[dict[int, Said], dict[tuple[str, str], int]]:
    """Translate and check numbered rows; a row that fails becomes a failure and the rest goes on.

    Raises:
        Exception: whatever a plugin raises beyond what the contract names for a bad row: that is a bug of it.
    """
    drift: Counter[tuple[str, str]] = Counter()
    collecting = gc.isenabled()
    gc.disable()
    try:
        one = _fast(how, drift) if isinstance(how.translate, type) else _slow(how, drift)
        return {index: one(row) for index, row in rows}, dict(drift)
    finally:
        if collecting:
            gc.enable()


def _fast(how: Translation, drift: Counter[tuple[str, str]]) -> Callable[[Row], Said]:
    model: Any = how.translate
    validate_json, validate = model.__pydantic_validator__.validate_json, model.__pydantic_validator__.validate_python

    def one(row: Row) -> Said:
        try:
            record = validate_json(row) if isinstance(row, bytes) else validate(dict(row))
        except ValidationError as error:
            return _not_valid(error, drift, *_key_of(model, row))
        return _entries((record,), how, drift)

    return one


def _slow(how: Translation, drift: Counter[tuple[str, str]]) -> Callable[[Row], Said]:
    function: Any = how.translate

    def one(row: Row) -> Said:
        try:
            given = function(_mapping(row) if isinstance(row, bytes) else row)
            records = (given,) if isinstance(given, Entity) else _bounded(given)
        except ValidationError as error:
            return _not_valid(error, drift, *_told_key(how, row))
        except KeyError as error:
            issue = _lacking(row, error)
            if issue.where:
                drift[_field(issue.where), "missing"] += 1
            kind, key = _told_key(how, row)
            return (), (failure((issue,), kind=kind, key=key),)
        except ValueError:
            kind, key = _told_key(how, row)
            return (), (failure((Issue("row.wrong", ""),), kind=kind, key=key),)
        return _entries(records, how, drift)

    return one


def _told_key(how: Translation, row: Row) -> tuple[str | None, str | None]:
    """Ask the plugin which record a row would be that its function could not translate."""
    if how.key_of is None:
        return None, None
    try:
        told = how.key_of(_mapping(row) if isinstance(row, bytes) else row)
    except (ValueError, KeyError):
        return None, None
    return (None, None) if told is None else (told[0], told[1][:120])


def _lacking(row: Row, error: KeyError) -> Issue:
    """Name the field that a row lacks; a word that stands in the row itself is a value, and may be personal."""
    name = error.args[0] if error.args else None
    content = row.decode("utf-8", "replace") if isinstance(row, bytes) else str(row)
    if not isinstance(name, str) or not _FIELD.fullmatch(name) or name in content:
        return Issue("row.wrong", "")
    return Issue("field.missing", f"/{name}", values={"field": name})


def _bounded(given: Any) -> tuple[Entity, ...]:  # noqa: ANN401 - whatever the plugin gave
    records: list[Entity] = []
    for record in given:
        if len(records) == MANY:
            raise NotARecord(f"translate gave more than {MANY} records for one row")
        records.append(record)
    return tuple(records)


def _mapping(row: bytes) -> Mapping[str, Any]:
    value = from_json(row, allow_inf_nan=False)
    if not isinstance(value, dict):
        raise ValueError("a row is a JSON object")  # noqa: TRY004 - a bad row, not a bug
    return value


def _entries(records: tuple[Entity, ...], how: Translation, drift: Counter[tuple[str, str]]) -> Said:
    entries: list[Entry] = []
    failures: list[Failure] = []
    for record in records:
        if not isinstance(record, Entity):
            raise NotARecord(f"translate gave a {type(record).__name__}, not a record")
        if how.kinds and record.kind not in how.kinds:
            raise NotARecord(f"translate gave a {record.kind}, and the connector names only {', '.join(how.kinds)}")
        if not within(record, how.scope):
            issue = Issue("scope.outside", "")
            failures.append(
                Failure(dumps((issue,)), issue.code, owner_of(issue).value, record.kind, record.key, refused=True)
            )
            continue
        issues = list(how.rules(record))
        if issues and (wrong := errors(issues)):
            failures.append(failure(wrong, kind=record.kind, key=record.key))
            continue
        entries.append(entry(record, how, issues, drift))
    if not records:
        failures.append(failure((Issue("row.empty", ""),)))
    return tuple(entries), tuple(failures)


def entry(record: Entity, how: Translation, warnings: Sequence[Issue], drift: Counter[tuple[str, str]]) -> Entry:
    """Flatten a record into what the ledger keeps."""
    payload = canonical_json(record)
    beyond = extras(record)
    extra = None
    content = payload
    if beyond:
        extra = to_json(beyond, fallback=str)
        content = payload + b"\0" + extra
        for pointer in beyond:
            drift[_field(pointer), "added"] += 1
    digest = blake2b(content, digest_size=16).digest()
    modified, local = record.modified_at, how.local
    return Entry(
        record.kind,
        record.key,
        digest,
        int.from_bytes(blake2b(digest, digest_size=8, key=how.key).digest(), "big", signed=True),
        record.order(),
        None if modified is None else int(modified.timestamp() * 1000),
        payload.decode(),
        None if extra is None else extra.decode(),
        dumps(warnings) if warnings else None,
        tuple([(local if scheme == LOCAL else scheme, value) for scheme, value in record.names()]),
        tuple([(kind, (local if name[0] == LOCAL else name[0], name[1])) for kind, name in record.needs()]),
        tuple([(local if scheme == LOCAL else scheme, value) for scheme, value in record.organisations()]),
        tuple([((local if name[0] == LOCAL else name[0], name[1]), given) for name, given in record.allows()]),
        tuple([(local if scheme == LOCAL else scheme, value) for scheme, value in record.persons()]),
    )


def _field(pointer: str) -> str:
    return "/".join("*" if step.isdigit() or _KEYED.match(step) else step for step in pointer.split("/"))[:200]


def _not_valid(error: ValidationError, drift: Counter[tuple[str, str]], kind: str | None, key: str | None) -> Said:
    issues = issues_of(error)
    for issue in issues:
        drift[_field(issue.where), "missing" if issue.code == "field.missing" else "retyped"] += 1
    return (), (failure(issues, kind=kind, key=key),)


def _key_of(model: type[Entity], row: Row) -> tuple[str, str | None]:
    """Find the key of a row that is no record, as far as its field can be read."""
    field = model.model_fields[model.key_field]
    try:
        fields: Any = from_json(row) if isinstance(row, bytes) else row
        key = fields[field.alias or model.key_field]
    except (ValueError, KeyError, TypeError):
        return model.kind, None
    return model.kind, str(key)[:120] if isinstance(key, str | int) else None
