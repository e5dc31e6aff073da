"""What computed ties are worked out from, for `sim.ties.computed` and its compiled twins."""

from typing import NamedTuple

from sim.draws.grid import Grid
from sim.ties.rows import I64


class Steps(NamedTuple):
    """A partition of [0, end) into steps that begin at `first` (ascending), to be searched.

    guide[b] is the step at b << shift: a search starts between two neighbouring entries of the
    guide and is mostly over at once (Chen & Asau 1974). What lies before first[0] is in step -1.
    """

    first: I64
    guide: I64
    shift: int


class Plan(NamedTuple):
    """What a kernel needs to work out the ties of anybody."""

    matching: Grid
    ranks: Grid
    #: Whether members differ in degree; if not, a member's position serves as its rank.
    ranked: bool
    degree: I64
    rank_steps: Steps
    stub_steps: Steps
    #: Ranges of members: steps of the ids they begin at, of the positions, and their lengths.
    id_steps: Steps
    position_steps: Steps
    length: I64
