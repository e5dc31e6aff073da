"""`uptake plot`: the figures of a run, drawn again."""

from pathlib import Path

import click

from sim.cli.closing import undrawn
from sim.cli.completion import run_folders
from sim.cli.exits import Failed, Refused


@click.command(short_help="Draw the figures of a run folder again.")
@click.argument(
    "folder", metavar="RUN", type=click.Path(path_type=Path), shell_complete=run_folders
)
def plot(folder: Path) -> None:
    """Draw the figures of RUN, a run folder, from its tables.

    They replace the figures in that folder; the tables stay as they are.
    """
    from sim.running.run import Run, RunFolderError

    try:
        run = Run.open(folder)
    except RunFolderError as error:
        raise Refused(str(error)) from error
    try:
        drawn = run.figures()
    except RunFolderError as error:
        raise Failed(str(error)) from error
    for path in drawn:
        click.echo(path)
    undrawn(run)
