"""The command line, `uptake`: one module a command, nothing heavy imported before it is needed."""

from sim.cli.app import main

__all__ = ["main"]
