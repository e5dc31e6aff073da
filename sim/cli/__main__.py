"""`python -m sim.cli` does what `uptake` does, where the command is not on the path."""

from sim.cli.app import main

main()
