"""Ties from networkx graphs and GraphML files, whose nodes are the people."""

import importlib
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError, iterparse

import numpy as np

from sim.regular_files import open_regular
from sim.ties.edge_columns import Ends
from sim.ties.edge_text import unpacked
from sim.ties.problems import Findings
from sim.ties.whole_ids import as_whole, beyond_floats, is_whole

__all__ = ["graph_ends", "is_graph", "read_graphml"]


def is_graph(source: object) -> bool:
    """Whether this is a graph of networkx, without importing it."""
    return any(
        base.__name__ == "Graph" and base.__module__.split(".")[0] == "networkx"
        for base in type(source).__mro__
    )


def read_graphml(path: Path, found: Findings) -> Any:
    """The graph of a GraphML file; None, with a problem in `found`, where it cannot be read.

    Raises OSError, EOFError or zlib.error for a broken file.
    """
    try:
        networkx = importlib.import_module("networkx")
    except ImportError:
        found.add(
            "GraphML is read by the package networkx, which is not installed",
            "it to be installed (`pip install networkx`), or a CSV or Parquet file",
        )
        return None
    try:
        with open_regular(path) as raw, unpacked(raw, path) as file:
            if not _is_one_graph(file, found):
                return None
        return networkx.read_graphml(path)
    except ParseError as e:
        line = e.position[0]
        found.add(f"broken XML ({str(e).split(':')[0]})", "a GraphML file", line=line)
    except (networkx.NetworkXError, ValueError, LookupError, TypeError, AttributeError) as e:
        found.add(f"XML, but not GraphML that can be read ({e})", "a GraphML file")
    return None


def _is_one_graph(file: BinaryIO, found: Findings) -> bool:
    """Whether a reader of one graph loses nothing of the file: no second graph, none in a node, no
    ties of more than two people, no two edges with one id. Raises ParseError for broken XML."""
    edges: Counter[str] = Counter()
    graphs = depth = 0
    for event, element in iterparse(file, ("start", "end")):
        kind = element.tag.rpartition("}")[2]
        if kind == "graph":
            depth += 1 if event == "start" else -1
            graphs += event == "start"
            if depth > 1:
                found.add("a graph inside a node", "one graph, its nodes side by side")
                return False
        elif event == "start" and kind == "hyperedge":
            found.add("a hyperedge, which is no tie of two people", "edges alone")
            return False
        elif event == "end" and kind == "edge" and (name := element.get("id")) is not None:
            edges[name] += 1
        if event == "end" and kind in ("node", "edge"):
            element.clear()  # large files
    if graphs > 1:
        found.add(f"{graphs} graphs in one file", "one graph; the others in files of their own")
        return False
    twice = [name for name, count in edges.items() if count > 1]
    for name in twice[:1]:
        others = f", and {len(twice) - 1:,} ids more that stand twice" if len(twice) > 1 else ""
        found.add(f"{edges[name]} edges have the id `{name[:40]}`{others}", "ids that differ")
    return not twice


def graph_ends(graph: Any, *, want: str) -> Ends:
    """Both ends of every tie of a graph, whose nodes may be numbers or text that stands for some.
    `want` is "numbers", "words" or "" for what the graph has."""
    nodes = list(graph.nodes)
    numbers: list[int] | None = None
    if want != "words" and all(_is_number(node) for node in nodes):
        numbers = [as_whole(str(node)) for node in nodes]
        if len(set(numbers)) < len(numbers):  # 7 and "7"
            numbers = None
    position = {node: k for k, node in enumerate(nodes)}
    count = graph.number_of_edges()
    pairs = np.fromiter(
        (position[node] for edge in graph.edges() for node in edge), np.int64, 2 * count
    ).reshape(count, 2)
    if numbers is not None:
        labels = np.array(numbers, np.int64)
        return Ends(labels[pairs[:, 0]], labels[pairs[:, 1]], None, int, labels)
    return Ends(pairs[:, 0], pairs[:, 1], [str(node) for node in nodes], int)


def _is_number(node: object) -> bool:
    known = isinstance(node, str | int | float | np.number) and not isinstance(node, bool)
    return known and is_whole(str(node)) and not beyond_floats(str(node))
