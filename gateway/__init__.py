"""Everything that knows no network."""

__version__ = "0.1.0"
