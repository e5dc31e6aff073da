"""Ways of calling the command, as in the tests of it."""

from tests.cli.conftest import here, uptake

__all__ = ["here", "uptake"]
