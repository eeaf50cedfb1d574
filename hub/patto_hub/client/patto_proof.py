"""Prova a terzi: che cosa Patto ha consegnato, e in quale giornata; chi verifica non deve fidarsi di nessuno.

    python3 patto_proof.py take pacts pact-17 --out prova.json     il partner chiede la prova e vi aggiunge la scheda
    python3 patto_proof.py verify prova.json --roots radici.ndjson chiunque la verifica, senza rete
    python3 patto_proof.py roots --keep radici.ndjson              chiunque tiene le radici pubblicate, e le verifica
    python3 patto_proof.py compare mie.ndjson tue.ndjson           due che le tengono hanno visto la stessa storia?

PATTO_URL è l'indirizzo dell'API, PATTO_KEY la chiave (solo per «take»). Basta Python 3.9; con il pacchetto cryptography
verifica anche le firme. Codici d'uscita: 0 bene, 1 non è provato, 2 comando sbagliato, 75 riprovare più tardi.
Trees as in RFC 9162, section 2.1, with SHA-256; JSON is hashed as RFC 8785 writes it.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

OK, FAILED, USAGE, LATER = 0, 1, 2, 75
FORMAT = "patto-proof-1"
HEADER = ("id", "version", "change")
TREE = ("partner", "feed", "items", "root", "nonce")
ROOT = ("format", "number", "day", "closed_at", "trees", "root", "before", "key")
"""What is signed of a root, and hashed into the next one."""


class Trouble(Exception):  # noqa: N818 - says what is wrong
    """It is not proved, or cannot be asked: says why in both languages, and ends with a code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


# --- what is hashed: the hub makes its trees with these too ----------------------------------------------------------


def canonical(value: object) -> bytes:
    """Write JSON in the one way in which it is hashed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def content_of(item: Mapping[str, Any], nonce: bytes) -> str:
    """Give the digest of an item as it left; who has not the nonce cannot try out what the item may have been."""
    return hashlib.sha256(nonce + canonical(item)).hexdigest()


def leaf_of(change: Mapping[str, Any], content: str) -> bytes:
    """Give the leaf of a change: its id, version and kind of change stand beside the digest of its content."""
    header = {name: change[name] for name in HEADER}
    return hashlib.sha256(b"\0" + canonical({**header, "content": content})).digest()


def tree_leaf(tree: Mapping[str, Any]) -> bytes:
    """Give the leaf of a partner's tree among those of the day."""
    return hashlib.sha256(b"\0" + canonical({name: tree[name] for name in TREE})).digest()


def signed(root: Mapping[str, Any]) -> bytes:
    """Give the bytes of a root that are signed, and whose SHA-256 the next root names."""
    return canonical({name: root[name] for name in ROOT})


# --- what is verified ------------------------------------------------------------------------------------------------


def climb(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes | None:
    """Give the root that a proof leads to (RFC 9162, 2.1.3.2); None if it is no proof of a tree of this size."""
    if not 0 <= index < size:
        return None
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            found = hashlib.sha256(b"\1" + each + found).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + each).digest()
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


def verify(proof: Mapping[str, Any], kept: Sequence[Mapping[str, Any]] | None = None) -> list[str]:
    """Verify a proof, against roots that somebody has kept if there are any, and say what it proves."""
    change, leaf, tree, root = (proof[name] for name in ("change", "leaf", "tree", "root"))
    if proof["format"] != FORMAT:
        raise Trouble(f"Formato sconosciuto (unknown format): {proof['format']}")
    told = _content(proof)
    if leaf_of(change, told).hex() != leaf["hash"]:
        raise Trouble("La scheda non è quella consegnata (the item is not the one that was given)")
    path, at = map(bytes.fromhex, leaf["path"]), leaf["index"]
    if climb(bytes.fromhex(leaf["hash"]), at, tree["items"], path) != bytes.fromhex(tree["root"]):
        raise Trouble("La scheda non è nell'albero del partner (the item is not in the partner's tree)")
    path, at = map(bytes.fromhex, tree["path"]), tree["index"]
    if climb(tree_leaf(tree), at, root["trees"], path) != bytes.fromhex(root["root"]):
        raise Trouble("L'albero del partner non è nella giornata (the partner's tree is not in the day's)")
    sign = sound(root)
    shown = "con il contenuto (with its content)" if "item" in proof else "senza il contenuto (without its content)"
    return [
        f"{change['id']} versione {change['version']} {change['change']}, {shown}",
        f"consegnata a (given to) {tree['partner']}, flusso (feed) {tree['feed']}, giornata (day) {root['day']}",
        f"firma dell'hub (the hub's signature): {sign}; chiave (key) {root['key']}",
        _compared(root, kept),
    ]


def _content(proof: Mapping[str, Any]) -> str:
    if "item" not in proof:
        if "content" not in proof["leaf"]:
            raise Trouble("Nel file manca la scheda, «item», come letta dal flusso (the item is missing)")
        return str(proof["leaf"]["content"])
    item, change = proof["item"], proof["change"]
    if any(item[name] != change[name] for name in (*HEADER, "changed_at")):
        raise Trouble("La scheda è un'altra (it is another item)")
    return content_of(item, bytes.fromhex(proof["leaf"]["nonce"]))


def _compared(root: Mapping[str, Any], kept: Sequence[Mapping[str, Any]] | None) -> str:
    if kept is None:
        return "radice non confrontata con quelle pubblicate: --roots (not compared with published roots)"
    if not any(each["number"] == root["number"] and each["hash"] == root["hash"] for each in kept):
        raise Trouble(f"La radice n. {root['number']} non è fra quelle tenute (is not among the kept roots)")
    return f"radice n. {root['number']}, come pubblicata (as published)"


def sound(root: Mapping[str, Any]) -> str:
    """Verify a root's own hash and signature, and say what is known of the latter."""
    if hashlib.sha256(signed(root)).hexdigest() != root["hash"]:
        raise Trouble(f"Radice n. {root['number']}: l'impronta non è la sua (its hash is not its own)")
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - if it is there
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ImportError:
        return "non verificata, manca il pacchetto cryptography (not verified)"
    public = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(root["key"]))
    try:
        public.verify(bytes.fromhex(root["signature"]), signed(root))
    except InvalidSignature:
        raise Trouble(f"Radice n. {root['number']}: la firma non vale (the signature is not valid)") from None
    return "vale (valid)"


def follow(roots: Sequence[Mapping[str, Any]]) -> None:
    """Verify that roots, in the order of their numbers, follow one from the other."""
    for number, each in enumerate(roots):
        sound(each)
        before = roots[number - 1] if number else None
        if before and (each["number"], each["before"]) != (before["number"] + 1, before["hash"]):
            raise Trouble(f"La radice n. {each['number']} non segue da quella prima (does not follow)")


def compare(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> None:
    """Find the first root of which two have been told differently."""
    told = {each["number"]: each["hash"] for each in ours}
    if ours and theirs and not any(each["number"] in told for each in theirs):
        raise Trouble("Nessuna radice in comune da confrontare (no root in common)", USAGE)
    for each in theirs:
        if told.get(each["number"], each["hash"]) != each["hash"]:
            words = f"DUE STORIE DIVERSE dalla radice n. {each['number']}, giornata {each['day']}"
            raise Trouble(f"{words} (two different histories, from there on)")


# --- what is asked ---------------------------------------------------------------------------------------------------


def ask(url: str, key: str = "") -> Any:  # noqa: ANN401 - JSON
    """Give the JSON that the hub answers."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise Trouble("PATTO_URL deve iniziare con https:// (must begin with https://)", USAGE)
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        later = error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            problem = json.loads(error.read())
            words = f"{problem['title']}. {problem['detail']} ({problem['title_en']}. {problem['detail_en']})"
        except (OSError, ValueError, KeyError, TypeError):
            words = str(error.reason)
        raise Trouble(f"{error.code} {words}", LATER if later else FAILED) from None
    except (OSError, http.client.HTTPException) as error:
        raise Trouble(f"L'hub non risponde (no answer): {error}", LATER) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the hub and nowhere else."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:  # noqa: ANN401 - the library's protocol
        """Follow none."""


def fetch(base: str, known: int) -> list[dict[str, Any]]:
    """Fetch the published roots from the one numbered `known` on, in the order of their numbers."""
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        page = ask(f"{base}/roots?limit=366{before}")
        found += page["items"]
        if not page["has_more"] or found[-1]["number"] <= known:
            return [each for each in reversed(found) if each["number"] >= known]
        before = f"&before={found[-1]['number']}"


def take(base: str, key: str, feed: str, record: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Ask for the proof of a record's change, and put the item beside it."""
    place = f"{base}/feeds/{quote(feed)}"
    proof: dict[str, Any] = ask(f"{place}/proofs/{quote(record)}?{urlencode(wanted)}", key)
    cursor = ""
    while True:
        page = ask(f"{place}/records/{quote(record)}?limit=1000{cursor}", key)
        for item in page["items"]:
            if all(item[name] == proof["change"][name] for name in (*HEADER, "changed_at")):
                return {**proof, "item": item}
        if not page["has_more"]:
            raise Trouble("L'hub non dà più la scheda: aggiungerla come «item» (it gives the item no more)")
        cursor = f"&cursor={quote(page['next_cursor'])}"


def without_content(proof: Mapping[str, Any]) -> dict[str, Any]:
    """Give a proof that shows that there was the change, and nothing of what the record said."""
    told = {name: each for name, each in proof["leaf"].items() if name != "nonce"}
    kept = {name: each for name, each in proof.items() if name != "item"}
    change = {name: proof["change"][name] for name in HEADER}  # when it changed is part of the content
    return {**kept, "change": change, "leaf": {**told, "content": _content(proof)}}


def read(text: str) -> Any:  # noqa: ANN401 - JSON
    """Read JSON in which each name stands once: of two, whoever looks at the file may see the other one."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Trouble("Nel file un nome sta due volte nello stesso oggetto (a name stands twice in one object)")
    return found


# --- the commands ----------------------------------------------------------------------------------------------------


def read_roots(path: str) -> list[dict[str, Any]]:
    """Read roots that were kept, one a line, and verify that they follow from each other."""
    lines = Path(path).read_text("utf-8").splitlines()
    roots = [read(line) for line in lines if line.strip()]
    follow(roots)
    return roots


def _take(options: argparse.Namespace, base: str, key: str) -> list[str]:
    given = (("version", options.version), ("day", options.day))
    proof = take(base, key, options.feed, options.record, {name: each for name, each in given if each})
    said = verify(proof)
    if options.without_content:
        proof = without_content(proof)
        said = verify(proof)
    Path(options.out).write_text(json.dumps(proof, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return [*said, f"scritta in (written to) {options.out}"]


def _verify(options: argparse.Namespace, _base: str, _key: str) -> Iterator[str]:
    kept = read_roots(options.roots) if options.roots else None
    yield from verify(read(Path(options.proof).read_text("utf-8")), kept)
    if kept is None:  # its signature is by whatever key stands in it: anybody can write such a file
        raise Trouble(
            "NON È PROVATO senza --roots: la chiave la dice il file stesso (not proved: the key is its own word)"
        )
    yield "la prova vale (the proof holds)"


def _roots(options: argparse.Namespace, base: str, _key: str) -> list[str]:
    path = Path(options.keep)
    kept = read_roots(options.keep) if path.exists() else []
    found = fetch(base, kept[-1]["number"] if kept else 0)
    if kept and (not found or found[0]["number"] != kept[-1]["number"]):
        raise Trouble(f"L'hub non ha più la radice n. {kept[-1]['number']} (it no longer has that root)")
    compare(kept, found)
    follow([*kept, *found[1:]] if kept else found)
    part = path.with_name(f"{path.name}.part")
    lines = [json.dumps(each, ensure_ascii=False, sort_keys=True) for each in (*kept, *found[bool(kept) :])]
    part.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    part.replace(path)
    return [f"{len(lines)} radici, ciascuna segue da quella prima (roots, each follows from the one before)"]


def _compare(options: argparse.Namespace, _base: str, _key: str) -> list[str]:
    compare(read_roots(options.ours), read_roots(options.theirs))
    return ["la stessa storia (the same history)"]


def run(arguments: Sequence[str], environment: Mapping[str, str], tell: Callable[[str], object]) -> int:
    """Run a command and give its exit code; `tell` gets what is to be printed, line by line."""
    options = _parser().parse_args(arguments)
    try:
        for line in options.command(options, environment.get("PATTO_URL", "").rstrip("/"), _key(environment)):
            tell(_shown(line))
    except Trouble as trouble:
        tell(_shown(str(trouble)))
        return trouble.code
    except OSError as error:
        tell(_shown(f"File inutilizzabile (cannot be used): {error}"))
        return USAGE
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        tell(_shown(f"Non è una prova, o non sono radici (no proof, or no roots): {type(error).__name__} {error}"))
        return FAILED
    return OK


def _shown(line: str) -> str:
    """Give a line as it may be printed: a file that somebody handed over writes no lines of its own on the screen."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)


def _key(environment: Mapping[str, str]) -> str:
    path = environment.get("PATTO_KEY_FILE")
    return (Path(path).read_text("utf-8") if path else environment.get("PATTO_KEY", "")).strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="patto_proof.py", description="Prova a terzi che cosa Patto ha consegnato.")
    commands = parser.add_subparsers(required=True, metavar="comando")
    for name, (command, text, options) in COMMANDS.items():
        part = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        part.set_defaults(command=command)
        for option, facts in options.items():
            part.add_argument(option, **facts)
    return parser


COMMANDS: dict[str, tuple[Callable[..., Iterable[str]], str, dict[str, dict[str, Any]]]] = {
    "take": (
        _take,
        "chiede la prova di una scheda (ask for the proof of a record)",
        {
            "feed": {"help": "il flusso, come pacts"},
            "record": {"help": "la scheda, come pact-17"},
            "--version": {"type": int, "help": "quale versione (l'ultima di una giornata chiusa)"},
            "--day": {"help": "in quale giornata, come 2026-11-25"},
            "--without-content": {"action": "store_true", "help": "senza mostrare che cosa dice la scheda"},
            "--out": {"default": "proof.json", "help": "dove scriverla (proof.json)"},
        },
    ),
    "verify": (
        _verify,
        "verifica una prova, senza rete (verify a proof, offline)",
        {"proof": {"help": "il file della prova"}, "--roots": {"help": "il file delle radici tenute"}},
    ),
    "roots": (
        _roots,
        "tiene le radici pubblicate e le verifica (keep the published roots)",
        {"--keep": {"default": "roots.ndjson", "help": "in quale file (roots.ndjson)"}},
    ),
    "compare": (
        _compare,
        "confronta le radici tenute da due (compare what two have kept)",
        {"ours": {"help": "le nostre"}, "theirs": {"help": "quelle di un altro"}},
    ),
}


def main() -> int:
    """Run the command of this process; its files are for its user only."""
    os.umask(0o077)
    return run(sys.argv[1:], os.environ, lambda line: print(line, flush=True))  # noqa: T201 - a program speaks to people


if __name__ == "__main__":
    sys.exit(main())
