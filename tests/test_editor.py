"""The command that opens an item where it stands."""

from pathlib import Path

import pytest

from quizapp import editor, paths
from quizapp.errors import QuizError

FILE = Path("bank.yaml")


@pytest.fixture
def everything_is_there(monkeypatch):
    monkeypatch.setattr(editor.shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.mark.usefixtures("everything_is_there")
@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"EDITOR": "vim"}, ["vim", "+7", "bank.yaml"]),
        ({"EDITOR": "vim", "VISUAL": "emacs -nw"}, ["emacs", "-nw", "+7", "bank.yaml"]),
        ({"VISUAL": "", "EDITOR": "'/opt/my editor/nano'"}, ["/opt/my editor/nano", "+7", "bank.yaml"]),
        ({"VISUAL": "code"}, ["code", "--wait", "--goto", "bank.yaml:7"]),
        ({"VISUAL": "code --wait"}, ["code", "--wait", "--goto", "bank.yaml:7"]),
        ({"VISUAL": "hx"}, ["hx", "bank.yaml:7"]),
        ({"VISUAL": "subl"}, ["subl", "--wait", "bank.yaml:7"]),
        ({}, ["nano", "+7", "bank.yaml"]),
    ],
)
def test_every_editor_is_told_the_line_its_way(environment, command):
    assert editor.command(environment, FILE, 7) == command


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "Set VISUAL or EDITOR"),
        ({"EDITOR": "edlin"}, "'edlin'"),
        ({"EDITOR": "vi '"}, "cannot be understood"),
    ],
)
def test_no_editor_is_an_error_that_can_be_acted_on(monkeypatch, environment, words):
    monkeypatch.setattr(editor.shutil, "which", lambda name: None)
    with pytest.raises(QuizError) as refused:
        editor.command(environment, FILE, 7)
    assert words in str(refused.value)


def test_an_item_is_found_where_it_stands_now(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "questions", lambda: tmp_path)
    file = tmp_path / "bank.yaml"
    file.write_text("schema: 1\n\n\nitems:\n- id: a-b\n- kind: x\n  id: 'a' # it\n", encoding="utf-8")
    assert editor.locate("elsewhere/bank.yaml:2:3", "a-b") == (file, 5)
    assert editor.locate("bank.yaml:2:3", "a") == (file, 7)
    assert editor.locate("bank.yaml:2:3", "gone") == (file, 2)
    assert editor.locate("C:/x/other.yaml:2:3", "a") == (Path("C:/x/other.yaml"), 2)
