"""Files of the usual archives and programs: read, or refused with what reads them."""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.ties.layer import StoredLayer
from sim.ties.problems import TiesError
from sim.ties.reading import read_ties
from tests.ties.test_who_is_who import ties_of

GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{}</graphml>'
GRAPH = (
    '<graph id="{0}" edgedefault="undirected"><node id="{1}"/><node id="{2}"/>'
    '<edge source="{1}" target="{2}"/></graph>'
)


def told(path: Path, **options: Any) -> str:
    with pytest.raises(TiesError) as caught:
        read_ties(path, **options)
    return str(caught.value).replace(f"{path.parent}/", "")


def file(folder: Path, content: str, name: str = "t.csv") -> Path:
    path = folder / name
    data = content.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_graphml_of_which_a_reader_would_lose_parts_is_refused(tmp_path: Path) -> None:
    two = GRAPHML.format(GRAPH.format("A", "a", "b") + GRAPH.format("B", "c", "d"))
    assert "2 graphs in one file" in told(file(tmp_path, two, "t.graphml"))
    assert "2 graphs in one file" in told(file(tmp_path, two, "t.graphml.gz"))
    inner = '<graph edgedefault="undirected"><node id="x">{}</node></graph>'
    nested = GRAPHML.format(inner.format(GRAPH.format("B", "c", "d")))
    assert "a graph inside a node" in told(file(tmp_path, nested, "t.graphml"))
    edge = '<edge id="0" source="a" target="b"/>'
    same = f'<graph edgedefault="directed"><node id="a"/><node id="b"/>{edge}{edge}</graph>'
    text = told(file(tmp_path, GRAPHML.format(same), "t.graphml"))
    assert "2 edges have the id `0`" in text
    hyper = '<graph edgedefault="undirected"><node id="a"/><hyperedge/></graph>'
    assert "hyperedge" in told(file(tmp_path, GRAPHML.format(hyper), "t.graphml"))
    one = GRAPHML.format(GRAPH.format("A", "a", "b"))
    assert ties_of(read_ties(file(tmp_path, one, "t.graphml"))) == {frozenset("ab")}


def test_a_space_before_a_quote_is_no_part_of_a_name(tmp_path: Path) -> None:
    network = read_ties(file(tmp_path, 'source,target\n"ann", "ben"\n"ben", "cy"\n'))
    assert network.names is not None
    assert network.names.tolist() == ["ann", "ben", "cy"]


def test_konect_is_read(tmp_path: Path) -> None:
    text = "% sym unweighted\n% 3 4 4\n1 2\n2 3\n3 4\n"
    network = read_ties(file(tmp_path, text, "out.karate"))
    assert network.layer.people == 4
    arrows = read_ties(file(tmp_path, text.replace("sym", "asym"), "out.karate")).layer
    assert isinstance(arrows, StoredLayer)
    assert arrows.reverse is not None
    mutual = read_ties(tmp_path / "out.karate", directed=False).layer
    assert isinstance(mutual, StoredLayer)
    assert mutual.reverse is None
    assert "something else" in told(file(tmp_path, text.replace("sym", "bip"), "out.karate"))
    weighted = "% sym posweighted\n1 2 3 1082008561\n2 3 1 1082008561\n"
    assert "columns=(0, 1)" in told(file(tmp_path, weighted, "out.mail"))
    assert read_ties(tmp_path / "out.mail", columns=(0, 1)).layer.people == 3


@pytest.mark.parametrize("name", ["t.mtx", "t.mtx.gz"])
def test_matrix_market_is_read(tmp_path: Path, name: str) -> None:
    text = (
        "%%MatrixMarket matrix coordinate pattern symmetric\n% made by hand\n5 5 3\n2 1\n3 1\n4 3\n"
    )
    network = read_ties(file(tmp_path, text, name))
    assert network.names is not None
    assert network.names.tolist() == [1, 2, 3, 4, 5]  # 5 has no ties
    assert ties_of(network) == {frozenset(pair) for pair in ((1, 2), (1, 3), (3, 4))}
    real = text.replace("pattern", "real").replace("2 1\n3 1\n4 3", "2 1 .5\n3 1 1\n4 3 2")
    assert ties_of(read_ties(file(tmp_path, real, name))) == ties_of(network)
    general = text.replace("symmetric", "general")
    assert "directed=True or directed=False" in told(file(tmp_path, general, name))
    assert ties_of(read_ties(tmp_path / name, directed=False)) == ties_of(network)
    short = text.replace("5 5 3", "5 5 4")
    assert "3 entries, but 4" in told(file(tmp_path, short, name))
    assert "person 4; expected 1 to 3" in told(file(tmp_path, text.replace("5 5", "3 3"), name))
    assert "5 rows and 6 columns" in told(file(tmp_path, text.replace("5 5", "5 6"), name))
    for kind in ("array", "coordinate complex", "coordinate pattern hermitian"):
        odd = f"%%MatrixMarket matrix {kind} symmetric\n2 2 1\n2 1\n"
        assert "a Matrix Market file of" in told(file(tmp_path, odd, name))


@pytest.mark.parametrize("name", ["t.edges", "t.edgelist", "t.edges.gz", "t.txt"])
def test_edge_lists_under_their_usual_names_are_read(tmp_path: Path, name: str) -> None:
    text = "# Directed graph\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n"
    assert read_ties(file(tmp_path, text, name)).layer.people == 3


@pytest.mark.parametrize("mark", ["#", "%"])
def test_names_that_begin_like_comments_are_not_lost_silently(tmp_path: Path, mark: str) -> None:
    path = file(tmp_path, f"source,target\nann,{mark}tag\n{mark}tag,ben\n{mark} a comment\n")
    assert told(path) == (
        f"t.csv:3: `{mark}tag,ben` is a comment as well as a tie; expected a space after the "
        f"{mark} of a comment, or quotes around a name that begins so, or "
        f'comment="{mark}" or comment=""'
    )
    assert ties_of(read_ties(path, comment=mark)) == {frozenset(("ann", f"{mark}tag"))}
    path.write_text(path.read_text().replace(f"{mark} a comment\n", ""))
    both = {frozenset(("ann", f"{mark}tag")), frozenset((f"{mark}tag", "ben"))}
    assert ties_of(read_ties(path, comment="")) == both
    path.write_text(f'source,target\nann,{mark}tag\n"{mark}tag",ben\n')
    assert ties_of(read_ties(path)) == both
    path.write_text(f"{mark}source,target\nann,ben\n{mark}{mark}\n")  # a head that is a comment
    assert ties_of(read_ties(path, header=False)) == {frozenset(("ann", "ben"))}


def test_the_type_of_gephi_says_whether_ties_have_a_direction(tmp_path: Path) -> None:
    text = "Source,Target,Type,Id,Label,Weight\na,b,{0},0,,1.0\nb,c,{1},1,,1.0\n"
    for kind, directed in (("Directed", True), ("Undirected", False)):
        path = file(tmp_path, text.format(kind, kind))
        frame = pd.read_csv(path)
        frame.to_parquet(tmp_path / "t.parquet")
        for source in (path, frame, tmp_path / "t.parquet"):
            layer = read_ties(source).layer
            assert isinstance(layer, StoredLayer)
            assert (layer.reverse is not None) is directed
    path = file(tmp_path, text.format("Directed", "Undirected"))
    for source in (path, pd.read_csv(path)):
        assert "with and without direction" in told_any(source)
        assert read_ties(source, directed=False).layer.people == 3
    other = file(tmp_path, "source,target,type\na,b,friend\nb,c,kin\n")
    assert read_ties(other).layer.people == 3


def told_any(source: Any) -> str:
    with pytest.raises(TiesError) as caught:
        read_ties(source)
    return str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"header": "x"},
        {"directed": "x"},
        {"directed": 1},
        {"columns": (0,)},
        {"columns": ()},
        {"columns": (0, 1, 2)},
        {"columns": "ab"},
        {"columns": (0, 1.5)},
        {"columns": 3},
        {"comment": 3},
        {"comment": "a b"},
        {"self_ties": "keep"},
        {"duplicates": None},
        {"people": 1.5},
        {"people": object()},
    ],
)
def test_options_that_are_none_are_refused_in_words(tmp_path: Path, options: Any) -> None:
    path = file(tmp_path, "0,1\n1,2\n")
    with pytest.raises((TypeError, ValueError), match=r"expected|people") as caught:
        read_ties(path, **options)
    assert str(caught.value).strip()


def test_positions_of_numpy_choose_columns(tmp_path: Path) -> None:
    path = file(tmp_path, "5,0,1\n5,1,2\n")
    network = read_ties(path, columns=(np.int64(1), np.uint8(2)))
    assert network.layer.people == 3


@pytest.mark.parametrize("name", ["t.csv", "t.graphml", "t.parquet", "t.csv.gz"])
def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "a pipe, not a file" in told(tmp_path / name)
    loop = tmp_path / f"loop{name}"
    loop.symlink_to(loop)
    assert "a link that leads to itself" in told(loop)
    assert "a name of 303 bytes" in told(tmp_path / ("x" * 299 + ".csv"))
    folder = tmp_path / f"folder{name}"
    folder.mkdir()
    assert "a folder, not a file" in told(folder)
