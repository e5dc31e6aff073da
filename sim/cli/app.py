"""The `uptake` command itself: its options, its commands and the way it ends."""

import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from sim.cli.check import check
from sim.cli.completion import completion
from sim.cli.exits import ReaderLeft, ending, open_streams
from sim.cli.explain import explain
from sim.cli.ladder import ladder
from sim.cli.plot import plot
from sim.cli.resume import fork, resume
from sim.cli.run import run
from sim.cli.scenarios import scenarios
from sim.cli.schema import schema


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"uptake {version('uptake')}")
    context.exit()


class Commands(click.Group):
    """The commands, listed in the order of use and not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names as they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe leaves under a name that click has no rule for."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderLeft from error


@click.group(
    name="uptake",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the run failed, 2 bad input, 130 interrupted, 143 terminated.",
)
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    help="Print the traceback when something fails (anywhere on the line).",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def uptake() -> None:
    """Simulate how features reach billions of people.

    A scenario file goes in; a folder with tables and figures comes out.

    \b
    Try:  uptake scenarios        what comes with the program
          uptake run hybrid       run one of them
          uptake explain omega    where a number comes from
    """


for command in (run, resume, fork, ladder, check, scenarios, explain, schema, plot, completion):
    uptake.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line with `arguments` (default: those of the process) and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a substitute for it, not a failure.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # A job scheduler ends a job with SIGTERM, a terminal that is closed with SIGHUP: leave through
    # the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, _terminated)
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) == signal.SIG_DFL:
        signal.signal(hangup, _terminated)
    line = [word for word in given if word != "--debug"]
    sys.exit(
        ending(lambda: uptake.main(line, prog_name="uptake", standalone_mode=False), debug=debug)
    )


def _terminated(number: int, _: Any) -> NoReturn:
    raise SystemExit(128 + number)
