"""Random ties: everybody is tied to anybody with the same chance."""

from math import log1p

from numpy.typing import ArrayLike

from sim.ties.building import checked_mean, checked_people, tie_up
from sim.ties.endpoints import layer_key, random_edges
from sim.ties.layer import StoredLayer


def random_ties(
    people: int,
    mean_degree: float,
    *,
    seed: int,
    members: ArrayLike | None = None,
    layer: str = "ties",
) -> StoredLayer:
    """A random graph: a Poisson number of contacts, `mean_degree` on average, and no clustering.

    Ties are among `members` (sorted ids; everybody of 0 to people - 1, without). `layer` names the
    platform: layers of other names are independent. Self-ties and repeats among the drawn edges are
    dropped, about mean_degree / 2 and mean_degree**2 / 4 of them, whatever the number of people;
    as many more are drawn. Time grows with ties, memory is that of the layer and 200 MB.

    Raises ValueError unless 0 <= mean_degree < members - 1, where everybody knows everybody.

    Source: Erdos & Renyi 1959, "On random graphs I", in the form in which edges are drawn with
    replacement.
    """
    people, ids = checked_people(people, members)
    count = people if ids is None else ids.size
    mean_degree = checked_mean(mean_degree, count, below=max(count - 1, 1))
    edge = random_edges(layer_key(seed, "random", layer), count)
    return StoredLayer(*tie_up(edge, edges_to_draw(count, mean_degree), people, ids))


def edges_to_draw(people: int, mean_degree: float) -> int:
    """Edges to draw so that people * mean_degree / 2 different ones between two persons are
    expected.

    Of D draws (1 - 1 / people) D have two ends, and those leave a share exp(-D' / pairs) of the
    pairs without a tie.
    """
    if people < 2:
        return 0
    pairs = people * (people - 1) / 2.0
    wanted = people * mean_degree / 2.0
    return round(-pairs * log1p(-wanted / pairs) * people / (people - 1))
