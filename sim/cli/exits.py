"""How a command ends: the exit codes, and the one message that goes with each of them.

Every ending that a person can cause or cure is a sentence on the error stream. A traceback appears
only when it was asked for with `--debug`.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import IO

import click

DONE = 0
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, what shells report for a program that Ctrl-C ended
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


def open_streams() -> None:
    """Give the process the standard streams that it was started without (`>&-`).

    What is written there goes nowhere; else the next file that is opened, a table of a run, would
    get the number of such a stream, and whatever is printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one: those below are open.
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
        if getattr(sys, name) is None:
            stream = open(  # noqa: SIM115 - for as long as the process lives
                number, "r" if number == 0 else "w", encoding="utf-8", errors="replace",
                closefd=False,
            )  # fmt: skip
            setattr(sys, name, stream)


def silence(stream: IO[str]) -> None:
    """From now on what is written to a stream goes nowhere, what waits in its buffer too: the
    interpreter would write that at exit, and complain."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def remark(text: str, *, err: bool = False) -> None:
    """Print what the work does not depend on: a stream that cannot be written is silent from then
    on. A closed pipe still ends the command, as everywhere."""
    stream = sys.stderr if err else sys.stdout
    try:
        click.echo(text, err=err)
        stream.flush()
    except BrokenPipeError:
        if not err:
            raise
        silence(stream)
    except OSError:
        silence(stream)


def ending(command: Callable[[], object], *, debug: bool) -> int:
    """Call `command`, say what went wrong if anything did, and return the exit code."""
    try:
        code = command()
        # Output may still wait in a buffer: a closed pipe has to show here and not at shutdown.
        sys.stdout.flush()
    except Exception as error:
        try:
            if debug:
                traceback.print_exc()
            code = _explained(error)
            sys.stderr.flush()
        except OSError:  # there is nobody to tell
            silence(sys.stderr)
            code = _code(error)
    return code if isinstance(code, int) else DONE


def _code(error: Exception) -> int:
    """The exit code of an error that cannot be told."""
    match error:
        case click.ClickException():
            return error.exit_code
        case Stopped():
            return error.code
        case click.Abort():
            return INTERRUPTED
        case ReaderLeft() | BrokenPipeError():
            return PIPE_CLOSED
    return FAILED


def _explained(error: Exception) -> int:
    """Print what `error` means and return its exit code."""
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes a file that ends too soon for a Ctrl-D
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
            silence(sys.stdout)
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
