"""The bench. In a checkout its files are in the top-level `verifiers/`; in a wheel they are here."""

from pathlib import Path

_checkout = Path(__file__).parents[2] / "verifiers"
if (_checkout / "wire.py").is_file():
    __path__.append(str(_checkout))
