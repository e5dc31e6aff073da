"""Network files that a scenario names, read as its author asked."""

from sim.scenario import Scenario
from sim.scenario.developers import DeveloperTies
from sim.scenario.nodes import Path
from sim.scenario.people import Ties
from sim.ties.edge_columns import Columns
from sim.ties.layer import StoredLayer
from sim.ties.problems import TiesError
from sim.ties.reading import read_ties

#: Options of `read_ties` that a scenario has too, and how it says them.
_SPELLING = {
    'self_ties="drop"': "`self_ties: drop`",
    'duplicates="drop"': "`duplicates: drop`",
    "directed=False": "`mutual: true`",
}


def read_network(
    scenario: Scenario,
    at: Path,
    ties: Ties | DeveloperTies,
    *,
    directed: bool | None = None,
    columns: Columns | None = None,
) -> StoredLayer:
    """The layer in the file that `ties`, at the path `at` of the scenario, name; `directed` and
    `columns` as in `read_ties`.

    Raises TiesError with everything that is wrong with the file, and what the scenario may say
    instead of mending it.
    """
    try:
        return read_ties(
            scenario.files[(*at, "file")],
            directed=directed,
            columns=columns,
            self_ties=ties.self_ties,
            duplicates=ties.duplicates,
        ).layer
    except TiesError as error:
        raise error.with_options(_SPELLING) from error
