"""A Singer tap that does as its configuration says; run by the tests, never imported.

    {"rows": 250, "state_every": 100, "then": ["exit", 3], "note": "what-i-saw.json"}

It gives rows from its STATE on, does one odd thing, and ends. It notes what it was started with.
"""

import argparse
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path


def say(**message):
    """Write one message."""
    sys.stdout.write(json.dumps(message) + "\n")


def note(path, options):
    """Write down what a tap can see of its own start."""
    seen = {
        "pid": os.getpid(),
        "argv": sys.argv,
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "config_mode": stat.S_IMODE(Path(options.config).stat().st_mode),
        "state": json.loads(Path(options.state).read_text()) if options.state else None,
        "catalog": json.loads(Path(options.catalog).read_text()) if options.catalog else None,
    }
    Path(f"{path}.part").write_text(json.dumps(seen))
    Path(f"{path}.part").rename(path)


def grandchild(path, *, escapes):
    """Start a process that outlives whoever started it, unless somebody sees to it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=escapes)
    with Path(path).open("a", encoding="utf-8") as pids:
        pids.write(f"{child.pid}\n")


def fail(address):
    """Fail as Python programs do, with words that nobody else may see."""
    raise ConnectionError(address)


def close():
    """Say nothing more, and stay."""
    os.close(1)
    time.sleep(600)


def for_ever(line):
    """Write without an end."""
    while True:
        sys.stdout.buffer.write(line)


def parent(path):
    """Start one process that stays in the group, and one that leaves it."""
    grandchild(path, escapes=False)
    grandchild(path, escapes=True)


RECORD = b'{"type": "RECORD", "stream": "pacts", "record": {"pact_id": "P-1", "note": "%s"}}\n'
ODD = {
    "exit": os._exit,
    "raise": lambda word: fail(f"https://partner.example/?key={word}"),
    "signal": lambda number: os.kill(os.getpid(), number),
    "hang": lambda: time.sleep(600),
    "close": close,
    "line": lambda size: sys.stdout.buffer.write(RECORD % (b"x" * size)),
    "no_end": lambda: for_ever(b"x" * 65_536),
    "no_stop": lambda: for_ever(RECORD % b""),
    "states": lambda: for_ever(b'{"type": "STATE", "value": {"at": 1}}\n'),
    "raw": lambda text: sys.stdout.buffer.write(text.encode("latin-1")),
    "memory": bytearray,
    "complain": lambda lines: sys.stderr.write("tax code RSSMRA85T10A562S\n" * lines),
    "parent": parent,
}
"""What a tap should not do."""


def odd(what, *values):
    """Do one of these."""
    sys.stdout.flush()
    ODD[what](*values)


def main():
    """Be a tap."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing but SIGKILL ends it
    parser = argparse.ArgumentParser()
    for option in ("config", "state", "catalog"):
        parser.add_argument(f"--{option}")
    parser.add_argument("--discover", action="store_true")
    options = parser.parse_args()
    config = json.loads(Path(options.config).read_text())
    if options.discover:
        for each in config.get("discovering", []):
            odd(*each)
        streams = [{"stream": name, "tap_stream_id": name, "schema": SCHEMA} for name in ("pacts", "people")]
        sys.stdout.write(json.dumps({"streams": streams}, indent=2))
        return
    if "note" in config:
        note(config["note"], options)
    start = json.loads(Path(options.state).read_text())["at"] if options.state else 0
    for each in config.get("first", []):
        odd(*each)
    say(type="SCHEMA", stream="pacts", schema=SCHEMA, key_properties=["pact_id"])
    for number in range(start + 1, config.get("rows", 0) + 1):
        say(type="RECORD", stream="pacts", record={"pact_id": f"P-{number}"}, time_extracted="2026-01-01T00:00:00Z")
        if number % config.get("state_every", 10**9) == 0:
            say(type="STATE", value={"at": number})
    for each in config.get("then", []):
        odd(*each)


SCHEMA = {"type": "object", "properties": {"pact_id": {"type": "string"}, "note": {"type": ["null", "string"]}}}
main()
