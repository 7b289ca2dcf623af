"""Who may come in, and as whom: keys, visitors, and the addresses that are ours. Knows no HTTP library.

A key is in the link that the host hands out. It is exchanged for a secret of the browser's own, kept in a
cookie. The secret names the visitor, so that the same browser finds its own data on another evening; it opens
nothing before that evening's key was shown with it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""What `secrets.token_urlsafe` gives for 32 bytes."""
HTTP = 80
"""The port that a browser leaves out."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is in."""

    name: str
    """Names their folder; the secret cannot be found from it."""
    mine: bool = False
    """Whether they see the host's own data."""


class Door:
    """Keeps the keys of one evening, and who is in."""

    def __init__(self, *, mine: bool = False) -> None:
        """mine: whether there is a key, good for one browser, to the host's own data."""
        self.key = secrets.token_urlsafe(32)
        self.own_key = secrets.token_urlsafe(32) if mine else None
        self._owner: str | None = None
        self._in: set[str] = set()

    def fits(self, key: str) -> bool:
        """Whether a key is one of ours, in a time that does not tell how much of it is right."""
        return any(_same(key, known) for known in (self.key, self.own_key) if known is not None)

    def admit(self, key: str, secret: str | None) -> str | None:
        """Let a browser in. Returns the secret it keeps from now on; None when the key is not good.

        secret: the one it has from before, if it has one.
        """
        if not self.fits(key):
            return None
        if secret is None or not SECRET.fullmatch(secret):
            secret = secrets.token_urlsafe(32)
        name = _name(secret)
        if self.own_key is not None and _same(key, self.own_key):
            if self._owner not in (None, name):
                return None
            self._owner = name
        self._in.add(name)
        return secret

    def visitor(self, secret: str | None) -> Visitor | None:
        """Who has this secret; None when nobody who is in does."""
        name = _name(secret or "")
        # Looked up by a hash: how long that takes says nothing about the secrets that are known.
        return Visitor(name, mine=name == self._owner) if name in self._in else None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _name(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()[:32]


@dataclass(frozen=True)
class Addresses:
    """Which `Host` and `Origin` are ours: a name that somebody else points at us is not."""

    port: int
    names: frozenset[str] = frozenset()
    """Names, beside the address itself, under which the host is reached."""

    def ours(self, host: str, address: str) -> bool:
        """Whether a request may ask for this `Host`. address: the one of ours at which it came in."""
        address = unmapped(address)
        known = {bracketed(name) for name in (address, *self.names)}
        if is_loopback(address):
            known.add("localhost")
        wanted = {f"{name}:{self.port}" for name in known} | (known if self.port == HTTP else set())
        return host.lower() in wanted

    def same_origin(self, headers: Mapping[str, str]) -> bool:
        """Whether a request comes from our own page, by its Origin; one without it does not."""
        try:
            origin = urlsplit(headers.get("Origin", ""))
        except ValueError:
            return False
        return origin.scheme == "http" and origin.netloc.lower() == headers.get("Host", "").lower()


def unmapped(address: str) -> str:
    """An address of IPv4 as people write it, also where a socket for both kinds says it as one of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    inside = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return address if inside is None else str(inside)


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"


def bracketed(name: str) -> str:
    """A name or address as it stands in a URL."""
    return f"[{name}]" if ":" in name else name
