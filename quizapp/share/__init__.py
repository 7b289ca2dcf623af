"""Questions and evidence between the members of a study group: packs, and merging what several people edited.

`archive` is the zip and its limits, `manifest` says what is in it, `pack` makes and reads one, `place` puts
it beside the learner's data, `difference` and `merge` are pure, `sources` reads and writes what is merged.
Nothing here runs or evaluates what others wrote.
"""
