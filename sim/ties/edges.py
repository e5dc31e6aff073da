"""What an edge is to those who lay rows of ties: the ground of `sim.ties.building` and its compiled
twins."""

from collections.abc import Callable
from typing import Final

import numpy as np

from sim.ties.rows import I32

#: Ends of edges a to b - 1: two int32 arrays. Pieces begin at even edges and are asked for by
#: several threads; a function with state that they would share is none.
EdgeFunction = Callable[[int, int], tuple[I32, I32]]

#: A place in a row that holds no tie, in place of a contact. Sorts behind everybody.
VACANT: Final = np.int32(2**31 - 1)
#: People in one layer: contacts are int32, and one number stands for a vacant place.
MOST_PEOPLE: Final = 2**31 - 1
