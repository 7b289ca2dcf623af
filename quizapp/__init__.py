"""Interview practice for the terminal whose answers prove themselves."""

__version__ = "0.1.0"
