"""`uptake resume` and `uptake fork`: runs gone on with, and runs that part from another."""

import time
from pathlib import Path

import click

from sim.cli.closing import ended
from sim.cli.completion import run_folders
from sim.cli.exits import Failed, Refused, Stopped
from sim.cli.loading import checkpoint_option, keep_option, no_figures_option, refusing
from sim.cli.run import held_place

run_argument = click.argument(
    "folder", metavar="RUN", type=click.Path(path_type=Path), shell_complete=run_folders
)


@click.command(
    short_help="Go on with a run that was stopped.",
    epilog="\b\nuptake run hybrid --checkpoint 30d --out runs/long\nuptake resume runs/long",
)
@run_argument
def resume(folder: Path) -> None:
    """Go on with RUN, a folder that `uptake run --checkpoint` began and did not finish.

    The result is the same, bit for bit, as that of a run that was never stopped. SIGTERM and
    Ctrl-C stop it again where it is; a second Ctrl-C ends it at once.
    """
    from sim.cli.progress import RunProgress
    from sim.record.folder import RunFolderError
    from sim.record.unfinished import Unfinished
    from sim.running.checkpoint import CheckpointError
    from sim.running.keeping import Paused
    from sim.running.play import Stages
    from sim.running.play import resume as go_on
    from sim.scenario import load

    began = time.perf_counter()
    try:
        unfinished = Unfinished.open(folder)
    except RunFolderError as error:
        raise Refused(str(error)) from error
    with refusing():
        scenario = load(unfinished.scenario)
    with RunProgress(scenario.start, scenario.days) as progress, refusing():
        try:
            whole = go_on(folder, stages=Stages(progress.reached, progress.stage))
        except Paused as paused:
            raise Stopped(str(paused), paused.signal_number) from paused
        except CheckpointError as error:
            raise Refused(str(error)) from error
        except RunFolderError as error:
            raise Failed(str(error)) from error
    ended(whole, began)


@click.command(
    short_help="Run again with parameters that move on a date.",
    epilog="\b\nuptake run hybrid --checkpoint 30d --keep-checkpoints --out runs/base\n"
    "uptake fork runs/base --at 2027-01-01 --set parameters.omega='0.01 per day'",
)
@run_argument
@click.option("--at", metavar="DATE", required=True, help="From when on, e.g. 2027-01-01.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="PATH=VALUE",
    help="Move a parameter, e.g. `--set parameters.omega='0.01 per day'`. Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write; must not exist.  [default: runs/<RUN>-fork-<n>]",
)
@no_figures_option
@checkpoint_option
@keep_option
def fork(
    folder: Path,
    at: str,
    settings: tuple[str, ...],
    out: Path | None,
    no_figures: bool,
    checkpoint: float | None,
    keep_checkpoints: bool,
) -> None:
    """Run the scenario of RUN, a finished run, with parameters that move on a date.

    Before the date both runs are the same, bit for bit. Where RUN kept a checkpoint from before it
    the fork goes on from there.
    """
    from sim.cli.progress import RunProgress
    from sim.record.folder import RunFolderError
    from sim.running.checkpoint import CheckpointError
    from sim.running.keeping import Paused
    from sim.running.play import Stages, fork_kept
    from sim.running.run import Run

    began = time.perf_counter()
    try:
        parent = Run.open(folder)
    except RunFolderError as error:
        raise Refused(str(error)) from error
    with refusing():
        scenario = parent.scenario
    with (
        held_place(out),
        RunProgress(scenario.start, scenario.days) as progress,
        refusing(),
    ):
        try:
            if checkpoint is None:
                whole = parent.fork(at, settings, progress=progress.reached)
                progress.stage("writing tables" if no_figures else "writing tables and figures")
                whole.save(out, figures=not no_figures)
            else:
                whole = fork_kept(
                    parent,
                    at,
                    settings,
                    out,
                    every=checkpoint,
                    keep=keep_checkpoints,
                    figures=not no_figures,
                    stages=Stages(progress.reached, progress.stage),
                )
        except Paused as paused:
            raise Stopped(str(paused), paused.signal_number) from paused
        except CheckpointError as error:
            raise Refused(str(error)) from error
        except RunFolderError as error:
            raise Failed(str(error)) from error
    ended(whole, began)
