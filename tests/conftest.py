"""What many tests share: a bank with every kind of item, a clock, and a home that is thrown away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizapp import bank
from quizapp.store import Store

FIXTURE_BANK = Path(__file__).parent / "fixtures" / "bank"


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


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """QUIZAPP_HOME in a folder of its own, of somebody who had the tour."""
    monkeypatch.setenv("QUIZAPP_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.yaml").write_text("tour: false\n", encoding="utf-8")
    return tmp_path / "home"
