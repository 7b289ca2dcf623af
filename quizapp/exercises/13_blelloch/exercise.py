"""Blelloch's scan, with no more work than the serial one.

scan(xs, combine, identity): the combinations of everything *before*
each place, as a list of the same length: place 0 holds the
identity, place t holds xs[0], ..., xs[t - 1] combined in that order
(an exclusive scan). The length is a power of two. `combine(earlier,
later)` is associative and need not be commutative; identity changes
nothing.

Hillis and Steele's way makes N log2 N combines. Stay below 2 N,
with at most 2 log2 N of them in a row: at length 1024, at most
2,048 and 20. The way is a tree: up, combining pairs, then down,
handing out what lies to the left.
"""


def scan(xs, combine, identity):
    raise NotImplementedError
