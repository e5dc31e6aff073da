"""Tables and short lists on the output stream.

On a terminal rich fits them to its width, row under row where columns side by side would break
words. Into a pipe or a file they go as plain text, one row a line and nothing cut off, so that
`grep` and `cut` see everything.
"""

import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

GAP = 2  # spaces between columns
WRAPPED = 32  # a column of longer texts may be wrapped to this width, a shorter one is not wrapped


def on_terminal() -> bool:
    """Whether the output stream is a terminal."""
    return sys.stdout.isatty()


def show(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()
) -> None:
    """Print `rows` under `heads`; the columns named in `right` are set flush right."""
    if on_terminal():
        _on_terminal(heads, rows, right)
    else:
        click.echo(plain(heads, rows, right=right))


def plain(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str]) -> str:
    """The table as text: columns two spaces apart, every row on a line of its own."""
    lines = [list(heads), *([_one_line(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    flush = [head in right for head in heads]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, flush, strict=True)
        ).rstrip()
        for line in lines
    )


def pairs(rows: Sequence[tuple[str, str]], *, indent: int = 0) -> None:
    """Print `name  value` lines, long values wrapped under themselves on a terminal."""
    width = max(len(name) for name, _ in rows)
    if not on_terminal():
        for name, value in rows:
            click.echo(f"{' ' * indent}{name.ljust(width)}  {_one_line(value)}".rstrip())
        return
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True, min_width=width)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(Text(name), Text(value))
    _console().print(Padding(grid, (0, 0, 0, indent)))


def _on_terminal(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str]
) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    longest = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    if sum(min(width, WRAPPED) for width in longest) + GAP * (len(heads) - 1) > console.width:
        _row_under_row(heads, rows)
        return
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for head, width in zip(heads, longest, strict=True):
        table.add_column(
            head,
            justify="right" if head in right else "left",
            no_wrap=width <= WRAPPED,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _row_under_row(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for first, *rest in rows:
        click.secho(_one_line(first), bold=True)
        pairs([(h, cell) for h, cell in zip(heads[1:], rest, strict=True) if cell], indent=2)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
