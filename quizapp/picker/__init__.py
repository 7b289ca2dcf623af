"""Which architecture for which task: needs in, a recommendation with its numbers and its doubts out.

`rules.yaml` says what counts, `formulas` what things cost, `choose` weighs, `flips` looks for what would
change it.
"""
