"""The networks that a scenario can ask for: one record a file, and all of them here.

A new one is a file beside these that makes a `KIND`, and its name below: the schema, the checks and
the estimate of memory read the record.
"""

from sim.ties.networks import (
    blocks,
    computed,
    configuration,
    from_file,
    groups,
    random,
    regular,
    small_world,
)
from sim.ties.networks.kind import Kind

KINDS: tuple[Kind, ...] = (
    random.KIND,
    regular.KIND,
    configuration.KIND,
    computed.KIND,
    groups.KIND,
    small_world.KIND,
    blocks.KIND,
    from_file.KIND,
)


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises KeyError where there is none."""
    return {kind.name: kind for kind in KINDS}[name]


def made_by(setting: str) -> tuple[str, ...]:
    """Names of the kinds that are made as `setting` says; a file is not, it is as it is."""
    return tuple(kind.name for kind in KINDS if setting in kind.takes and "file" not in kind.takes)
