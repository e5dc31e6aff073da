"""The ties in a file beside the scenario."""

from typing import TYPE_CHECKING

from sim.ties.networks.kind import Kind

if TYPE_CHECKING:
    from sim.ties.layer import Layer
    from sim.ties.networks.asked import Asked


def _make(asked: "Asked") -> "Layer":
    from sim.ties.network_files import read_network
    from sim.ties.relabelling import relabelled

    assert asked.file is not None, "a network file without a name"
    read = read_network(asked.file, asked.settings)
    if read.people > asked.members.size:
        raise ValueError(
            f"{asked.settings.file} has {read.people:,} people, but only "
            f"{asked.members.size:,} people on {asked.layer} are simulated"
        )
    return relabelled(read, asked.dealt(read.people), asked.people)


#: What is said of degrees and clustering describes the file.
KIND = Kind(
    "file",
    "an edge list",
    _make,
    takes=("file", "distribution", "clustering"),
    building=9.0,
)
