"""Bytes of attention by hand, and a note where no quadratic fits them."""

from quizapp.verifiers.lab import Lab
from quizapp.verifiers.models.attention import explicit_attention

from quizapp.verifiers import attention_cost


def test_bytes_that_no_quadratic_fits_are_noted():
    notes = []
    lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=lambda event: notes.append(event.text))
    attention_cost.noted_fit(lab, "a cube", [1, 2, 3, 4], [1, 8, 27, 64])
    assert len(notes) == 1
    assert "a cube miss" in notes[0]


def test_points_are_drawn_as_they_are_counted():
    points = []
    lab = Lab(arm="claim", seed=0, size={}, device="cpu", emit=points.append)
    heads = attention_cost.Heads(lab, 2, 4)
    kept = heads.kept_bytes(explicit_attention, [8, 16], curve="it")
    assert [(event.x, event.y) for event in points] == [(8.0, kept[0]), (16.0, kept[1])]
    assert kept[0] == 3 * 2 * 8 * 4 * 4 + 2 * 8 * 8 * 4
