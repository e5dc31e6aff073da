"""The release gradient: what each level of openness grants and gives away.

The ordering follows the release-gradient literature (Solaiman 2023, "The gradient of generative AI
release"); the values are parameters of the product (`level.<name>.*`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: From least to most open; a level's number in the market table is its place here.
ORDER = ("closed", "staged", "hosted", "api", "finetune-api", "weights", "open")
#: What `number` means in the log wherever it stands for a level.
LEVEL_NUMBER = "number of the level, 0 closed to 6 open"
#: The first level at which the owner's own products are served.
SERVED_FROM = ORDER.index("hosted")
#: The first level at which outside developers can build (trusted testers).
BUILT_ON_FROM = ORDER.index("staged")
#: From here on the weights are out and cannot be called back.
IRREVOCABLE_FROM = ORDER.index("weights")


@dataclass(frozen=True)
class Level:
    """One level: access, customise and monitor in [0, 1], spillover per month, community in [0,
    1]."""

    name: str
    number: int
    access: float
    customise: float
    monitor: float
    spillover: float
    community: float

    @property
    def served(self) -> bool:
        return self.number >= SERVED_FROM

    @property
    def irrevocable(self) -> bool:
        return self.number >= IRREVOCABLE_FROM

    @property
    def licence_friction(self) -> float:
        """1 where use is bound by a licence or by terms of service, 0 where everything is open."""
        return 0.0 if self.name == "open" else 1.0


def levels(parameters: Mapping[str, float]) -> dict[str, Level]:
    """All levels with a scenario's values."""
    return {
        name: Level(
            name,
            number,
            *(
                float(parameters[f"level.{name}.{part}"])
                for part in ("access", "customise", "monitor", "spillover", "community")
            ),
        )
        for number, name in enumerate(ORDER)
    }
