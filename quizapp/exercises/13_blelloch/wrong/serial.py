# expect: this is the serial chain


def scan(xs, combine, identity):
    found = [identity]
    for x in xs[:-1]:
        found.append(combine(found[-1], x))
    return found
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
