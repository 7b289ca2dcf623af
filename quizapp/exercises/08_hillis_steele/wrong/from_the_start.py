# expect: too much work


def scan(xs, combine):
    return [tree(xs[: end + 1], combine) for end in range(len(xs))]


def tree(xs, combine):
    if len(xs) == 1:
        return xs[0]
    half = 1 << (len(xs) - 1).bit_length() - 1
    return combine(tree(xs[:half], combine), tree(xs[half:], combine))
