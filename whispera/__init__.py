"""Whispera: voice commands understood and carried out on this machine alone."""

__version__ = "0.1.0"
