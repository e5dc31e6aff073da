"""Who a person is does not depend on the format in which the ties come."""

import os
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from sim.ties.building import from_edges
from sim.ties.problems import TiesError
from sim.ties.reading import Network, read_ties
from sim.ties.writing import write_ties


def ties_of(network: Network) -> set[frozenset[Any]]:
    """Each tie as the names of its two people."""
    rows = network.layer.contacts(np.arange(network.layer.people))
    names = range(network.layer.people) if network.names is None else network.names.tolist()
    return {
        frozenset((names[person], names[other]))
        for person in range(network.layer.people)
        for other in rows.contacts[rows.offsets[person] : rows.offsets[person + 1]]
    }


def written(folder: Path, pairs: list[tuple[str, str]], suffix: str) -> Any:
    """The same ties, of people whose names are text, in one of the formats."""
    path = folder / f"t{suffix}"
    frame = pd.DataFrame(pairs, columns=["source", "target"])
    if suffix == ".parquet":
        parquet.write_table(pa.Table.from_pandas(frame), path)
    elif suffix.startswith(".graphml"):
        networkx.write_graphml(networkx.Graph(pairs), path)
    elif suffix == "graph":
        return networkx.Graph(pairs)
    elif suffix == "frame":
        return frame
    else:
        frame.to_csv(path, index=False, sep="," if suffix.startswith(".csv") else "\t")
    return path


FORMATS = [".csv", ".csv.gz", ".tsv", ".parquet", ".graphml", ".graphml.gz", "graph", "frame"]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("pairs", "people"),
    [
        ([("1.0", "2"), ("2.0", "3")], [1, 2, 3]),
        ([("01001", "01003"), ("01003", "36061")], ["01001", "01003", "36061"]),
        ([("10", "9"), ("9", "100")], [9, 10, 100]),
        ([("1", "x"), ("1", "2")], ["1", "2", "x"]),
        ([("-0", "1"), ("0", "1")], ["-0", "0", "1"]),
        ([("1e3", "2"), ("1000", "2")], ["1000", "1e3", "2"]),
        ([("+1", "2"), ("1", "2")], ["+1", "1", "2"]),
    ],
)
def test_people_are_the_same_in_every_format(
    tmp_path: Path, suffix: str, pairs: list[tuple[str, str]], people: list[Any]
) -> None:
    if suffix.startswith((".graphml", "graph")) and pairs[0][0] == "1.0":
        pairs = [("1.0", "2.0"), ("2.0", "3")]  # the nodes "2" and "2.0" of a graph are two
    network = read_ties(written(tmp_path, pairs, suffix))
    assert network.names is not None
    assert network.names.tolist() == people
    assert len(ties_of(network)) == 2


def test_numbers_and_text_are_the_same_person_only_if_all_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("source,target\n1.0,2\n2.0,3\n")
    network = read_ties(path)
    assert network.names is not None
    assert network.names.tolist() == [1, 2, 3]
    path.write_text("source,target\n1.0,x\n2.0,3\n")  # a column of floats beside one of words
    frame = pd.DataFrame({"source": [1.0, 2.0], "target": ["x", "3"]})
    for source in (path, frame):
        network = read_ties(source)
        assert network.names is not None
        assert network.names.tolist() == ["1", "2", "3", "x"]


def test_a_column_with_zeros_in_front_keeps_them_in_any_block(tmp_path: Path) -> None:
    lines = [f"{k},{k + 1}\n" for k in range(1, 3000)] + ["0123,5\n"]
    path = tmp_path / "t.csv"
    path.write_text("source,target\n" + "".join(lines))
    network = read_ties(path)
    assert network.names is not None
    assert {"0123", "1", "2999"} <= set(network.names)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", "frame"])
def test_floats_that_are_not_sure_of_their_number_are_refused(tmp_path: Path, suffix: str) -> None:
    for limit, dtype in ((2**53, np.float64), (2**24, np.float32)):
        if suffix == ".csv" and dtype is np.float32:
            continue  # text tells nothing of 32 bits
        for number, good in ((limit, True), (limit + 2, False)):
            frame = pd.DataFrame({"source": np.array([1, number], dtype), "target": [3, 4]})
            path: Any = tmp_path / f"t{suffix}"
            if suffix == ".csv":
                path.write_text(f"source,target\n1.0,3\n{number}.0,4\n")
            elif suffix == ".parquet":
                parquet.write_table(pa.Table.from_pandas(frame), path)
            else:
                path = frame
            if good:
                assert read_ties(path).layer.people == 4
            else:
                with pytest.raises(TiesError, match="float"):
                    read_ties(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_text_that_stands_for_numbers_is_read_with_people_as_well(
    tmp_path: Path, suffix: str
) -> None:
    source = written(tmp_path, [("2", "0"), ("0", "1")], suffix)
    for people in (3, np.int64(3), [0, 1, 2], ["0", "1", "2"], pd.Index([0, 1, 2])):
        network = read_ties(source, people=people)
        assert network.layer.people == 3
        assert network.layer.contacts(np.array([0])).contacts.tolist() == [1, 2]


def test_people_without_an_order_are_refused() -> None:
    graph = networkx.Graph([("a", "b")])
    for people in ({"a", "b"}, frozenset("ab"), {"a": 1, "b": 2}):
        with pytest.raises(TypeError, match="no order"):
            read_ties(graph, people=people)  # type: ignore[arg-type]


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("#%\"',;\t 01.-"), max_size=6
).filter(lambda name: name.strip() not in ("", "NaN", "nan") and name == name.strip())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(NAMES, min_size=3, max_size=8, unique=True), suffix=st.sampled_from(FORMATS[:4])
)
def test_what_was_written_reads_back_equal(tmp_path: Path, names: list[str], suffix: str) -> None:
    count = len(names)
    layer = from_edges(np.arange(count - 1), np.arange(1, count), count)
    path = write_ties(layer, tmp_path / f"t{os.getpid()}{suffix}", names)
    again = read_ties(path, people=names)
    every = np.arange(count)
    assert again.layer.contacts(every).contacts.tolist() == layer.contacts(every).contacts.tolist()
    alone = read_ties(path)
    assert {frozenset(map(_text, tie)) for tie in ties_of(alone)} == {
        frozenset(map(_text, (names[k], names[k + 1]))) for k in range(count - 1)
    }


def _text(name: Any) -> str:
    """The name of a person, whichever way a whole number was written."""
    return str(name).removesuffix(".0")
