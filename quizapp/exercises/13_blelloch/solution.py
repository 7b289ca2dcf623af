"""Up the tree the sums, down the tree what lies to the left of each.

Why: 2 (N - 1) combines in 2 log2 N rounds. Hillis and Steele's way
has half the depth and log2 N / 2 times the work; it wins while
there is a processor for every element, and loses when there is not,
which at sequence lengths of today is the usual case. Both orders
must be kept: what a node hands to its right child is first what
came from above, then the sum of its left child.
"""


def scan(xs, combine, identity):
    tree = list(xs)
    distance = 1
    while distance < len(tree):
        for right in range(2 * distance - 1, len(tree), 2 * distance):
            tree[right] = combine(tree[right - distance], tree[right])
        distance *= 2
    if tree:
        tree[-1] = identity
    while distance > 1:
        distance //= 2
        for right in range(2 * distance - 1, len(tree), 2 * distance):
            left = tree[right - distance]
            tree[right - distance] = tree[right]
            tree[right] = combine(tree[right], left)
    return tree
