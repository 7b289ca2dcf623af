"""Reference evidence: read, written, judged, and shown beside one's own."""

import json
import math

import pytest
from quizapp.verifiers.wire import CheckResult

from quizapp import reference, report
from quizapp.errors import RunsError
from quizapp.evidence import Curve, Plot, Run
from quizapp.model import Claim, build
from quizapp.verifiers import catalogue


def run(experiment="permutation", **given):
    check = CheckResult(
        name="unit", arm="claim", must="", unit="1", meaning="m", estimate=0.5, low=0.25, high=math.inf,
        bounds=(None, 1.0), values=(0.5, math.nan), outcome="pass",
    )  # fmt: skip
    given = {"status": "ok", "checks": (check,), "device": "cpu", "seeds": (0, 1), "machine": "a box"} | given
    plot = Plot(title="t", curves=(Curve(name="c", arm="claim", x=(1.0,), y=(2.0,)),))
    return Run(experiment=experiment, profile="quick", plot=plot, at="2026-01-02T03:04:05+00:00", **given)


def claim(**given):
    body = {
        "id": "c", "topic": "parallelism", "says": "It is so.", "correct": "It is.", "standing": "true",
        "sources": (),
        "supports": ["permutation.unit"], "expected": {"cpu": "fails", "cuda": "holds", "mps": "holds"},
    }  # fmt: skip
    return build(Claim, body | given)


def test_what_is_written_is_what_is_read(tmp_path):
    file = tmp_path / "cpu.jsonl"
    reference.write(file, [run("b"), run("a"), run("crashed", status="crashed")])
    found = reference.read(file)
    assert list(found) == ["a", "b"]
    assert found["a"].plot == run().plot
    assert found["a"].checks[0].high == math.inf
    assert math.isnan(found["a"].checks[0].values[1])


def test_a_new_run_takes_the_place_of_the_old_one_only(tmp_path):
    file = tmp_path / "cpu.jsonl"
    reference.write(file, [run("a", seconds=1.0), run("b", seconds=1.0)])
    reference.write(file, [run("b", seconds=2.0, id=7)])
    found = reference.read(file)
    assert [found["a"].seconds, found["b"].seconds] == [1.0, 2.0]
    assert found["b"].id == 0


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"experiment": "a"}', '{"checks": 3}', "[" * 100_000])
def test_a_line_that_is_no_run_is_named(tmp_path, line):
    file = tmp_path / "cpu.jsonl"
    file.write_text(f"{json.dumps({'experiment': 'a', 'profile': 'quick', 'status': 'ok'})}\n{line}\n")
    with pytest.raises(RunsError) as caught:
        reference.read(file)
    assert f"{file}:2: " in str(caught.value)
    with pytest.raises(RunsError):
        reference.write(file, [run()])
    assert file.read_text().endswith(f"{line}\n"), "what is there is left alone"


def test_evidence_is_judged_per_device():
    shipped = reference.Reference(
        runs={"cpu": {"permutation": run()}, "cuda": {"permutation": run(device="cuda")}, "mps": {}}
    )
    on_cpu, on_cuda = shipped.evidence(claim())
    assert (on_cpu.verdict, on_cpu.surprise, on_cuda.surprise) == ("holds", True, False)
    said = report.reference_text(on_cpu)
    assert said.startswith("Reference (cpu, a box; profile quick, 2 seeds, 2026-01-02): holds.")
    assert "surprise" in said
    assert "Stale" in said, "no such fingerprint"


def test_numbers_come_from_the_cpu_if_it_has_them():
    bad = run("b", status="invalid")
    shipped = reference.Reference(
        runs={"cpu": {"a": run("a", seconds=1.0), "b": bad}, "cuda": {"c": run("c")}}
    )
    assert shipped.numbers() == {"a.unit": 0.5, "c.unit": 0.5}


def test_what_comes_with_quizapp_can_be_read_and_says_where_it_was_measured():
    shipped = reference.load()
    for device, runs in shipped.runs.items():
        for name, made in runs.items():
            assert made.device == device
            assert made.status == "ok"
            assert name in catalogue.names()
            assert made.machine
            assert made.seeds
