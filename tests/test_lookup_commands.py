"""`quizapp pick` and `quizapp define` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from quizapp.__main__ import cli
from quizapp.errors import QuizError

ROOT = Path(__file__).resolve().parents[1]


def call(*words: str, typed: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, words, input=typed)
    return result.exit_code, result.stdout, result.stderr


def test_pick_by_flags_says_the_whole_account(home):
    code, out, _ = call("pick", "--task", "language", "--length", "128K", "--device", "laptop")
    assert code == 0
    for heading in ("Recommendation", "Why", "Numbers", "What would flip it", "Rests on", "Measured"):
        assert f"\n{heading}\n" in out
    assert "131,072 tokens" in out
    assert "(reference)" in out


def test_pick_for_machines(home):
    code, out, _ = call("pick", "--stream", "--task", "signal", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["recommendation"] == ["mamba2", "mamba"]
    assert found["strength"] == "tie"
    assert found["needs"]["stream"] is True
    assert {one["id"]: one["excluded"] for one in found["candidates"]}["transformer-fused"]
    assert all(one["whose"] == "reference" for one in found["measured"])
    kept = {one["id"]: one["carried_bytes"] for one in found["candidates"]}
    assert kept["mamba2"] == 2 * 32 * 2 * 4096 * 128


def test_every_key_for_machines_is_documented(home):
    _, out, _ = call("pick", "--json")
    told = (ROOT / "docs" / "picker.md").read_text(encoding="utf-8").partition("## The keys of")[2]
    found = json.loads(out)
    inner = [
        found["candidates"][0],
        found["needs"],
        found["flips"][0],
        found["claims"][0],
        found["measured"][0],
    ]
    for keys in (found, *inner):
        assert [key for key in keys if key not in told] == []


def test_pick_asks_one_question_at_a_time_and_again_after_nonsense(home):
    typed = "nonsense\nsignal\n\nmicro\n\n10 million\n\n\n\n\n"
    code, out, err = call("pick", typed=typed)
    assert code == 0
    assert "task is 'nonsense'" in err
    assert "Where will it run? (server, laptop, cpu, microcontroller)" in err
    assert "microcontroller without a matrix unit" in " ".join(out.split())
    assert "10 million training tokens" in " ".join(out.split())


def test_pick_that_is_broken_off_gives_up(home):
    assert call("pick", typed="language\n")[0] != 0


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--task", "cooking"), ("--length", "0"), ("--length", "lots"), ("--memory", "3 tokens")),
        *(
            ("--tokens", "-1"),
            ("--recall", "all"),
            ("--device", ""),
            ("--latency", "soon"),
            ("--length", "1e99"),
        ),
    ],
)
def test_what_cannot_be_understood_is_said(home, flag: str, value: str):
    with pytest.raises(QuizError) as raised:
        CliRunner().invoke(cli, ["pick", flag, value], catch_exceptions=False)
    assert flag[2:] in raised.value.what
    assert raised.value.todo


def test_define_a_term_a_list_and_a_slip(home):
    code, out, _ = call("define", "context", "window")
    assert code == 0
    for label in ("People say", "It means", "Shown by", "Practise"):
        assert label in out
    code, out, _ = call("define")
    assert code == 0
    assert len(out.splitlines()) > 25
    code, out, _ = call("define", "recurence")
    assert code == 0
    assert out.startswith("recurrence\n")
    code, out, _ = call("define", "logitz")
    assert code == 0
    assert out.startswith("logits\n  has no entry of its own")
    assert all(len(line) <= 80 for line in out.splitlines())
    with pytest.raises(QuizError, match="no term 'asdfgh'") as raised:
        CliRunner().invoke(cli, ["define", "asdfgh"], catch_exceptions=False)
    assert "quizapp define" in raised.value.todo


def test_define_for_machines(home):
    _, out, _ = call("define", "ssm", "--json")
    found = json.loads(out)
    assert found["name"] == "state-space model"
    assert found["claims"][0]["verdict"] in ("holds", "depends", "fails", "unclear")
    _, out, _ = call("define", "logits", "--json")
    assert json.loads(out).keys() == {"asked", "sentences", "practise"}
    _, out, _ = call("define", "--json")
    assert len([json.loads(line) for line in out.splitlines()]) > 25
