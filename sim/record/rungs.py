"""What a scale ladder gives: one scenario with more and more people simulated."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.record.partial import make_parents, partial_folder, rename
from sim.scenario import Scenario

__all__ = ["Ladder", "Rung"]


@dataclass(frozen=True)
class Rung:
    """One run of the ladder.

    people: simulated. mau: monthly users of anything on the last day. error: the scale error, the
    root mean square of MAU / expected MAU - 1 over features and the days on which a month has
    passed. chance: what it would be if every user were drawn independently. seconds: of the
    simulation. reason: why it was not run; the numbers are then NaN.
    """

    engine: str
    people: int
    mau: float
    error: float
    chance: float
    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class Ladder:
    """Rungs of growing size, then `cohorts` and `expected` for everybody."""

    scenario: Scenario
    rungs: tuple[Rung, ...]

    def frame(self) -> Any:
        """One row a rung, as a data frame."""
        import pandas as pd

        return pd.DataFrame([asdict(rung) for rung in self.rungs])

    def save(self, folder: Path) -> Path:
        """Write ladder.csv to a new folder, whole or not at all.

        Raises OSError when the disk refuses or something stands there.
        """
        born = make_parents(folder.parent)
        with partial_folder(folder.parent, folder.name, born) as partial:
            self.frame().to_csv(partial / "ladder.csv", index=False)
            return rename(partial, folder)
