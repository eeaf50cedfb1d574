"""A simulated network: pairs of transports with seeded latency, slices, resets, cuts and stalls."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from patto_connectors.testing.simulation_loop import PROCESS, SimulatedLoop

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

HIGH_WATER = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad the network is: shares of connections (0 to 1) that show a fault, and seconds of latency."""

    latency: tuple[float, float] = (0.0005, 0.05)
    refuse: float = 0.0
    """The connection is refused."""
    reset: float = 0.0
    """It is reset (RST) after some bytes of the answer."""
    cut: float = 0.0
    """It ends (FIN) after some bytes of the answer, as if that were all."""
    stall: float = 0.0
    """It falls silent after some bytes of the answer and stays open."""
    slice: float = 0.3
    """Bytes arrive in small pieces."""
    fault_within: int = 6_000
    """The fault comes within this many bytes of the answers on one connection."""


CALM = Weather(slice=0.0)


@dataclass(slots=True)
class _Fate:
    """What will happen to one direction of one connection."""

    kind: str = ""
    after: int = 0
    slices: bool = False


class SimulatedTransport(asyncio.Transport):
    """One end of a simulated connection."""

    def __init__(self, network: Network, protocol: asyncio.Protocol, name: str, fate: _Fate) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.peer: SimulatedTransport
        self.name = name
        self._network = network
        self._loop = network.loop
        self._protocol: asyncio.BaseProtocol = protocol
        self._fate = fate
        self._sent = 0
        self._outstanding = 0
        self._clear_at = 0.0
        self._waiting: deque[bytes | None] = deque()
        self._paused = False
        self._writer_paused = False
        self._closing = False
        self._lost = False
        self._silent = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes; they reach the other end in order, after a while, perhaps in pieces, perhaps never."""
        if self._closing or self._silent or not data:
            return
        left = bytes(data)
        while left:
            size = self._network.chance.randint(1, 900) if self._fate.slices else len(left)
            piece, left = left[:size], left[size:]
            if self._fate.kind and self._sent + len(piece) >= self._fate.after:
                self._send(piece[: max(0, self._fate.after - self._sent)])
                self._befall()
                return
            self._send(piece)
        self._mind_the_water()

    def _send(self, piece: bytes) -> None:
        self._sent += len(piece)
        if piece:
            self._outstanding += len(piece)
            self._later(self.peer.arrive, piece)

    def _befall(self) -> None:
        kind, self._fate.kind = self._fate.kind, ""
        self._network.faults[kind] = self._network.faults.get(kind, 0) + 1
        self._loop.note(kind, self.name, self._sent)
        self._silent = True
        if kind == "cut":
            self._later(self.peer.arrive, None)
        elif kind == "reset":
            self._later(self.peer.lose, ConnectionResetError(errno.ECONNRESET, "reset by the simulated network"))
            self._later(self.lose, ConnectionResetError(errno.ECONNRESET, "reset by the simulated network"))

    def _later(self, what: Callable[..., None], *args: object) -> None:
        low, high = self._network.weather.latency
        self._clear_at = max(self._clear_at, self._loop.time()) + self._network.chance.uniform(low, high)
        self._loop.call_at(self._clear_at, what, *args)

    def arrive(self, piece: bytes | None) -> None:
        """Take what the other end has sent; None is the end of its stream."""
        if self._lost:
            return
        self._waiting.append(piece)
        self._flush()

    def _flush(self) -> None:
        while self._waiting and not self._paused and not self._lost:
            piece = self._waiting.popleft()
            if piece is None:
                self._loop.note("end", self.name)
                stay_open = isinstance(self._protocol, asyncio.Protocol) and self._protocol.eof_received()
                if not stay_open:
                    self.close()
                continue
            self._loop.note("data", self.name, len(piece))
            self.peer.taken(len(piece))
            if isinstance(self._protocol, asyncio.Protocol):
                self._protocol.data_received(piece)

    def taken(self, size: int) -> None:
        """Learn that the other end has been handed `size` bytes."""
        self._outstanding -= size
        if self._writer_paused and self._outstanding < HIGH_WATER // 4 and not self._lost:
            self._writer_paused = False
            self._protocol.resume_writing()

    def _mind_the_water(self) -> None:
        if not self._writer_paused and self._outstanding > HIGH_WATER and not self._lost:
            self._writer_paused = True
            self._protocol.pause_writing()

    def close(self) -> None:
        """End this side once all was sent; the other side sees the end of the stream."""
        if self._closing:
            return
        self._closing = True
        if not self._silent:
            self._later(self.peer.arrive, None)
        self._loop.call_soon(self.lose, None)

    def abort(self) -> None:
        """Break the connection at once; the other side sees a reset."""
        self._closing = True
        self._later(self.peer.lose, ConnectionResetError(errno.ECONNRESET, "aborted by the other end"))
        self._loop.call_soon(self.lose, None)

    def lose(self, error: Exception | None) -> None:
        """End this end of the connection, now."""
        if self._lost:
            return
        self._lost = self._closing = True
        self._loop.note("lost", self.name, type(error).__name__)
        self._network.open.discard(self)
        self._waiting.clear()
        self._protocol.connection_lost(error)

    def is_closing(self) -> bool:
        """Say whether this end was closed."""
        return self._closing

    def pause_reading(self) -> None:
        """Hold what arrives."""
        self._paused = True

    def resume_reading(self) -> None:
        """Hand over what was held."""
        self._paused = False
        self._loop.call_soon(self._flush)

    def is_reading(self) -> bool:
        """Say whether what arrives is handed over."""
        return not self._paused

    def get_write_buffer_size(self) -> int:
        """Give the bytes on their way."""
        return self._outstanding

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Keep the network's own limits: nothing here depends on them."""

    def can_write_eof(self) -> bool:
        """Say that one direction alone can be ended."""
        return True

    def write_eof(self) -> None:
        """End this direction."""
        self._later(self.peer.arrive, None)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the protocol at this end."""
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Put another protocol at this end."""
        self._protocol = protocol


class Network:
    """Servers by port, and the connections to them; everything that is random comes from `chance`."""

    def __init__(self, loop: SimulatedLoop, chance: random.Random, weather: Weather = CALM) -> None:
        self.loop = loop
        self.chance = chance
        self.weather = weather
        self.faults: dict[str, int] = {}
        """How often each fault has happened, by name."""
        self.open: _OrderedSet = _OrderedSet()
        self._servers: dict[int, Callable[[], asyncio.Protocol]] = {}
        self._runners: list[web.AppRunner] = []
        self._number = 0
        self._context = copy_context()  # servers are processes of their own, whoever connects to them

    async def serve(self, app: web.Application, port: int) -> str:
        """Serve `app` at a port of this world and give its address; nothing is bound on the machine."""
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=30.0, shutdown_timeout=1.0)
        await runner.setup()
        server = runner.server
        if server is None:  # pragma: no cover - setup makes it
            raise RuntimeError("the runner has made no server")
        self._servers[port] = server
        self._runners.append(runner)
        return f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        """Stop all servers."""
        for runner in self._runners:
            await runner.cleanup()

    def dial(self) -> aiohttp.BaseConnector:
        """Make the connector of an HTTP session; give this function as `World.dial`."""
        return SimulatedConnector(self)

    def break_connections(self, process: str) -> None:
        """Break every connection that a simulated process has opened, as the kernel does when it dies."""
        for transport in list(self.open):
            if transport.name.startswith(f"{process}>"):
                transport.abort()

    def join(self, client: asyncio.Protocol, port: int) -> SimulatedTransport:
        """Connect a client's protocol to the server at a port.

        Raises:
            ConnectionRefusedError: nobody listens, or the weather says so.
        """
        server = self._servers.get(port)
        if server is None or self.chance.random() < self.weather.refuse:
            self.faults["refuse"] = self.faults.get("refuse", 0) + 1
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused by the simulated network")
        self._number += 1
        name = f"{PROCESS.get()}>{port}#{self._number}"
        slices = self.chance.random() < self.weather.slice
        near = SimulatedTransport(self, client, name, _Fate(slices=slices))
        protocol = self._context.run(server)
        far = SimulatedTransport(self, protocol, f"{port}<#{self._number}", self._fate(slices=slices))
        near.peer, far.peer = far, near
        self.open.add(near)
        self.open.add(far)
        self.loop.note("connect", name)
        self._context.run(protocol.connection_made, far)
        client.connection_made(near)
        return near

    def _fate(self, *, slices: bool) -> _Fate:
        point = self.chance.random()
        after = self.chance.randint(1, self.weather.fault_within)
        for kind in ("reset", "cut", "stall"):
            share = float(getattr(self.weather, kind))
            if point < share:
                return _Fate(kind, after, slices)
            point -= share
        return _Fate(slices=slices)


class _OrderedSet(dict[SimulatedTransport, None]):
    """A set that keeps the order of arrival: addresses of objects must not decide anything."""

    def add(self, each: SimulatedTransport) -> None:
        self[each] = None

    def discard(self, each: SimulatedTransport) -> None:
        self.pop(each, None)


class SimulatedConnector(aiohttp.BaseConnector):
    """Joins an unmodified aiohttp client to the servers of a simulated network."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:  # noqa: ANN401, ARG002, ASYNC109 - aiohttp's own seam; a test pins it
        await asyncio.sleep(self._network.chance.uniform(*self._network.weather.latency))
        protocol = self._factory()
        try:
            self._network.join(protocol, req.url.port)
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        return protocol
