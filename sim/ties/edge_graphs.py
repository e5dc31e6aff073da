"""Ties from networkx graphs and GraphML files, whose nodes are the people."""

import importlib
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np

from sim.ties.edge_columns import Ends
from sim.ties.problems import Findings
from sim.ties.text_layout import is_whole

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
        return networkx.read_graphml(path)
    except ParseError as e:
        line = e.position[0]
        found.add(f"broken XML ({str(e).split(':')[0]})", "a GraphML file", line=line)
    except (networkx.NetworkXError, ValueError, LookupError, TypeError, AttributeError) as e:
        found.add(f"XML, but not GraphML that can be read ({e})", "a GraphML file")
    return None


def graph_ends(graph: Any, *, want: str, as_text: bool) -> Ends:
    """Both ends of every tie of a graph. `as_text`: the nodes are text that may stand for numbers,
    as in GraphML. `want` is "numbers", "words" or "" for what the graph has."""
    nodes = list(graph.nodes)
    numbers: list[int] | None = None
    if want != "words" and all(is_whole(node) if as_text else _is_int(node) for node in nodes):
        numbers = [int(node) for node in nodes]
        if len(set(numbers)) < len(numbers):  # `7` and `07`
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


def _is_int(node: object) -> bool:
    whole = isinstance(node, int | np.integer) and not isinstance(node, bool)
    return whole and -(2**63) <= int(node) < 2**63  # type: ignore[call-overload]
