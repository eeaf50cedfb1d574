"""Il programma del partner: legge un flusso di Patto, lo tiene in una copia locale, la verifica, dà ricevuta.

    python3 patto_client.py pull pacts       prima la fotografia, poi le variazioni; riprende da dove era
    python3 patto_client.py verify pacts     la copia è completa? altrimenti dice quali schede non vanno
    python3 patto_client.py ack pacts        dice all'hub che cosa è stato preso, e che cosa no
    python3 patto_client.py receive pacts    riceve gli avvisi firmati (webhook) e a ogni avviso legge

PATTO_URL è l'indirizzo dell'API (https://patto.regione.example/rest/patto/v1), PATTO_KEY la chiave o PATTO_KEY_FILE il
suo file. Basta Python 3.9. Codici d'uscita: 0 bene, 1 qualcosa non va, 2 comando sbagliato, 75 riprovare più tardi.
Only Python's own library. Data and place change in one transaction of an SQLite file, so a kill costs nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import importlib
import json
import os
import random
import sqlite3
import ssl
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OK, FAILED, USAGE, LATER = 0, 1, 2, 75
TABLES = """
CREATE TABLE IF NOT EXISTS place (feed TEXT PRIMARY KEY, link TEXT NOT NULL, cursor TEXT, lap INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS record (feed TEXT, id TEXT, version INTEGER, changed_at TEXT, kind TEXT, source TEXT,
  view TEXT, data TEXT, digest TEXT, lap INTEGER, PRIMARY KEY (feed, id));
"""


class Trouble(Exception):  # noqa: N818 - says what is wrong
    """The program cannot go on: says so in both languages, and ends with a code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Stale(Trouble):
    """The hub no longer knows our place: begin again with a snapshot."""


class Place(NamedTuple):
    """Where we are in a feed."""

    link: str  # of the next page
    cursor: str | None  # None before the first page
    lap: int  # counts the snapshots that were begun


class Wrong(NamedTuple):
    """A record of our copy that is not as it should be: missing, extra, of another version, or altered."""

    id: str
    what: str
    held: int | None
    due: int | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the hub and nowhere else."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:  # noqa: ANN401 - the library's protocol
        """Follow none."""


class Hub:
    """The hub's API; waits as it asks us to, and asks again when an answer was lost."""

    def __init__(self, url: str, key: str, patience: float, wait: Callable[[float], object] = time.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise Trouble(USAGE, "PATTO_URL deve iniziare con https:// (must begin with https://)")
        self.base, self.origin = url.rstrip("/"), f"{parts.scheme}://{parts.netloc}"
        self.key, self.patience, self.wait = key, patience, wait
        self.opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Give the JSON that the hub answers, or raise Stale or Trouble; `/...` is a link that the hub gave."""
        start = self.origin if path.startswith("/") else f"{self.base}/"
        url = f"{start}{path}?{urlencode(query)}" if query else f"{start}{path}"
        waited, tried = 0.0, 0
        while True:
            pause = self._once(url, body)
            if not isinstance(pause, float):
                return pause
            tried += 1
            pause = pause or min(60.0, 2.0**tried / 4) * random.uniform(0.5, 1)  # noqa: S311 - no secret
            if waited + pause > self.patience:
                raise Trouble(LATER, "L'hub non risponde: riprovare più tardi (no answer: try again later)")
            self.wait(pause)
            waited += pause

    def _once(self, url: str, body: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - JSON
        """Give what is answered, or the seconds to wait before asking again; 0 stands for as long as we like."""
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.key}"})  # noqa: S310 - http only
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Idempotency-Key", hashlib.sha256(url.encode() + request.data).hexdigest())
        try:
            with self.opener.open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return self._refused(error)
        except (OSError, http.client.HTTPException, ValueError) as error:  # lost, cut short, or not whole
            if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
                raise Trouble(FAILED, "Il certificato dell'hub non vale (its certificate is not valid)") from None
            return 0.0

    def _refused(self, error: urllib.error.HTTPError) -> float:
        try:
            problem = json.loads(error.read())
        except (OSError, http.client.HTTPException, ValueError):
            problem = {}
        if error.code == HTTPStatus.GONE:
            raise Stale(FAILED, "Il segnalibro non vale più: eseguire «pull» (our place is stale: run `pull`)")
        if problem.get("retry") or error.code in {429, 500, 502, 503, 504}:
            after = error.headers.get("Retry-After", "")
            return float(after) if after.isdigit() else 0.0
        told = [problem.get(name, "") for name in ("title", "what_to_do", "title_en", "what_to_do_en", "instance")]
        words = f"{error.code} {told[0]}. {told[1]} ({told[2]}. {told[3]}) {told[4]}"
        raise Trouble(FAILED, "\n".join([words, *map(_wrong_field, problem.get("errors", ()))]))


class Copy:
    """What we hold of a feed, in an SQLite file, together with our place in the feed."""

    def __init__(self, path: Path, feed: str) -> None:
        self.feed = feed
        self.db = sqlite3.connect(str(path), timeout=30, isolation_level=None)
        self.db.executescript("PRAGMA secure_delete = ON;" + TABLES)  # no forgotten person stays in a free page

    def place(self) -> Place | None:
        """Give our place; None before the first pull."""
        found = self.db.execute("SELECT link, cursor, lap FROM place WHERE feed = ?", (self.feed,))
        return next(map(Place._make, found), None)

    def begin(self, link: str) -> None:
        """Begin a new lap: a snapshot, after which what it did not name is deleted."""
        self.db.execute(
            "INSERT INTO place VALUES (?, ?, NULL, 1) ON CONFLICT (feed) DO UPDATE SET link = excluded.link,"
            " cursor = NULL, lap = lap + 1",
            (self.feed, link),
        )

    def take(self, place: Place, page: Mapping[str, Any]) -> None:
        """Keep a page and the new place in one transaction; a page of a place that another run has left is dropped."""
        onward = page["_links"]["next"]["href"]
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            if self.place() != place:
                return
            for item in page["items"]:
                self._apply(item, place.lap)
            if _in_snapshot(place.link) and not _in_snapshot(onward):
                self.db.execute("DELETE FROM record WHERE feed = ? AND lap <> ?", (self.feed, place.lap))
            there = (onward, page["next_cursor"], self.feed)
            self.db.execute("UPDATE place SET link = ?, cursor = ? WHERE feed = ?", there)

    def _apply(self, item: Mapping[str, Any], lap: int) -> None:
        """Keep or delete a record; what is older than what we know of it in this lap changes nothing."""
        query = "SELECT version, changed_at FROM record WHERE feed = ? AND id = ? AND lap = ?"
        known = self.db.execute(query, (self.feed, item["id"], lap)).fetchone()
        if known and (item["version"], item["changed_at"]) < known:
            return
        gone = item["change"] != "upsert"  # its id and version stay until the next snapshot, its data go now
        data = None if gone else json.dumps(item["data"], ensure_ascii=False, sort_keys=True)
        told = [item[name] for name in ("id", "version", "changed_at", "kind", "source", "view")]
        row = (self.feed, *told, data, _digest(item["id"], item["version"], data), lap)
        self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def held(self) -> Iterator[tuple[str, int]]:
        """Yield (id, version) of what we hold, sorted as in the digest."""
        query = "SELECT id, version FROM record WHERE feed = ? AND data IS NOT NULL ORDER BY CAST(id AS BLOB)"
        return self.db.execute(query, (self.feed,))

    def altered(self) -> list[str]:
        """Give the ids of records whose content is not what was received."""
        rows = self.db.execute("SELECT id, version, data, digest FROM record WHERE feed = ?", (self.feed,))
        return sorted(name for name, version, data, digest in rows if _digest(name, version, data) != digest)

    def export(self, path: str) -> None:
        """Write what we hold as one JSON object a line, into a file that is replaced whole."""
        part = Path(f"{path}.part")
        names = ("id", "version", "changed_at", "kind", "source", "view", "data")
        query = f"SELECT {', '.join(names)} FROM record WHERE feed = ? AND data IS NOT NULL ORDER BY id"  # noqa: S608
        with part.open("w", encoding="utf-8") as lines:
            for row in self.db.execute(query, (self.feed,)):
                record = dict(zip(names, row), data=json.loads(row[-1]))
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
        part.replace(path)


def _wrong_field(error: Mapping[str, str]) -> str:
    """Say one of the `errors` of a refusal: row and column, what is wrong, the rule, an example of a right value."""
    steps = [*error.get("pointer", "").strip("/").split("/", 2), "", ""]
    place = f"riga {int(steps[1]) + 1}, campo {steps[2]}" if steps[1].isdigit() else f"campo {'/'.join(steps[:-2])}"
    example = f"; esempio (example): {error['example']}" if error.get("example") else ""
    return f"  {place}: {error.get('detail', '')}{example} ({error.get('detail_en', '')}) [{error.get('code', '')}]"


def _in_snapshot(link: str) -> bool:
    return urlsplit(link).path.endswith("/snapshot")


def _digest(name: str, version: int, data: str | None) -> str:
    return hashlib.sha256(f"{name}\t{version}\t{data}".encode()).hexdigest()


def pull(hub: Hub, copy: Copy, *, limit: int = 500, again: bool = False) -> int:
    """Read on to the end of the feed, and give how many changes came; what came before a Trouble is kept."""
    start, count = f"{urlsplit(hub.base).path}/feeds/{copy.feed}/snapshot?limit={limit}", 0
    if again or copy.place() is None:
        copy.begin(start)
    while True:
        place = copy.place() or Place(start, None, 0)
        try:
            page = hub.ask(place.link)
        except Stale:
            if place.link == start:  # a new snapshot is never stale
                raise
            copy.begin(start)
            continue
        copy.take(place, page)
        count += len(page["items"])
        if not page["has_more"]:
            return count


def verify(hub: Hub, copy: Copy) -> list[Wrong]:
    """Give what is wrong with our copy, record by record: nothing if it is complete."""
    for _ in range(5):
        path, at = f"feeds/{copy.feed}/digest", {"cursor": _cursor(copy)}
        told = hub.ask(path, {**at, "detail": "buckets"})
        made: dict[str, Any] = {}
        for name, version in copy.held():
            made.setdefault(_bucket(name), hashlib.sha256()).update(f"{name}\t{version}\n".encode())
        buckets = {name: each.hexdigest() for name, each in made.items()}
        due = {each["bucket"]: each["sha256"] for each in told["buckets"]}
        wrong = sorted(name for name in due.keys() | buckets.keys() if due.get(name) != buckets.get(name))
        if not wrong or not told["unsure"]:
            break
        pull(hub, copy)  # records were taken from us meanwhile: the hub no longer knows whether we had them
    expected: dict[str, int] = {}
    for first in range(0, len(wrong), 16):  # as many as the hub lists at once
        listed = hub.ask(path, {**at, "records": ",".join(wrong[first : first + 16])})["records"]
        expected.update((each["id"], each["version"]) for each in listed)
    held = {name: version for name, version in copy.held() if _bucket(name) in wrong}
    found = {name: Wrong(name, "altered", None, None) for name in copy.altered()}
    for name in held.keys() | expected.keys():
        if held.get(name) != expected.get(name):
            what = "missing" if name not in held else "extra" if name not in expected else "version"
            found[name] = Wrong(name, what, held.get(name), expected.get(name))
    return [found[name] for name in sorted(found)]


def _bucket(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def _cursor(copy: Copy) -> str:
    place = copy.place()
    if place is None or place.cursor is None or _in_snapshot(place.link):
        raise Trouble(FAILED, "La copia non è completa: eseguire «pull» (it is not whole: run `pull`)")
    return place.cursor


class Asked(NamedTuple):
    """A command, with all that it works with."""

    hub: Hub
    copy: Copy
    options: argparse.Namespace
    environment: Mapping[str, str]
    tell: Callable[[str], object]


def run(arguments: Sequence[str], environment: Mapping[str, str], tell: Callable[[str], object]) -> int:
    """Run a command and give its exit code; `tell` gets what is to be printed, line by line."""
    options = _parser().parse_args(arguments)
    try:
        hub = Hub(environment.get("PATTO_URL", ""), _secret(environment, "KEY", options.key_file), options.patience)
        options.copy = Path(options.copy or f"{options.feed}.sqlite")
        return int(options.command(Asked(hub, Copy(options.copy, options.feed), options, environment, tell)))
    except Trouble as trouble:
        tell(str(trouble))
        return trouble.code
    except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
        words = "File, copia o indirizzo locale inutilizzabile; se è la copia: spostarla, poi «pull»"
        tell(f"{words} (cannot be used; if it is the copy: move it away, then pull): {error}")
        return FAILED


def _secret(environment: Mapping[str, str], name: str, file: str | None) -> str:
    path = file or environment.get(f"PATTO_{name}_FILE")
    found = (Path(path).read_text("utf-8") if path else environment.get(f"PATTO_{name}", "")).strip()
    if not found or not found.isascii():
        raise Trouble(USAGE, f"Manca PATTO_{name}, o PATTO_{name}_FILE con il file che la contiene (is missing)")
    return found


def _pull(at: Asked) -> int:
    count = pull(at.hub, at.copy, limit=at.options.limit, again=at.options.again)
    if at.options.ndjson:
        at.copy.export(at.options.ndjson)
    at.tell(f"{at.copy.feed}: {count} variazioni (changes), {sum(1 for _ in at.copy.held())} schede (records)")
    return OK


def _verify(at: Asked) -> int:
    wrong = verify(at.hub, at.copy)
    for each in wrong:
        at.tell(f"{each.what}\t{each.id}\t{each.held or '-'}\t{each.due or '-'}")
    if wrong:
        at.tell(f"{at.copy.feed}: {len(wrong)} schede non vanno (records are wrong): «pull --again»")
        return FAILED
    at.tell(f"{at.copy.feed}: copia completa, {sum(1 for _ in at.copy.held())} schede (the copy is complete)")
    return OK


def _ack(at: Asked) -> int:
    text = Path(at.options.refused).read_text("utf-8") if at.options.refused else ""
    refused = [json.loads(line) for line in text.splitlines() if line.strip()]
    word = {"cursor": _cursor(at.copy), "applied": at.options.applied, "refused": refused}
    got = at.hub.ask(f"feeds/{at.copy.feed}/acknowledgements", body=word)
    at.tell(f"{at.copy.feed}: {got['accepted']} variazioni accettate (accepted), {got['refused']} rifiutate (refused)")
    return OK


def _receive(at: Asked) -> int:
    folder = Path(__file__).resolve().parent
    if not (folder / "patto_receiver.py").is_file():
        raise Trouble(USAGE, f"Serve anche patto_receiver.py, nella cartella {folder} (is needed too)")
    sys.path.append(str(folder))  # `python -I` looks for nothing beside the program
    receiver = importlib.import_module("patto_receiver")
    secrets = _secret(at.environment, "WEBHOOK_SECRET", None).split()

    def read() -> None:  # in a thread of its own, so with a connection of its own
        at.tell(f"{at.copy.feed}: {pull(at.hub, Copy(at.options.copy, at.copy.feed))} variazioni (changes)")

    return int(receiver.receive(at.options.listen, at.options.copy, secrets, read, at.tell))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="patto_client.py", description="Legge e verifica un flusso di Patto.")
    commands = parser.add_subparsers(required=True, metavar="comando")
    for name, (command, text, options) in COMMANDS.items():
        part = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        part.set_defaults(command=command)
        part.add_argument("feed", help="il flusso, come pacts")
        for option, facts in {**EVERY, **options}.items():
            part.add_argument(option, **facts)
    return parser


EVERY: dict[str, dict[str, Any]] = {
    "--copy": {"help": "il file SQLite della copia (FLUSSO.sqlite)"},
    "--key-file": {"help": "il file con la chiave, se non in PATTO_KEY"},
    "--patience": {"type": float, "default": 600.0, "help": "secondi di attesa in tutto (600)"},
}
PULL: dict[str, dict[str, Any]] = {
    "--limit": {"type": int, "default": 500, "help": "variazioni per pagina (500, al più 1000)"},
    "--again": {"action": "store_true", "help": "ricomincia da una nuova fotografia"},
    "--ndjson": {"help": "scrive anche le schede in questo file, una per riga"},
}
ACK: dict[str, dict[str, Any]] = {
    "--applied": {"action": "store_true", "help": "i dati sono già in uso"},
    "--refused": {"help": "file NDJSON delle schede rifiutate: id, version, code, reason"},
}
RECEIVE: dict[str, dict[str, Any]] = {"--listen": {"default": "127.0.0.1:8090", "help": "dove (127.0.0.1:8090)"}}
COMMANDS: dict[str, tuple[Callable[[Asked], int], str, dict[str, dict[str, Any]]]] = {
    "pull": (_pull, "legge ciò che c'è di nuovo (read what is new)", PULL),
    "verify": (_verify, "verifica che la copia sia completa (prove that the copy is complete)", {}),
    "ack": (_ack, "dà ricevuta all'hub (acknowledge)", ACK),
    "receive": (_receive, "riceve gli avvisi firmati (receive signed webhooks)", RECEIVE),
}


def main() -> int:
    """Run the command of this process; its files are for its user only."""
    os.umask(0o077)
    return run(sys.argv[1:], os.environ, lambda line: print(line, flush=True))  # noqa: T201 - a program speaks to people


if __name__ == "__main__":
    sys.exit(main())
