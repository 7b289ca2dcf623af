"""The terminal interface. Textual is imported here and nowhere else."""

import os

# Textual paints at most so often; a key that just misses a frame waits for the next one.
os.environ.setdefault("TEXTUAL_FPS", "120")
