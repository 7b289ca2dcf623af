"""Who may come in, and as whom."""

from __future__ import annotations

import pytest

from quizapp.serving.door import Addresses, Door, is_loopback


def test_a_key_lets_in_and_nothing_else_does():
    door = Door()
    assert door.visitor(None) is None
    assert door.visitor("x" * 43) is None
    secret = door.admit(door.key, None)
    assert secret is not None
    visitor = door.visitor(secret)
    assert visitor is not None
    assert not visitor.mine
    for wrong in ("", door.key[:-1], door.key + "A", "ключ", secret):
        assert not door.fits(wrong)
        assert door.admit(wrong, secret) is None


def test_every_browser_is_a_visitor_of_its_own_and_keys_differ():
    door = Door()
    one, two = (door.admit(door.key, None) for _ in range(2))
    assert one != two
    assert door.visitor(one) != door.visitor(two)
    assert len({Door().key for _ in range(10)}) == 10


def test_a_browser_is_the_same_visitor_on_another_evening_but_needs_its_key():
    first, second = Door(), Door()
    secret = first.admit(first.key, None)
    assert second.visitor(secret) is None
    assert second.admit(first.key, secret) is None
    assert second.admit(second.key, secret) == secret
    assert second.visitor(secret) == first.visitor(secret)


def test_the_name_of_a_visitor_does_not_give_the_secret_away_and_is_a_safe_name_of_a_folder():
    door = Door()
    secret = door.admit(door.key, None)
    visitor = door.visitor(secret)
    assert visitor.name.isalnum()
    assert visitor.name not in secret
    assert door.visitor(visitor.name) is None


@pytest.mark.parametrize("odd", ["", "short", "../../etc/passwd" + "a" * 27, "ä" * 43, "a" * 44])
def test_a_secret_that_we_did_not_make_is_replaced(odd: str):
    door = Door()
    secret = door.admit(door.key, odd)
    assert secret not in (None, odd)
    assert door.visitor(odd) is None


def test_the_own_key_is_good_for_the_first_browser_only():
    door = Door(mine=True)
    me = door.admit(door.own_key, None)
    assert door.visitor(me).mine
    assert door.admit(door.own_key, None) is None
    guest = door.admit(door.key, None)
    assert not door.visitor(guest).mine
    assert door.admit(door.own_key, guest) is None
    assert not door.visitor(guest).mine
    assert door.admit(door.own_key, me) == me
    assert Door().own_key is None


@pytest.mark.parametrize(
    ("host", "address", "ours"),
    [
        ("127.0.0.1:8128", "127.0.0.1", True),
        ("localhost:8128", "127.0.0.1", True),
        ("LOCALHOST:8128", "127.0.0.1", True),
        ("[::1]:8128", "::1", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1:80", "127.0.0.1", False),
        ("evil.example:8128", "127.0.0.1", False),
        ("127.0.0.1.evil.example:8128", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("192.168.1.5:8128", "192.168.1.5", True),
        ("study.local:8128", "192.168.1.5", True),
        ("localhost:8128", "192.168.1.5", False),
        ("192.168.1.6:8128", "192.168.1.5", False),
    ],
)
def test_only_our_own_addresses_are_ours(host: str, address: str, ours: bool):
    names = frozenset(() if is_loopback(address) else ("study.local",))
    assert Addresses(8128, names).ours(host, address) is ours


def test_a_browser_leaves_out_port_80():
    assert Addresses(80).ours("localhost", "127.0.0.1")
    assert Addresses(80).ours("localhost:80", "127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://127.0.0.1:8128", True),
        ("https://127.0.0.1:8128", False),
        ("http://127.0.0.1:9999", False),
        ("http://localhost:8128", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_our_own_page_is_of_the_same_origin(origin: str, same: bool):
    assert Addresses(8128).same_origin({"Origin": origin, "Host": "127.0.0.1:8128"}) is same


def test_no_origin_is_not_ours():
    assert not Addresses(8128).same_origin({"Host": "127.0.0.1:8128"})
    assert not Addresses(8128).same_origin({})
