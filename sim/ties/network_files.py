"""Network files that a scenario names, read as its author asked."""

from pathlib import Path
from typing import Protocol

from sim.ties.edge_columns import Columns
from sim.ties.layer import StoredLayer
from sim.ties.problems import TiesError
from sim.ties.read_options import Choice
from sim.ties.reading import read_ties

#: Options of `read_ties` that a scenario has too, and how it says them.
_SPELLING = {
    'self_ties="drop"': "`self_ties: drop`",
    'duplicates="drop"': "`duplicates: drop`",
    "directed=False": "`mutual: true`",
    "directed=True or directed=False": "`mutual: true`",
}


class Options(Protocol):
    """What a scenario says of reading its file: refuse or drop."""

    @property
    def self_ties(self) -> Choice: ...
    @property
    def duplicates(self) -> Choice: ...


def read_network(
    file: Path,
    ties: Options,
    *,
    directed: bool | None = None,
    columns: Columns | None = None,
) -> StoredLayer:
    """The layer in `file`, with `ties` as the scenario gives them; `directed` and `columns` as in
    `read_ties`.

    Raises TiesError with everything that is wrong with the file, and what the scenario may say
    instead of mending it.
    """
    try:
        return read_ties(
            file,
            directed=directed,
            columns=columns,
            self_ties=ties.self_ties,
            duplicates=ties.duplicates,
        ).layer
    except TiesError as error:
        raise error.with_options(_SPELLING) from error
