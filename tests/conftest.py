"""What many tests share: a bank with every kind of item, a clock, and a home that is thrown away."""

import gc
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizapp import bank, paths
from quizapp.store import Store

FIXTURE_BANK = Path(__file__).parent / "fixtures" / "bank"


def pytest_configure() -> None:
    """Ctrl+c reaches what tests start, even where a shell began them in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Begin light."""
    lighten()


@pytest.fixture(scope="module", autouse=True)
def light():
    """Let go of what a file of tests leaves behind."""
    yield
    assert gc.isenabled()
    if drawn := sys.modules.get("textual._styles_cache"):
        # The cache of a method, which keeps a thousand widgets with all their lines.
        drawn.StylesCache.get_inner_outer.cache_clear()
    lighten()


def lighten() -> None:
    """What stays, such as all of torch, is not looked through again whenever timing collects garbage."""
    if len(gc.get_objects()) > 100_000:
        gc.collect()
        gc.freeze()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="session")
def all_kinds() -> bank.Bank:
    """The bank of tests/fixtures/bank."""
    found, problems = bank.read(sorted(FIXTURE_BANK.glob("*.yaml")))
    assert problems == []
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "answers.sqlite3")
    yield store
    store.close()


@pytest.fixture(scope="session")
def read_before(tmp_path_factory) -> Path:
    """The built-in banks as a start before this one kept them."""
    cache = tmp_path_factory.mktemp("banks") / paths.cache().name
    bank.load(paths.questions(), cache)
    return cache


@pytest.fixture
def home(tmp_path, monkeypatch, read_before) -> Path:
    """QUIZAPP_HOME in a folder of its own, of somebody who had the tour and has read the built-in banks."""
    monkeypatch.setenv("QUIZAPP_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    paths.cache().hardlink_to(read_before)  # as good as a copy: a cache is replaced and never written to
    (tmp_path / "home" / "settings.yaml").write_text("tour: false\n", encoding="utf-8")
    return tmp_path / "home"
