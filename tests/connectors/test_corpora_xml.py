"""XML bombs, broken XML and XXE payloads: refused before anything is expanded, opened or dialled."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.shared

CHILD = """
import codecs, json, resource, sys, time
from patto_connectors.errors import Malformed
from patto_connectors.xml import Caps, Records, Stream, plain

opened = []
documents = [(path, open(path, "rb").read()) for path in json.load(sys.stdin)]
warm = Stream(Records(readers={"a": plain}), caps=Caps())
warm.feed(b"<c><a>1</a></c>")
warm.finish()
codecs.lookup("utf-16-le"), codecs.lookup("utf-16-be")  # Python loads its codecs from files
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sys.addaudithook(lambda event, args: opened.append(f"{event} {args[0]}") if event in ("open", "socket.connect",
    "socket.__new__", "os.system", "subprocess.Popen", "urllib.Request") else None)
answers = {}
for path, content in documents:
    started = time.perf_counter()
    stream = Stream(Records(readers={"root": plain, "a": plain, "doc": plain, "foo": plain}), caps=Caps())
    try:
        stream.feed(content)
        stream.finish()
        code = "read"
    except Malformed as refused:
        code = refused.code
    answers[path] = [code, time.perf_counter() - started]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
sys.stdout.write(json.dumps({"answers": answers, "opened": opened, "grown": grown}))
"""


def judged(paths):
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([str(path) for path in paths]).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def documents(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "LICENSE" not in path.name.upper()]


def test_F31_every_xml_bomb_is_refused_without_memory_files_or_sockets(shared):
    found = judged(documents(shared / "bad_input" / "xml_bombs"))

    codes = {path.rsplit("/", 1)[1]: code for path, (code, _) in found["answers"].items()}
    assert codes == {
        "cyclic.xml": "xml.doctype",
        "dtd.xml": "xml.doctype",
        "dtd_element.xml": "xml.doctype",
        "external.xml": "xml.doctype",
        "external_file.xml": "xml.doctype",
        "quadratic.xml": "xml.doctype",
        "schema-include.xsd": "read",
        "simple-ns.xml": "read",
        "simple.xml": "read",
        "xmlbomb.xml": "xml.doctype",
        "xmlbomb2.xml": "xml.doctype",
    }
    assert found["opened"] == []
    assert found["grown"] < 32 * 1024, "KiB"
    assert max(seconds for _, seconds in found["answers"].values()) < 0.5


def test_F31_broken_documents_are_refused_and_never_crash(shared):
    paths = documents(shared / "bad_input" / "xml_errors" / "test")

    found = judged(paths)

    assert len(found["answers"]) == len(paths) >= 75
    for path in paths:
        code = found["answers"][str(path)][0]
        if b"<!DOCTYPE" in path.read_bytes():
            assert code in {"xml.doctype", "xml.syntax", "xml.encoding"}, path.name
    read = sorted(path.rsplit("/", 1)[1] for path, (code, _) in found["answers"].items() if code == "read")
    assert not [name for name in read if name.endswith(".xml")], read
    assert found["opened"] == []
    assert found["grown"] < 32 * 1024, "KiB"


def test_F31_every_xxe_payload_is_refused(shared):
    found = judged(documents(shared / "bad_input" / "payloads" / "XXE Injection" / "Files"))

    assert all(code != "read" for code, _ in found["answers"].values())
    assert found["opened"] == []


@pytest.fixture
def opens(tmp_path):
    """Count the times that a tripwire file is opened by anybody, also by a C library."""
    libc = ctypes.CDLL(None, use_errno=True)
    wire = tmp_path / "tripwire.xml"
    wire.write_text("<x>secret</x>")
    watch = libc.inotify_init1(os.O_NONBLOCK)
    libc.inotify_add_watch(watch, str(wire).encode(), 0x20)

    def count() -> bytes:
        try:
            return os.read(watch, 4096)
        except BlockingIOError:
            return b""

    yield wire, count
    os.close(watch)


TRICKS = [
    '<!DOCTYPE a [<!ENTITY x SYSTEM "{}">]><a>&x;</a>',
    '<!DOCTYPE a SYSTEM "{}"><a/>',
    '<!DOCTYPE a [<!ENTITY % x SYSTEM "{}"> %x;]><a/>',
    '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{}"/></a>',
    '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="{}"/>',
    '<?xml-stylesheet type="text/xsl" href="{}"?><a/>',
]


def test_F31_F32_no_file_and_no_socket_is_opened_by_a_document(tmp_path, opens):
    wire, count = opens
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        places = [wire.as_uri(), str(wire), f"http://127.0.0.1:{server.getsockname()[1]}/x"]
        paths = []
        for number, text in enumerate(trick.format(place) for trick in TRICKS for place in places):
            path = tmp_path / f"{number}.xml"
            path.write_text(text)
            paths.append(path)

        found = judged(paths)

        with pytest.raises(TimeoutError):
            server.accept()
    assert count() == b""
    assert found["opened"] == []
    codes = [code for code, _ in found["answers"].values()]
    assert codes == ["xml.doctype"] * 9 + ["read"] * 9


def test_the_tripwire_works(opens):
    wire, count = opens
    wire.read_text()

    assert count()
