# expect: the way down is missing


def scan(xs, combine, identity):
    tree = list(xs)
    distance = 1
    while distance < len(tree):
        for right in range(2 * distance - 1, len(tree), 2 * distance):
            tree[right] = combine(tree[right - distance], tree[right])
        distance *= 2
    return tree
    while distance > 1:
        distance //= 2
        for right in range(2 * distance - 1, len(tree), 2 * distance):
            left = tree[right - distance]
            tree[right - distance] = tree[right]
            tree[right] = combine(tree[right], left)
    return tree
