"""A run: its tables as DataFrames, its numbers, its pictures and its folder.

A run comes from the simulation and is in memory, or from a folder and is read when asked.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.market.event_kinds import explained
from sim.record import folder as folders
from sim.record.folder import RunFolder, RunFolderError
from sim.record.manifest import FiguresEntry, Manifest, ParentEntry, ScenarioLike, describe
from sim.record.opening import open_run as open_folder
from sim.record.plan import Plan
from sim.record.record import Record
from sim.record.summary import SummaryRow, summarise
from sim.record.tables import NAMES, OPTIONAL, conform, empty
from sim.running.drawing import draw_into
from sim.running.frames import first_passage, surplus
from sim.running.outcome import Outcome
from sim.running.plots import Plots
from sim.running.shown import as_html
from sim.usage.passage import THRESHOLDS

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures.figure import Figure
    from sim.market.mechanisms import Mechanism
    from sim.record.unfinished import Unfinished
    from sim.scenario import Scenario

__all__ = ["Outcome", "Plots", "Run", "RunFolderError", "open_run"]


class Run:
    """One finished run. Make it with `Run.of` or `Run.open`."""

    def __init__(
        self,
        manifest: Manifest,
        scenario_yaml: str | None,
        tables: Mapping[str, Any] | None,
        folder: RunFolder | None = None,
        scenario: ScenarioLike | None = None,
        figures: "Sequence[Figure]" = (),
    ) -> None:
        self._folder = folder
        self._more_figures = tuple(figures)
        self._scenario = scenario
        self._manifest = manifest
        self._scenario_yaml = scenario_yaml
        self._tables = tables
        self._frames: dict[str, pd.DataFrame] = {}

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        *,
        started: datetime | None = None,
        figures: "Sequence[Figure]" = (),
        altered: tuple[str, ...] | None = None,
        parent: ParentEntry | None = None,
    ) -> "Run":
        """The run that a simulation has just finished.

        `started` (with a time zone) is when the work began, scenario reading included; without it
        the engine's time is counted only. `figures` are drawn besides the usual ones: in `plot`,
        and into the folder. `altered` is what the scenario forgets that was read from a run
        folder, `parent` the run that a fork parts from.
        """
        now = datetime.now(UTC)
        began = now - timedelta(seconds=outcome.engine_s) if started is None else started
        manifest = describe(
            outcome.scenario,
            ticks=outcome.ticks,
            people=outcome.people,
            bytes_per_person=outcome.bytes_per_person,
            plan=outcome.plan.chosen(),
            engine_s=outcome.engine_s,
            started=began,
            wall_s=(now - began).total_seconds(),
            altered=altered,
            parent=parent,
        )
        tables = {name: conform(name, outcome.tables[name]) for name in NAMES}
        for name in OPTIONAL:
            found = outcome.tables.get(name)
            tables[name] = empty(name) if found is None else conform(name, found)
        return cls(
            manifest,
            outcome.scenario.to_yaml(),
            tables,
            scenario=outcome.scenario,
            figures=figures,
        )

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, figures: "Sequence[Figure]" = ()) -> "Run":
        """The run in a folder, checked against its manifest; its tables are read when asked for.

        `figures` are drawn besides the usual ones, which are all that a folder alone can know of.
        Raises RunFolderError when the folder is missing, incomplete, damaged or of a newer format.
        """
        whole = open_folder(folder)
        return cls(whole.manifest, None, None, whole, figures=figures)

    # -- what was recorded

    @property
    def manifest(self) -> Manifest:
        """What made the run, what it cost, and the hashes of its files."""
        return self._manifest

    @property
    def folder(self) -> Path | None:
        """Where the run is on disk; None while it is in memory only."""
        return None if self._folder is None else self._folder.path

    @property
    def scenario_yaml(self) -> str:
        """The resolved scenario, as YAML that loads back to the same scenario."""
        if self._scenario_yaml is None:
            assert self._folder is not None  # a run without a folder brings its scenario
            self._scenario_yaml = self._folder.scenario_yaml
        return self._scenario_yaml

    @property
    def adoption(self) -> "pd.DataFrame":
        """Use by day, feature, platform, segment and metric; `all` counts each person once."""
        return self._frame("adoption")

    @property
    def market(self) -> "pd.DataFrame":
        """Quality, lag, shares and the rest of the market by day, entity and metric."""
        return self._frame("market")

    @property
    @explained
    def events(self) -> "pd.DataFrame":
        """What happened in the market, in order.

        In words (`entity`, `detail`) and as data: lab, tier, feature, platform and segment where it
        is about one, and for each kind:
        """
        return self._frame("events")

    @property
    def derivatives(self) -> "pd.DataFrame":
        """Lines of derivatives at the end, by family, rank and size; no rows where there are
        none."""
        return self._frame("derivatives")

    @property
    def retention(self) -> "pd.DataFrame":
        """Of those who took a feature up in a month, who uses it days later.

        By cohort (the month), feature, age in days and metric: `starters` in people at age 0;
        `active` (use it that day) and `kept` (are still users) as shares of them.
        """
        return self._frame("retention")

    @property
    def network(self) -> "pd.DataFrame":
        """Uptake by number of contacts and by group, and uptake caused by peers; no rows where
        nobody has ties of its own."""
        return self._frame("network")

    @property
    def cascades(self) -> "pd.DataFrame":
        """Uptakes by generation, and people by how many others they brought; no rows where nobody
        has ties of its own."""
        return self._frame("cascades")

    def _frame(self, name: str) -> "pd.DataFrame":
        if name not in self._frames:
            # Dates as datetime64, which pandas can resample and plot, not as Python objects.
            self._frames[name] = self.record.table(name).to_pandas(date_as_object=False)
        return self._frames[name]

    @cached_property
    def record(self) -> Record:
        """The run as series, without pandas: what figures and summaries read."""
        if self._tables is not None:
            return Record(self._manifest, self._tables.__getitem__)
        assert self._folder is not None  # a run without tables has a folder
        return Record(self._manifest, self._folder.table)

    # -- what it says

    def summary_rows(self) -> tuple[SummaryRow, ...]:
        """The numbers that matter, one row a feature and one for `all`, without pandas."""
        return summarise(self.record)

    def summary(self) -> "pd.DataFrame":
        """The numbers that matter, one row a feature and one for `all`.

        Monthly users, DAU/MAU, share of summed monthly users, days to 100 M and 1 B (nan: never),
        developer share of the feature's lab, and in the row `all` the Herfindahl index.
        """
        import pandas as pd

        rows = self.summary_rows()
        frame = pd.DataFrame.from_records(rows, columns=list(SummaryRow._fields))
        return frame.set_index("feature")

    def first_passage(self, thresholds: Sequence[float] = THRESHOLDS) -> "pd.DataFrame":
        """The first recorded day on which each feature, and `all`, has so many monthly users.

        Columns feature, threshold, day (since the start; 0 when the run began with them) and date;
        nan and NaT where the run never gets there.
        """
        return first_passage(self.record, thresholds)

    def surplus(self) -> "pd.DataFrame":
        """Consumer surplus by segment and for the whole `market`, and its change since the start.

        Columns day, date, entity, surplus, surplus_robust, surplus_change, surplus_robust_change,
        all in USD per month. A proxy for comparisons, not dollars earned:
        see `sim.observing.surplus`.
        """
        return surplus(self.market)

    @property
    def plot(self) -> Plots:
        """The figures, one method each."""
        return Plots(self.record, self._more_figures)

    # -- what it leaves

    def save(self, folder: str | os.PathLike[str] | None = None, *, figures: bool = True) -> Path:
        """Write the run as a folder and return its path.

        Without `folder` it is the next free `runs/<scenario>-<n>`. Nothing is ever overwritten. The
        scenario in it names network files as seen from the folder, so that it runs again there.
        Raises RunFolderError, and leaves nothing behind, when it cannot be written.
        """
        tables = {name: self.record.table(name) for name in NAMES + OPTIONAL}
        text = self._scenario_for(folders.RUNS / "run" if folder is None else Path(folder))
        whole = folders.write(
            self._manifest,
            tables,
            text,
            folder,
            figures=self._draw_all if figures else None,
        )
        if self._folder is None:
            self._stands(whole, text)
        return whole.path

    def _stands(self, whole: RunFolder, scenario_yaml: str) -> None:
        """The run is on disk now."""
        self._folder, self._scenario_yaml = whole, scenario_yaml
        self._manifest = self.record.manifest = whole.manifest

    def finish(self, unfinished: "Unfinished") -> Path:
        """Write the run into the folder that was made when it began. Raises RunFolderError."""
        tables = {name: self.record.table(name) for name in NAMES + OPTIONAL}
        figures = self._draw_all if unfinished.settings.figures else None
        whole = unfinished.finish(self._manifest, tables, figures)
        self._stands(whole, whole.scenario_yaml)
        return whole.path

    @property
    def scenario(self) -> "Scenario":
        """The scenario of the run. Raises `sim.ScenarioError` where the folder's is of a version
        that cannot be read, or has sections of mechanisms passed in Python."""
        return self.scenario_with(())

    def scenario_with(self, mechanisms: "Sequence[Mechanism]") -> "Scenario":
        """The scenario of the run, that of a folder read with the sections of `mechanisms`."""
        from sim.market.mechanisms import sections_of
        from sim.scenario import Scenario, load

        if isinstance(self._scenario, Scenario):
            return self._scenario
        assert self._folder is not None
        return load(self._folder.path / folders.SCENARIO, sections=sections_of(mechanisms))

    def _scenario_for(self, folder: Path) -> str:
        """The resolved scenario as it can be run from `folder`: the files that it names, named as
        seen from there."""
        from sim.scenario import ScenarioError, load

        if self._scenario is not None:
            return self._scenario.to_yaml(folder)
        assert self._folder is not None
        try:
            read = load(self._folder.path / folders.SCENARIO)
        except ScenarioError:  # of another version: a copy is the best there is
            return self.scenario_yaml
        return read.to_yaml(folder) if read.files else self.scenario_yaml

    def figures(self, folder: str | os.PathLike[str] | None = None) -> list[Path]:
        """Save the figures that the run has data for as PNG and SVG, and list the files.

        Without `folder` they are drawn anew into the run's own folder. Why a figure was left out
        stands in `manifest.figures` of a saved run. Raises RunFolderError when they cannot be
        written, or when the run has no folder of its own.
        """
        own = None if self._folder is None else self._folder.path / folders.FIGURES
        if folder is None and own is None:
            raise RunFolderError("the run is in memory only; save it, or name a folder for figures")
        if own is not None and (folder is None or Path(folder).resolve() == own.resolve()):
            assert self._folder is not None
            self._folder = folders.redraw(self._folder, self._draw_all)
            self._manifest = self._folder.manifest
            self.record.manifest = self._manifest
            return [own / name for name in self._manifest.figures.made]
        assert folder is not None
        target = Path(folder)
        try:
            target.mkdir(parents=True, exist_ok=True)
            drawn = self._draw_all(target)
        except OSError as e:
            raise RunFolderError(f"{target}: {e.strerror or e}") from e
        return [target / name for name in drawn.made]

    def _draw_all(self, folder: Path) -> FiguresEntry:
        return draw_into(folder, self.record, self._more_figures)

    # -- what else it could have been

    def fork(
        self,
        at: date | str,
        set: Sequence[str] | Mapping[str, Any],
        *,
        mechanisms: "Sequence[Mechanism]" = (),
        progress: Callable[[float, float], None] | None = None,
    ) -> "Run":
        """The run as it would have gone had parameters moved on a date: `set` as in `sim.load`, say
        `{"parameters.omega": "0.01 per day"}`.

        Before the date both are equal bit for bit. Where this run's folder has a checkpoint from
        before the date the fork goes on from the latest of them, else it begins anew; `save` names
        its folder after this one, and its manifest tells the `parent`. A fork may be forked. Raises
        `sim.ScenarioError` for what cannot be set, and for a date outside of the run.
        """
        from sim.running.forking import forked, parted

        began = datetime.now(UTC)
        outcome = forked(
            self.scenario_with(mechanisms),
            at,
            set,
            kept=self.checkpoints,
            plan=Plan.of(self.manifest.plan),
            mechanisms=mechanisms,
            progress=progress,
        )
        return Run.of(
            outcome,
            started=began,
            figures=self._more_figures,
            **parted(self.manifest, self.folder, outcome.scenario),
        )

    @property
    def checkpoints(self) -> Path | None:
        """Where those of the run are that were kept, if they were."""
        return None if self.folder is None else self.folder / folders.CHECKPOINTS

    # -- how it shows itself

    def __repr__(self) -> str:
        m = self._manifest
        where = "in memory" if self._folder is None else str(self._folder.path)
        return f"<Run {m.scenario.name}: {m.start} to {m.end}, {m.engine}, seed {m.seed}, {where}>"

    def _repr_html_(self) -> str:
        return as_html(self._manifest, self.summary_rows())


def open_run(folder: str | os.PathLike[str]) -> Run:
    """The run in a folder: `Run.open`."""
    return Run.open(folder)
