"""A figure is one record: listed once, a method of `run.plot`, and open to a stranger's own."""

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Page

import sim.figures
from sim.figures import FIGURES, Figure, NoFigure
from sim.record.record import Record
from sim.running.run import Run
from tests.record.synthetic import outcome


def levy(ax: Axes, record: Record, *, rate: float = 0.3) -> None:
    """A stranger's figure."""
    if not record.features:
        raise NoFigure("nobody pays")
    ax.set_title(f"{rate:.0%} of {record.title(record.features[0])}")


LEVY = Figure("levy", "What an app store takes.", levy)


@pytest.fixture(scope="module")
def run() -> Run:
    return Run.of(outcome(days=10, features=1), figures=[LEVY])


def test_every_module_that_holds_a_figure_is_listed_once() -> None:
    modules = [import_module(f"sim.figures.{m.name}") for m in pkgutil.iter_modules(
        sim.figures.__path__)]  # fmt: skip
    held = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    assert sorted(figure.name for figure in held) == sorted(figure.name for figure in FIGURES)


def test_methods_are_those_of_the_list_with_their_own_words_and_options(run: Run) -> None:
    names = {figure.name for figure in FIGURES}
    assert names | {"levy", "draw"} == {name for name in dir(run.plot) if not name.startswith("_")}
    for figure in FIGURES:
        method = getattr(run.plot, figure.name)
        assert method.__doc__ == figure.shows
        assert figure.shows.endswith(".")
        assert method.__name__ == figure.name
        ax, *options = inspect.signature(method).parameters.values()
        assert (ax.name, ax.default) == ("ax", None)
        assert tuple(options) == figure.options
    assert str(inspect.signature(run.plot.platforms)).startswith(
        "(ax: 'Axes | None' = None, *, feature: str | None = None)"
    )
    with pytest.raises(AttributeError, match="no figure 'adaption'"):
        run.plot.adaption()
    with pytest.raises(TypeError):
        run.plot.adoption(Page().add_subplot(), colour="red")


def test_a_figure_from_outside_is_a_method_and_lies_in_the_folder(run: Run, tmp_path: Path) -> None:
    ax = Page().add_subplot()
    assert run.plot.levy(ax, rate=0.15) is ax
    assert ax.get_title() == "15% of Meta AI"
    folder = run.save(tmp_path / "a")
    assert {"levy.png", "levy.svg"} <= {file.name for file in (folder / "figures").iterdir()}
    again = Run.open(folder, figures=[LEVY])
    assert "levy.png" in again.manifest.figures.made
    assert again.plot.levy(ax) is ax
    assert ax.get_title() == "30% of Meta AI"


def test_a_function_of_axes_and_record_can_be_drawn_in_our_style(run: Run) -> None:
    ax = Page().add_subplot()
    assert run.plot.draw(levy, ax, rate=0.5) is ax
    assert ax.get_title() == "50% of Meta AI"


def test_a_name_is_taken_once_and_is_a_name() -> None:
    twice = Figure("adoption", "Another.", levy)
    with pytest.raises(ValueError, match="of this name already: adoption"):
        Run.of(outcome(days=5, features=1), figures=[twice]).plot.stages()
    for name in ("../adoption", "Adoption", ""):
        with pytest.raises(ValueError, match="not a name"):
            Figure(name, "Anything.", levy)
