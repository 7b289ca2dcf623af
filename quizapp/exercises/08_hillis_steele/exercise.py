"""Hillis and Steele's scan.

scan(xs, combine): the running combinations of xs, as a list of the
same length. Place t holds xs[0], ..., xs[t] combined in that order
(an inclusive scan). `combine(earlier, later)` is associative; it
need not be commutative.

The serial way takes N - 1 combines in a row. Do it in rounds, so
that at length 1024 no more than 10 combines wait for each other.
The check hands you a combine that counts, and elements that know
which stretch they cover. Any length may come: 0, 1, and those that
are no power of two. Change nothing you are given.
"""


def scan(xs, combine):
    raise NotImplementedError
