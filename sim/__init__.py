"""`uptake`: how AI features spread when they ship into platforms with billions of users.

    import sim
    run = sim.run("hybrid", seed=1)
    run.adoption                  # a pandas DataFrame
    run.plot.adoption()           # a matplotlib Axes
    run.save("runs/hybrid-1")
    run = sim.open("runs/hybrid-1")

Everything is loaded when first used, so `import sim` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import contagion as contagion
    from sim import ties as ties
    from sim.clock import Clock as Clock
    from sim.clock import Event as Event
    from sim.clock import Priority as Priority
    from sim.clock import event_id as event_id
    from sim.contagion.spreading import spread as spread
    from sim.figures.network_drawing import draw_network as draw_network
    from sim.market.actor import Actor as Actor
    from sim.market.happening import EventKind as EventKind
    from sim.market.mechanisms import Mechanism as Mechanism
    from sim.market.mechanisms import MechanismError as MechanismError
    from sim.record.plan import Plan as Plan
    from sim.running.play import resume as resume
    from sim.running.play import run as run
    from sim.running.run import Run as Run
    from sim.running.run import open_run as open
    from sim.scaling import ladder as ladder
    from sim.scenario import Scenario as Scenario
    from sim.scenario import ScenarioError as ScenarioError
    from sim.scenario import Section as Section
    from sim.scenario import available as available
    from sim.scenario import declare_metric as declare_metric
    from sim.scenario import load as load

__all__ = [
    "Actor",
    "Clock",
    "Event",
    "EventKind",
    "Mechanism",
    "MechanismError",
    "Plan",
    "Priority",
    "Run",
    "Scenario",
    "ScenarioError",
    "Section",
    "available",
    "contagion",
    "declare_metric",
    "draw_network",
    "event_id",
    "ladder",
    "load",
    "open",
    "resume",
    "run",
    "spread",
    "ties",
]
__version__ = "0.1.0"

_HOMES = {
    "Actor": ("sim.market.actor", "Actor"),
    "Clock": ("sim.clock", "Clock"),
    "Event": ("sim.clock", "Event"),
    "EventKind": ("sim.market.happening", "EventKind"),
    "Mechanism": ("sim.market.mechanisms", "Mechanism"),
    "MechanismError": ("sim.market.mechanisms", "MechanismError"),
    "Plan": ("sim.record.plan", "Plan"),
    "Priority": ("sim.clock", "Priority"),
    "Run": ("sim.running.run", "Run"),
    "Scenario": ("sim.scenario", "Scenario"),
    "ScenarioError": ("sim.scenario", "ScenarioError"),
    "Section": ("sim.scenario", "Section"),
    "available": ("sim.scenario", "available"),
    "declare_metric": ("sim.scenario", "declare_metric"),
    "draw_network": ("sim.figures.network_drawing", "draw_network"),
    "event_id": ("sim.clock", "event_id"),
    "ladder": ("sim.scaling", "ladder"),
    "load": ("sim.scenario", "load"),
    "open": ("sim.running.run", "open_run"),
    "resume": ("sim.running.play", "resume"),
    "run": ("sim.running.play", "run"),
    "spread": ("sim.contagion.spreading", "spread"),
}


def __getattr__(name: str) -> Any:
    if name in ("contagion", "ties"):
        return import_module(f"sim.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
