"""What the learner set: read, refused with a place, and written line by line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from quizapp import settings
from quizapp.errors import SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "learner" / "settings.yaml"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_set(file: Path) -> None:
    assert settings.load(file) == settings.Settings()
    assert settings.load(written(file, "# only a comment\n")) == settings.Settings()


def test_everything_set(file: Path) -> None:
    text = "new_per_day: 5\nreviews_per_day: 80\nminutes: 25\ninterview: 2027-01-31\ntheme: contrast\n"
    found = settings.load(written(file, text + "motion: false\nkeys:\n  practice.undo: z,ctrl+z\n"))
    assert found == settings.Settings(
        new_per_day=5,
        reviews_per_day=80,
        minutes=25,
        interview=date(2027, 1, 31),
        theme="contrast",
        motion=False,
        keys={"practice.undo": "z,ctrl+z"},
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("minuts: 3", "Did you mean `minutes`?"),
        ("shade: red", "There are: new_per_day"),
        ("minutes: 0", "whole number from 1"),
        ("minutes: true", "whole number from 1"),
        ("new_per_day: many", "whole number from 0"),
        ("interview: 31.1.2027", "year-month-day"),
        ("theme: pink", "dark, light or contrast"),
        ("motion: no", "true or false"),
        ("keys: z", "one line for each action"),
        ("keys:\n  practice.undo: 1", "one line for each action"),
        ("- minutes", "`name: value` lines"),
        ("minutes: 3\nminutes: 4", "twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(file: Path, line: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        settings.load(written(file, "# mine\n" + line + "\n"))
    assert said in str(raised.value)
    assert raised.value.problems[0].line in (2, 3)
    assert str(file) in str(raised.value)


def test_setting_keeps_the_other_lines(file: Path) -> None:
    written(file, "# mine\nminutes: 25\ntheme: dark   # for the night\n")
    assert settings.put(file, "minutes", "30").minutes == 30
    assert file.read_text(encoding="utf-8") == "# mine\ntheme: dark   # for the night\nminutes: 30\n"
    assert settings.put(file, "minutes", "") == settings.Settings(theme="dark")


def test_setting_makes_the_file(file: Path) -> None:
    assert settings.put(file, "interview", "2027-01-31").interview == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("name", "value"),
    [("minutes", "soon"), ("minutes", "3\ntheme: dark"), ("nothing", "1"), ("keys", "a"), ("theme", "{")],
)
def test_a_refused_value_writes_nothing(file: Path, name: str, value: str) -> None:
    written(file, "# mine\n")
    with pytest.raises(SettingsError):
        settings.put(file, name, value)
    assert file.read_text(encoding="utf-8") == "# mine\n"


def test_a_broken_file_is_not_written_over(file: Path) -> None:
    written(file, "minutes: [\n")
    with pytest.raises(SettingsError):
        settings.put(file, "theme", "dark")
    assert file.read_text(encoding="utf-8") == "minutes: [\n"


def test_what_is_shown_can_be_set_again(file: Path) -> None:
    written(file, "minutes: 25\ninterview: 2027-01-31\nmotion: false\n")
    before = settings.load(file)
    for name, text in settings.shown(before):
        if name != "keys":
            settings.put(file, name, text)
    assert settings.load(file) == before


@pytest.mark.parametrize(
    "text",
    [
        "tour: false\n",
        "theme: contrast\nminutes: 25\nmotion: true\ninterview: 2027-01-31\nnew_per_day: 0\n",
        "interview: 2027-01-31",
    ],
)
def test_plain_lines_mean_what_yaml_says_and_need_none(
    file: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_plain", lambda path: None)
    by_yaml = settings.load(written(file, text))
    monkeypatch.undo()
    assert settings._plain(file) == by_yaml != settings.Settings()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n",
        "keys:\n  a: b\n",
        "minutes: 025",
        "minutes: 5\nminutes: 5",
        "theme: dark # x",
        "minutes: 0",
    ],
)
def test_anything_else_is_left_to_yaml(file: Path, text: str) -> None:
    assert settings._plain(written(file, text + "\n")) in (None, settings.Settings())


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("endpoint:\n  http://localhost:11434/v1\nminutes: 3\n", "endpoint", ""),
        ("endpoint: >-\n  http://localhost:11434/v1\n# mine\n", "endpoint", "https://example.org/v1"),
        ('"minutes": 3\n', "minutes", "5"),
        ("\ufeffminutes: 7\n", "minutes", "5"),
        ("minutes: 3\r\ntheme: dark\r\n", "minutes", "5"),
    ],
)
def test_a_setting_is_changed_however_it_was_written(file: Path, text: str, name: str, value: str) -> None:
    before = settings.load(written(file, text))
    after = settings.put(file, name, value)
    assert settings.load(file) == after
    assert after != before
    assert ("# mine" in text) == ("# mine" in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("{minutes: 3}\n", "minutes", "5"),
        ("{minutes: 3}\n", "theme", "dark"),
        ("{minutes: 3}\n", "minutes", ""),
        ("minutes: 3\n...\n", "theme", "dark"),
    ],
)
def test_a_file_that_only_an_editor_can_change_stays_in_order(
    file: Path, text: str, name: str, value: str
) -> None:
    written(file, text)
    with pytest.raises(SettingsError, match="with an editor"):
        settings.put(file, name, value)
    assert file.read_text(encoding="utf-8") == text
