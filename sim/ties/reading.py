"""Reading a network: edge lists in CSV or Parquet, GraphML, graphs of networkx, data frames.

A tie with a direction is written as (a, b): b sees the use of a, as a follower sees whom it
follows. So in a list of who follows whom the followed person is the source; columns named
`followed` and `follower` are understood in either order.
"""

import difflib
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.regular_files import Unreadable, open_regular, why_unreadable
from sim.ties.building import from_edges
from sim.ties.declared import Head, find_head, find_type, type_direction
from sim.ties.edge_columns import Columns, Ends
from sim.ties.edge_graphs import graph_ends, is_graph, read_graphml
from sim.ties.edge_tables import read_frame, read_parquet
from sim.ties.edge_text import NotWhole, blank_comments, read_blocks, read_ends, read_values
from sim.ties.layer import StoredLayer
from sim.ties.naming import People, distinct_ties, number_people
from sim.ties.problems import Findings
from sim.ties.read_options import Choice, ReadOptions, checked_options
from sim.ties.text_layout import find_layout, matrix_layout
from sim.ties.whole_ids import is_whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUFFIXES", "Network", "read_ties"]

#: Ends of file names, and what stands in such a file.
SUFFIXES = {
    **{
        kind + zipped: "text"
        for kind in (".csv", ".tsv", ".txt", ".edges", ".edgelist", ".mtx")
        for zipped in ("", ".gz")
    },
    ".parquet": "parquet",
    **dict.fromkeys((".graphml", ".graphml.gz"), "graphml"),
}

# How files begin that are not what their name says.
_BEGINNINGS = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "compressed by gzip",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"<?xml": "XML",
}

Names = Sequence[str] | Sequence[int] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Network:
    """A layer of ties, and the names of its people: `names[i]` is that of person i, and `names` is
    None where people have no names but their ids. `self_ties` and `duplicates` count the ties of
    the source that were dropped."""

    layer: StoredLayer
    names: "pd.Index[Any] | None"
    self_ties: int = 0
    duplicates: int = 0


def read_ties(
    source: Any,
    *,
    people: "SupportsIndex | Names | pd.Index[Any] | pd.Series[Any] | None" = None,
    directed: bool | None = None,
    columns: Columns | None = None,
    header: bool | None = None,
    comment: str | None = None,
    self_ties: Choice = "refuse",
    duplicates: Choice = "refuse",
) -> Network:
    """The network in a file (.csv, .tsv, .txt, .edges, .edgelist, .mtx and .graphml, each also with
    .gz; `out.*` of KONECT; .parquet), in a graph of networkx or in two columns of a data frame.

    `people`: None for all who appear, in the order of their names; a number n where the file has
    ids 0 to n - 1; or the names of all people, in the order of their ids. A set has no order.
    `directed`: whether (a, b) lets b see a's use and not the reverse. None: what a graph, a column
    `Type` or the head of a Matrix Market or KONECT file says, and no direction for other lists.
    Without direction (a, b) and (b, a) are the same tie.
    `columns`: names, or positions from 0, of (who is seen, who sees). Without, columns with the
    usual names or the only two. `header`: whether a text file has one; None to find out.
    `comment`: what comments of a text file begin with, "" where it has none; None for # and %.
    `self_ties`, `duplicates`: "drop" leaves these out and counts them, "refuse" reports each.

    Text files: one tie a line; comma, tab, semicolon or space between the cells. Spaces around a
    name are no part of it. Names are whole numbers where all of them are, in whatever format they
    come: `7`, `7.0` of a data frame and the node "7" of a graph are one person, `007` is another.

    Raises TiesError with everything that is wrong with the source, each with its line or row;
    TypeError or ValueError for options that are none.
    """
    options = checked_options(columns, directed, header, comment, self_ties, duplicates)
    known = People.of(people)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        kind = _kind(path)
        found = Findings(str(path), (lambda row: f"row {row + 1}") if kind == "parquet" else None)
        try:
            ends, found = _read_file(path, kind, known, options, found)
        except (OSError, EOFError, zlib.error, MemoryError, pa.ArrowException, UnicodeError) as e:
            found.add(_broken(e), _READABLE[kind])
            raise found.error() from e
    elif is_graph(source):
        found = Findings("graph", lambda _: "")
        ends = _read_graph(source, known, directed, found)
    else:
        import pandas as pd

        if not isinstance(source, pd.DataFrame):
            kind = type(source).__name__
            raise TypeError(f"ties in a {kind}: expected a path, a networkx graph or a data frame")
        found = Findings("data frame", lambda row: f"index {source.index[row]}")
        ends = read_frame(source, options, found, want=known.want, ids=known.expected)
    if ends is None:
        raise found.error()
    if known.count is None and not ends.seen.size and ends.others is None and not ends.words:
        found.add("no ties", "ties, or the people, where nobody has one")
    has_direction = ends.directed
    ties = number_people(ends, known, found)
    del ends
    seen, sees, own, repeats = distinct_ties(
        ties, directed=has_direction, self_ties=self_ties, duplicates=duplicates, found=found
    )
    found.raise_all()
    layer = from_edges(seen, sees, ties.people, directed=has_direction)
    return Network(layer, ties.names, own, repeats)


_READABLE = {
    "text": "a readable text file",
    "parquet": "a readable Parquet file",
    "graphml": "a readable GraphML file",
}


def _kind(path: Path) -> str:
    """What stands in a file by the end of its name. Raises TiesError for one that is not there."""
    found = Findings(str(path))
    suffix = "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:])
    kind = SUFFIXES.get(suffix.lower(), "text" if path.name.startswith("out.") else None)
    try:
        open_regular(path).close()
    except Unreadable as e:
        if e.missing and os.path.isdir(path.parent):
            names = sorted(os.listdir(path.parent))
            near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
            found.add(str(e), "a file with ties", str(path.parent / near[0]) if near else "")
        else:
            found.add(str(e), f"a folder {path.parent}" if e.missing else "a file with ties")
        raise found.error() from e
    if kind is None:
        near = difflib.get_close_matches(suffix.lower(), SUFFIXES, n=1, cutoff=0.6)
        shown = f"name ends in `{suffix}`" if suffix else "name without an end like .csv"
        found.add(shown, f"one of {', '.join(SUFFIXES)}", near[0] if near else "")
    found.raise_all()
    assert kind is not None
    return kind


def _read_file(
    path: Path, kind: str, people: People, options: ReadOptions, found: Findings
) -> tuple[Ends | None, Findings]:
    if path.stat().st_size == 0:
        found.add("empty file", "ties")
        return None, found
    if kind == "parquet":
        return read_parquet(path, options, found, want=people.want, ids=people.expected), found
    if kind == "graphml":
        graph = read_graphml(path, found)
        if graph is None:
            return None, found
        found = Findings(str(path), lambda _: "")
        return _read_graph(graph, people, options.directed, found), found
    return _read_text(path, people, options, found)


def _read_text(
    path: Path, people: People, options: ReadOptions, found: Findings
) -> tuple[Ends | None, Findings]:
    def blank(block: bytes) -> bytes:
        return blank_comments(block, options.comment)

    blocks = read_blocks(path)
    line, block = next(blocks, (1, b""))
    other = next((what for start, what in _BEGINNINGS.items() if block.startswith(start)), "")
    if other or b"\0" in block:
        found.add(other or "no text: it has bytes of value zero", "text in UTF-8, one tie a line")
        return None, found
    head = find_head(block, line, options.directed, blank, found)
    if head is None:
        return None, found
    # A file may begin with comments for longer than a block.
    block = blank(block)
    while not block.strip() and (piece := next(blocks, None)):
        line, block = piece[0], blank(piece[1])
    is_person: Callable[[str], bool] | None = None
    if people.want == "words" and people.names is not None:
        is_person = set(people.names).__contains__
    elif people.want == "numbers":
        is_person = _nobody
    if head.size_line:
        layout = matrix_layout(block, line, head.size_line, found)
    else:
        layout = find_layout(block, line, options.columns, options.header, is_person, found)
    if layout is None:
        return None, found
    read = partial(read_ends, path, layout, ids=people.expected, comment=options.comment)
    ends: Ends | None = None
    if people.want == "":
        try:
            ends = read(found, whole=True)
        except NotWhole:
            found = Findings(found.file)  # what the first reading found comes again
    if ends is None:
        ends = read(found, whole=people.want == "numbers")
    if head.size_line:
        _check_matrix(ends, head, found)
    directed = options.directed
    if directed is None:
        directed = head.directed
        if layout.header and (at := find_type(layout.header)) is not None:
            values = read_values(path, layout, at, options.comment)
            directed = type_direction(values, directed, found)
    ends.directed = bool(directed)
    return ends, found


def _check_matrix(ends: Ends, head: Head, found: Findings) -> None:
    """Whether all entries are there, among people 1 to n, of whom some may have no ties."""
    if ends.seen.size != head.ties and not found:
        found.add(
            f"{ends.seen.size:,} entries, but {head.ties:,} in the line of sizes",
            "a whole file",
            line=head.size_line,
        )
    if ends.words is None and ends.seen.size:
        lowest = min(int(end.min()) for end in (ends.seen, ends.sees))
        highest = max(int(end.max()) for end in (ends.seen, ends.sees))
        if lowest < 1 or highest > head.people:
            wrong = lowest if lowest < 1 else highest
            found.add(f"an entry of person {wrong}", f"1 to {head.people:,}", line=head.size_line)
    ends.others = np.arange(1, head.people + 1)


def _nobody(_: str) -> bool:
    """A word is nobody's name where people are numbers."""
    return False


def _read_graph(graph: Any, people: People, directed: bool | None, found: Findings) -> Ends | None:
    has_direction = bool(graph.is_directed())
    if directed and not has_direction:
        expected = "a directed graph (DiGraph)"
        found.add("a graph without direction", expected, option="directed=False")
        return None
    ends = graph_ends(graph, want=people.want)
    if people.want == "numbers" and ends.words is not None:
        labels = [word for word in ends.words if not is_whole(word)]
        near = np.arange(len(labels))
        found.add_rows(near, int, lambda k: (f"node `{labels[k]}` is no id", people.expected, ""))
        return None
    if ends.words is not None and len(set(ends.words)) < len(ends.words):
        twice = sorted({word for word in ends.words if ends.words.count(word) > 1})
        found.add(f"two nodes are called `{twice[0]}`", "nodes with different names")
        return None
    ends.directed = has_direction if directed is None else directed
    return ends


def _broken(e: BaseException) -> str:
    if isinstance(e, Unreadable | MemoryError):
        return why_unreadable(e)
    lines = str(e).strip().splitlines()
    return f"broken file ({lines[0].rstrip('.') if lines else type(e).__name__})"
