"""How a command ends: the exit codes, and the one message that goes with each of them.

Every ending that a person can cause or cure is a sentence on the error stream. A traceback appears
only when it was asked for with `--debug`.
"""

import os
import sys
import traceback
from collections.abc import Callable

import click

DONE = 0
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, what shells report for a program that Ctrl-C ended
TERMINATED = 143  # 128 + SIGTERM
PIPE_CLOSED = 141  # 128 + SIGPIPE


class Refused(click.ClickException):
    """The input is at fault and nothing was done. The message may have several lines."""

    exit_code = BAD_INPUT


class Failed(click.ClickException):
    """The input was fine and the work could not be finished: a full disk, too little memory."""

    exit_code = FAILED


class Stopped(Exception):
    """The work was asked to stop by a signal and can be gone on with; the text says how."""

    def __init__(self, said: str, signal_number: int) -> None:
        super().__init__(said)
        self.code = 128 + signal_number


class ReaderLeft(Exception):
    """Whoever read the output stream has closed it, as `head` does."""


def ending(command: Callable[[], object], *, debug: bool) -> int:
    """Call `command`, say what went wrong if anything did, and return the exit code."""
    try:
        code = command()
        # Output may still wait in a buffer: a closed pipe has to show here and not at shutdown.
        sys.stdout.flush()
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _explained(error)
    return code if isinstance(code, int) else DONE


def _explained(error: Exception) -> int:
    """Print what `error` means and return its exit code."""
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case Stopped():
            click.echo(str(error), err=True)
            return error.code
        case click.Abort():
            # What was interrupted may have left something, and then says so.
            click.echo(str(error.__cause__ or "") or "Interrupted. Nothing was written.", err=True)
            return INTERRUPTED
        case ReaderLeft() | BrokenPipeError():
            # The interpreter would flush once more at exit, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED
        case MemoryError():
            click.echo("Error: not enough memory.", err=True)
        case OSError():
            click.echo(f"Error: {_reason(error)}", err=True)
        case _:
            kind = type(error).__name__
            click.echo(f"Error: internal fault, {kind}: {_first_line(error)}", err=True)
            click.echo("This is a bug in uptake. `--debug` prints where it happened.", err=True)
    return FAILED


def _reason(error: OSError) -> str:
    """`path: what the system says`, without the error number."""
    reason = error.strerror or _first_line(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no message"])[0]
