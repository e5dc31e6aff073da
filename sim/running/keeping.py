"""A run that is kept as it goes: played from checkpoint to checkpoint, and stopped when asked."""

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sim.record.folder import RunFolderError, reason
from sim.record.unfinished import Unfinished
from sim.running.checkpoint import checkpoints, sweep_unfinished, write_checkpoint
from sim.running.simulation import Progress, Simulation

HANGUP = getattr(signal, "SIGHUP", None)
_STOPPING = [n for n in (signal.SIGTERM, signal.SIGINT, HANGUP) if n is not None]

__all__ = ["Paused", "keep", "keep_going", "put_back", "resumable"]


class Paused(Exception):
    """A run was asked to stop and has written a checkpoint; `sim.resume` goes on with it."""

    def __init__(self, folder: Path, day: date, signal_number: int) -> None:
        super().__init__(f"{folder}: stopped at {day}; `uptake resume {folder}` goes on with it")
        self.folder, self.day, self.signal_number = folder, day, signal_number


def put_back(unfinished: Unfinished, simulation: Simulation) -> None:
    """Put a simulation that has just been set up where the newest checkpoint was, if there is one.

    Raises CheckpointError.
    """
    sweep_unfinished(unfinished.checkpoints)
    found = checkpoints(unfinished.checkpoints)
    if found:
        found[-1].restore(simulation)


def keep_going(
    unfinished: Unfinished, simulation: Simulation, progress: Progress | None = None
) -> None:
    """Play to the end, with checkpoints on the way. The caller holds the lock on the folder.

    Raises Paused when the process is asked to stop, RunFolderError when a checkpoint cannot be
    written; the run can be resumed then, and after KeyboardInterrupt.
    """
    every = unfinished.settings.every
    with resumable(unfinished), _asked_to_stop() as asked:
        while not simulation.finished:
            # The first multiple at which there is something to play, free of rounding.
            following = simulation.clock.pending()[0].time
            due = max(math.ceil(following / every - 1e-9), 1) * every
            simulation.play(max(due, following), progress=progress, stop=asked.any)
            if simulation.finished:
                break
            day = keep(unfinished, simulation)
            if asked:
                raise Paused(unfinished.path, day, asked[0])


@contextmanager
def resumable(unfinished: Unfinished) -> Iterator[None]:
    """An interruption within says from where the run can be gone on with."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if interrupt.args:  # said already
            raise
        where = unfinished.path
        said = f"{where}: interrupted; `uptake resume {where}` goes on from {_last(unfinished)}"
        raise KeyboardInterrupt(said) from None


def keep(unfinished: Unfinished, simulation: Simulation) -> date:
    """Write a checkpoint, and tell its date; the one before goes when the new one is whole. Raises
    RunFolderError."""
    try:
        before = checkpoints(unfinished.checkpoints)
        written = write_checkpoint(simulation, unfinished.checkpoints)
        if not unfinished.settings.keep:
            for old in before:
                if old.folder != written.folder:
                    old.remove()
    except OSError as error:
        where = unfinished.path
        raise RunFolderError(
            f"{unfinished.checkpoints}: {reason(error)}; `uptake resume {where}` goes on from "
            f"{_last(unfinished)}"
        ) from error
    return written.date


def _last(unfinished: Unfinished) -> str:
    found = checkpoints(unfinished.checkpoints)
    return str(found[-1].date) if found else "the start"


class _Asked(list[int]):
    """The signals that asked the process to stop."""

    def any(self) -> bool:
        return bool(self)


@contextmanager
def _asked_to_stop() -> Iterator[_Asked]:
    """Within, SIGTERM, the end of a terminal (SIGHUP) and the first Ctrl-C ask the run to stop at
    the next instant; a second Ctrl-C interrupts at once. Only the main thread hears signals."""
    asked = _Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, _: Any) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)

    before = {n: signal.getsignal(n) for n in _STOPPING}
    # Who was started with `nohup` does not hear of the end of the terminal.
    before = {n: h for n, h in before.items() if n != HANGUP or h != signal.SIG_IGN}
    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
