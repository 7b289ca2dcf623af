"""What is answered to a browser: the page, its parts, and a socket to an app of the visitor's own.

Every request is looked at in one place (`_guard`) before anything is done, and every answer leaves through
another (`_seal`). Knows no command line; runs no process itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from quizapp import paths
from quizapp.serving.door import Addresses, Door, Visitor
from quizapp.serving.guest import Guest
from quizapp.serving.watch import PATIENCE, Watch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE = "quizapp"
KEPT = 180 * 24 * 3600
"""Seconds for which a browser remembers who it is."""
TABS = 3
"""The most tabs of one visitor."""
HEARTBEAT = 15.0
"""Seconds after which a browser is asked whether it is still there; half as much later it is given up."""
PARTING = 2.0
"""Seconds in which a browser may answer that it is over."""
LINE = 1 << 16
"""Bytes of one message from a browser, such as a text that is pasted."""
LEFT, FULL, BROKEN = 4000, 4001, 4002
"""Why a socket is closed; `page.js` says each in words."""

PAGE = Path(str(files("quizapp.serving"))) / "page"
TERMINAL = Path(str(files("textual_serve"))) / "static"
PARTS = {
    "letters.css": PAGE,
    "page.css": PAGE,
    "page.js": PAGE,
    "enter.js": PAGE,
    "icon.svg": PAGE,
    "js/textual.js": TERMINAL,
    "css/xterm.css": TERMINAL,
    "fonts/RobotoMono-VariableFont_wght.ttf": TERMINAL,
    "fonts/RobotoMono-Italic-VariableFont_wght.ttf": TERMINAL,
}
"""What the page is made of; nothing else is given out, and nothing comes from elsewhere."""
OPEN = frozenset({"enter.js", "page.css", "icon.svg"})
"""The parts that somebody at the door needs, before there is a cookie."""

NO_KEY = "This page needs a key. Open the whole link that your host gave you, as quizapp printed it."
BAD_KEY = (
    "This key does not fit: it is of another evening, is not whole, or was for one browser only. "
    "Ask your host for the link."
)
NOT_OURS = "This address is not one that quizapp serves. Use the address in the link, as it was printed."
FOREIGN = "This was asked for by a page of another site."
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "quizapp",
}


class Site:
    """The pages of one evening, and the guests that are in."""

    def __init__(self, door: Door, addresses: Addresses, *, places: int) -> None:
        """places: how many tabs may be open at once, over all visitors."""
        self.door = door
        self.addresses = addresses
        self.places = places
        self.watch = Watch()
        self._tabs: dict[web.WebSocketResponse, Visitor] = {}
        self._guests: set[Guest] = set()

    def application(self) -> web.Application:
        """For aiohttp to run."""
        app = web.Application(middlewares=[self._guard], client_max_size=1024)
        app.router.add_get("/", self._page)
        app.router.add_post("/enter", self._enter)
        app.router.add_get("/part/{name:.+}", self._part)
        app.router.add_get("/ws", self._socket)
        app.on_response_prepare.append(self._seal)
        app.on_shutdown.append(self._close)
        return app

    # ---- every request, every answer

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Our address, our page, a key or a cookie; or a plain sentence."""
        transport = request.transport
        self.watch.asked(transport)
        address = transport.get_extra_info("sockname")[0] if transport else ""
        if not self.addresses.ours(request.headers.get("Host", ""), address.partition("%")[0]):
            return _refused(NOT_OURS)
        asks_to_change = request.path in ("/ws", "/enter")
        if asks_to_change and not self.addresses.same_origin(request.headers):
            return _refused(FOREIGN)
        if (request.path, request.method) == ("/enter", "POST"):
            return await handler(request)
        if request.path == "/" and "key" in request.query:
            fits = self.door.fits(request.query["key"])
            return web.FileResponse(PAGE / "enter.html") if fits else _refused(BAD_KEY)
        if request.path.removeprefix("/part/") in OPEN and request.method == "GET":
            return await handler(request)
        visitor = self.door.visitor(request.cookies.get(COOKIE))
        if visitor is None:
            return _refused(NO_KEY)
        request["visitor"] = visitor
        return await handler(request)

    async def _seal(self, request: web.Request, response: web.StreamResponse) -> None:
        """What a browser must not do with any of our answers."""
        response.headers.update(HEADERS)
        # Only revalidated, not stored anew: the terminal's script is half a megabyte.
        part = request.path.startswith("/part/") and response.status in (200, 304)
        response.headers["Cache-Control"] = "private, no-cache" if part else "no-store"
        # Older Safari does not take 'self' to mean the socket. Styles: the terminal writes its own.
        host = request.headers.get("Host", "") if response.status != 403 else ""
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
            f"img-src 'self' data:; connect-src 'self'{f' ws://{host}' * bool(host)}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )

    # ---- pages

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _part(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in PARTS:
            raise web.HTTPNotFound(text="There is nothing here.")
        return web.FileResponse(PARTS[name] / name)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """A key becomes a cookie. The page asks for this itself: a cookie that is strict is not sent along
        a link from elsewhere, and a browser that comes back must be known again."""
        try:
            body = await asyncio.wait_for(request.read(), PATIENCE)
        except TimeoutError:
            return _refused(BAD_KEY)
        secret = self.door.admit(body.decode("ascii", "replace").strip(), request.cookies.get(COOKIE))
        if secret is None:
            return _refused(BAD_KEY)
        answer = web.Response(status=204)
        answer.set_cookie(COOKIE, secret, max_age=KEPT, path="/", httponly=True, samesite="Strict")
        return answer

    # ---- the socket

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """An app for as long as the tab is open."""
        visitor: Visitor = request["visitor"]
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LINE, timeout=PARTING)
        if not socket.can_prepare(request):
            raise web.HTTPBadRequest(text="This address is for the page itself.")
        await socket.prepare(request)
        if full := self._full(visitor):
            await socket.close(code=FULL, message=full.encode())
            return socket
        self._tabs[socket] = visitor

        async def ended(well: bool) -> None:
            await socket.close(code=LEFT if well else BROKEN)

        try:
            home = await asyncio.to_thread(_home, visitor)
            guest = Guest(home, visitors() / "turn", socket.send_bytes, ended)
            self._guests.add(guest)
            try:
                await guest.start(_number(request, "width", 80), _number(request, "height", 24))
                await _pass_on(socket, guest)
            finally:
                await guest.stop()
                self._guests.discard(guest)
        finally:
            del self._tabs[socket]
        return socket

    def _full(self, visitor: Visitor) -> str:
        """Why there is no room now; empty when there is."""
        if list(self._tabs.values()).count(visitor) >= TABS:
            return f"You have {TABS} tabs open already. Close one, then come back to this one."
        if len(self._tabs) >= self.places:
            taken = "place is" if self.places == 1 else f"{self.places} places are"
            return f"The {taken} taken. As soon as somebody leaves there is room for you."
        return ""

    async def _close(self, _: web.Application) -> None:
        """The evening is over: tell the tabs, and end every app."""
        farewells = [tab.close(code=WSCloseCode.GOING_AWAY) for tab in list(self._tabs)]
        await asyncio.gather(*farewells, *(guest.stop() for guest in list(self._guests)))


async def _pass_on(socket: web.WebSocketResponse, guest: Guest) -> None:
    """What is typed goes to the app; what makes no sense goes nowhere."""
    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        with suppress(ValueError, RecursionError):
            match json.loads(message.data):
                case ["stdin", str(typed)]:
                    await guest.send_bytes(typed.encode(errors="replace"))
                case ["resize", {"width": int(width), "height": int(height)}]:
                    await guest.set_terminal_size(width, height)
                case ["ping", str(sent)]:
                    await socket.send_json(["pong", sent[:32]])
                case ["focus"]:
                    await guest.focus()
                case ["blur"]:
                    await guest.blur()


def _refused(why: str) -> web.Response:
    return web.Response(status=403, text=f"{why}\n")


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else otherwise


def visitors() -> Path:
    """The folder of every visitor's folder."""
    return paths.home() / "visitors"


def _home(visitor: Visitor) -> Path:
    """The folder of a visitor's data, made when they first come."""
    if visitor.mine:
        paths.home().mkdir(parents=True, exist_ok=True)
        return paths.home()
    home = visitors() / visitor.name
    if not home.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError):  # the questions as they were last read: the first screen is there sooner
            shutil.copyfile(paths.cache(), home / paths.cache().name)
    return home


def prepare() -> None:
    """Make the folder of all visitors, for our eyes only. Raises OSError."""
    visitors().mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(visitors() / "turn", os.O_CREAT | os.O_WRONLY, 0o600))
