"""A study evening: bind, say the links, serve until ctrl+c, and leave no process behind."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from quizapp import bank, paths
from quizapp.errors import BankError, QuizError
from quizapp.serving import site, watch
from quizapp.serving.door import Addresses, Door, bracketed, is_loopback
from quizapp.serving.site import Site

SOON = 3.0
"""Seconds in which a request under way may end when everything does; apps have their own time before it."""
EVERYWHERE = frozenset({"0.0.0.0", "::"})
NOWHERE = ("192.0.2.1", 9)
"""An address for documentation. Nothing is sent to it: it is asked which way it would go."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How an evening was asked for."""

    host: str = "127.0.0.1"
    port: int = 8128
    places: int = 16
    mine: bool = False
    open: bool = False


def serve(plan: Plan, say: Callable[[str], object], aside: Callable[[str], object]) -> None:
    """Serve until interrupted. Raises QuizError when it cannot.

    say: takes the links. aside: takes everything else.
    """
    try:
        site.prepare()
    except OSError as error:
        todo = "Set QUIZAPP_HOME to a folder you can write to."
        raise QuizError(f"no folder for the visitors can be made: {error}", todo) from error
    try:
        bank.load(cache=paths.cache())
    except BankError as error:
        aside(f"{len(error.problems)} problems in the question files; every visitor is told of them")
    asyncio.run(_evening(plan, say, aside))


async def _evening(plan: Plan, say: Callable[[str], object], aside: Callable[[str], object]) -> None:
    listening = _bind("127.0.0.1" if plan.host == "localhost" else plan.host, plan.port)
    port = listening.getsockname()[1]
    door = Door(mine=plan.mine)
    addresses = Addresses(port, frozenset(_names(plan.host)))
    site_ = Site(door, addresses, places=plan.places)
    runner = web.AppRunner(
        site_.application(),
        access_log=None,  # it would hold the keys
        logger=watch.logger(aside),
        keepalive_timeout=watch.IDLE,
        shutdown_timeout=SOON,
    )
    await runner.setup()
    over = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(one, over.set)
    assert runner.server is not None
    keeping = asyncio.create_task(
        site_.watch.keep(lambda: runner.server.connections if runner.server else ())
    )
    try:
        await web.SockSite(runner, listening).start()
        link = _announce(plan, door, f"http://{bracketed(_shown(plan.host))}:{port}/?key=", say, aside)
        if plan.open and not await asyncio.to_thread(webbrowser.open, link):
            aside("no browser could be opened here")
        await over.wait()
        aside("ending every app")
    finally:
        keeping.cancel()
        await runner.cleanup()


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise QuizError(f"there is no host {host!r}", "Name an address of this machine.") from error
    try:
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            todo = "Take another with --port; --port 0 takes one that is free."
            raise QuizError(f"port {port} of {host} is in use", todo) from error
        todo = "Name an address of this machine, or a port above 1023."
        raise QuizError(f"cannot serve at {host}, port {port}: {error.strerror}", todo) from error
    return listening


def _names(host: str) -> set[str]:
    """Names under which others reach this machine; none when others cannot."""
    if is_loopback(host):
        return set()
    own = socket.gethostname().lower()
    return {host.lower(), own, f"{own.partition('.')[0]}.local"} - EVERYWHERE


def _shown(host: str) -> str:
    """The host as it stands in the links: an address, where everything was asked for."""
    if host not in EVERYWHERE:
        return host
    family = socket.AF_INET6 if host == "::" else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(NOWHERE if family == socket.AF_INET else ("2001:db8::1", 9))
        except OSError:
            return socket.gethostname()
        return str(asking.getsockname()[0])


def _announce(
    plan: Plan, door: Door, link: str, say: Callable[[str], object], aside: Callable[[str], object]
) -> str:
    """Say where to go; returns the link for the host. link: what a key is put behind."""
    if not is_loopback(plan.host):
        aside(
            "WARNING: this is open to your network, and there is no TLS. Others on it may read along and see "
            "the key; whoever has the link gets in. Do this only in a network you trust."
        )
    if door.own_key is not None:
        aside("for you: your own data, in the first browser that opens it")
        say(f"{link}{door.own_key}")
    aside("for visitors, each with data of their own")
    say(f"{link}{door.key}")
    aside(f"{plan.places} tabs at most; what visitors do is kept in {site.visitors()}; ctrl+c ends it")
    sys.stdout.flush()
    return f"{link}{door.own_key or door.key}"
