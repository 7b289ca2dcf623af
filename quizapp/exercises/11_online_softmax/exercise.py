"""The online softmax, FlashAttention's trick.

attend(pairs): `pairs` is an iterator of (score, value); score is a
number, value a list of `width` numbers. Return the sum of
softmax(scores)[i] * value[i], a list of `width` numbers.

You see each pair once and may not keep them: the memory must not
grow with their number. That is how FlashAttention goes along the
keys without ever storing the scores. Scores may be 1000 or -1000,
where exp() overflows or gives 0.

Plain Python; there is at least one pair.
"""

import math


def attend(pairs):
    raise NotImplementedError
