"""The commands, one file for each kind of errand. They know click and import the rest when it is needed."""
