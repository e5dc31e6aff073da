"""The notebooks run from top to bottom and show the figures that their cells draw."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def pictures(content: nbformat.NotebookNode) -> list[int]:
    """How many each cell holds."""
    return [
        sum("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
        for cell in content.cells
    ]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_shows_the_figures_it_draws(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a fresh kernel, where the backend is chosen by the first figure."""
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    drawn = [cell.source.count("run.plot.") for cell in content.cells]
    assert pictures(content) == drawn
    assert sum(drawn) >= 2


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_shipped_file_holds_the_figures_too(notebook: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    assert pictures(content) == [cell.source.count("run.plot.") for cell in content.cells]


def test_there_is_a_notebook() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first-run"]
