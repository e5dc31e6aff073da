"""The progress line of a long run: the date it has reached and when it should end."""

import contextlib
import sys
import time
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sim.kernels import telling_of_compiling
from sim.units import human

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 2.0  # seconds before anything is shown: a short run needs no bar
REFRESH = 0.1  # seconds between two drawings


class RunProgress:
    """Shows how far a run is, on a terminal and after `PATIENCE` seconds; silent otherwise.

    It writes to the error stream and removes itself at the end: the output stream carries results
    only.
    """

    def __init__(self, start: date, days: float, people: int = 0) -> None:
        """With `people` simulated one by one the pace is shown in people-days a second."""
        self._start = start
        self._days = days
        self._people = people
        self._due = time.monotonic() + PATIENCE
        self._first: tuple[float, float] | None = None  # moment and day of the first call
        self._silent = not sys.stderr.isatty()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._day = 0.0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if not self._silent:
            self._stack.enter_context(telling_of_compiling(self._compiling))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.stop()

    def reached(self, day: float, days: float) -> None:
        """Called by the simulation after every tick; `day` of `days` are done."""
        self._day = day
        if self._silent:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (now, day)
        if now < self._due:
            return
        self._due = now + REFRESH
        self._draw(day, self._expectation(now, day, days))

    def stage(self, text: str) -> None:
        """Show `text` in place of the expectation, for the work after the last day."""
        if self._bar is not None:
            self._draw(self._days, text)

    def _compiling(self) -> None:
        """On the first run after an installation, before the first day or in the midst of one."""
        if not self._silent:
            self._draw(self._day, "compiling for this machine, once")

    def _expectation(self, now: float, day: float, days: float) -> str:
        """The date reached, the share done, and when the last day will be if the pace stays."""
        assert self._first is not None
        began, first = self._first
        text = f"{self._start + timedelta(days=day)}  {day / days if days else 1:.0%}"
        if day <= first:
            return text
        left = (now - began) / (day - first) * (days - day)
        ending = datetime.now() + timedelta(seconds=left)
        pace = ""
        if self._people:
            each_second = self._people * (day - first) / max(now - began, 1e-9)
            pace = f"  {human(each_second, 'people')} people-days/s"
        return f"{text}{pace}  {_duration(left)} left, ends {ending:%H:%M:%S}"

    def _draw(self, day: float, text: str) -> None:
        try:
            if self._bar is None:
                self._bar = _bar()
                self._task = self._bar.add_task(text, total=self._days, completed=int(day))
                self._bar.start()
            assert self._task is not None
            self._bar.update(self._task, completed=day, description=text)
            self._bar.refresh()
        except OSError:  # the terminal has gone; the run goes on
            self._silent = True


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    return Progress(
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=4)),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        # Drawn from the run's own thread: a second one would compete with it for a processor.
        auto_refresh=False,
    )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
