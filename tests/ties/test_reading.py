"""Networks come out of files, graphs and frames as they went in."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.ties import edge_text
from sim.ties.building import from_edges
from sim.ties.layer import StoredLayer
from sim.ties.problems import TiesError
from sim.ties.reading import Network, read_ties
from sim.ties.writing import write_ties

# A project's data live beside its checkout; where they are absent the tests of them are skipped.
NETWORKS = Path(__file__).parents[2].parent / "shared" / "data" / "networks"

FORMATS = ("t.csv", "t.csv.gz", "t.tsv", "t.tsv.gz", "t.parquet")
NAMES = ["Zoë", "Ana María", 'the "king"', "O'Hara", "a,b", "#1", "李雷", "tab\tbed", "Null", "12"]


def assert_same(one: StoredLayer, other: StoredLayer) -> None:
    assert one.first.tobytes() == other.first.tobytes()
    assert one.contact.tobytes() == other.contact.tobytes()
    assert (one.reverse is None) == (other.reverse is None)
    if one.reverse is not None and other.reverse is not None:
        assert_same(one.reverse, other.reverse)


def some_ties(people: int, ties: int, *, directed: bool = False) -> StoredLayer:
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, people, (ties, 2))
    return from_edges(pairs[:, 0], pairs[:, 1], people, directed=directed, drop=True)


def contacts_of(network: Network, person: str) -> list[Any]:
    """Names of those whose use a person sees."""
    assert network.names is not None
    ids = np.array([network.names.get_loc(person)])
    return [network.names[k] for k in network.layer.contacts(ids).contacts]


def names_of(network: Network) -> list[Any]:
    assert network.names is not None
    return list(network.names)


def write(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


# --- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("directed", [False, True])
def test_what_was_written_reads_back_bit_for_bit(tmp_path: Path, name: str, directed: bool) -> None:
    layer = some_ties(3000, 9000, directed=directed)
    path = write_ties(layer, tmp_path / name)
    back = read_ties(path, people=3000, directed=directed)
    assert_same(back.layer, layer)
    assert back.names is None


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("directed", [False, True])
def test_names_of_any_kind_read_back(tmp_path: Path, name: str, directed: bool) -> None:
    layer = some_ties(len(NAMES), 30, directed=directed)
    path = write_ties(layer, tmp_path / name, NAMES)
    back = read_ties(path, people=NAMES, directed=directed)
    assert_same(back.layer, layer)
    assert names_of(back) == NAMES


def test_a_layer_without_ties_reads_back(tmp_path: Path) -> None:
    none = np.empty(0, np.int64)
    layer = from_edges(none, none, 4)
    for name in FORMATS:
        assert_same(read_ties(write_ties(layer, tmp_path / name), people=4).layer, layer)


def test_the_same_ties_are_the_same_bytes_and_no_draft_stays(tmp_path: Path) -> None:
    layer = some_ties(50, 100)
    for name in FORMATS:
        first = write_ties(layer, tmp_path / name).read_bytes()
        assert write_ties(layer, tmp_path / name).read_bytes() == first
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FORMATS)


def test_a_failed_write_leaves_the_older_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_ties(some_ties(50, 100), tmp_path / "t.csv")
    before = path.read_bytes()

    class Unwilling(StoredLayer):
        def contacts(self, ids: Any) -> Any:
            raise RuntimeError("no")

    layer = some_ties(50, 80)
    with pytest.raises(RuntimeError, match="no"):
        write_ties(Unwilling(layer.first, layer.contact), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["a"], "1 names for 2 people"),
        (["a", "a"], "everybody needs a name, and a different one"),
        (["a", "b\nc"], "would be read as more than a line; a Parquet file can hold it"),
        (["a", " b"], "would be read as a name in spaces; a Parquet file can hold it"),
        (["a", "NaN"], "would be read as a missing value"),
        (["a", ""], "would be read as an empty name"),
        ([1.5, 2.5], "whole numbers or texts"),
    ],
)
def test_names_that_could_not_be_read_back_are_refused(
    tmp_path: Path, names: list[Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        write_ties(from_edges([0], [1], 2), tmp_path / "t.csv", names)
    assert not list(tmp_path.iterdir())


def test_parquet_holds_what_text_cannot(tmp_path: Path) -> None:
    names = [" b", "two\nlines"]
    path = write_ties(from_edges([0], [1], 2), tmp_path / "t.parquet", names)
    back = read_ties(path)
    assert names_of(back) == names


def test_only_formats_of_edge_lists_are_written(tmp_path: Path) -> None:
    for name in ("t.graphml", "t.parquet.gz", "t", "t.gz"):
        with pytest.raises(ValueError, match=r"expected \.csv, \.csv\.gz"):
            write_ties(from_edges([0], [1], 2), tmp_path / name)


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "source,target\na,b\nb,c\n",
        "From;To\na;b\nb;c\n",
        "source\ttarget\na\tb\nb\tc\n",
        "source target\na  b\n b c \n",
        "# comment, with commas\n\nsource,target\n# another\na,b\n\n  \nb,c",
        "source,target\r\na,b\r\nb,c\r\n",
        "source,target\ra,b\rb,c\r",
        '"source","target"\n"a","b"\n"b","c"\n',
        "\ufeffsource,target\na,b\nb,c\n",
        "source , target\n a , b\nb,  c \n",
        "weight,source,target\n1,a,b\n2.5,b,c\n",
        "person,friend,weight\n",
    ],
)
def test_usual_dialects_give_the_same_network(tmp_path: Path, text: str) -> None:
    columns = None
    if text.startswith("person"):
        text, columns = text + "a,b,1\nb,c,2\n", ("person", "friend")
    back = read_ties(write(tmp_path, text), columns=columns)
    assert names_of(back) == ["a", "b", "c"]
    assert_same(back.layer, from_edges([0, 1], [1, 2], 3))


def test_numbers_without_a_header_are_ties_from_the_first_line(tmp_path: Path) -> None:
    assert_same(read_ties(write(tmp_path, "0 1\n1 2\n")).layer, from_edges([0, 1], [1, 2], 3))


def test_one_tie_is_a_network(tmp_path: Path) -> None:
    for text in ("0,1", "0,1\n", "source,target\n0,1\n"):
        assert_same(read_ties(write(tmp_path, text)).layer, from_edges([0], [1], 2))
    assert names_of(read_ties(write(tmp_path, "bob,ann"))) == ["ann", "bob"]


def test_people_are_sorted_as_numbers_or_as_text(tmp_path: Path) -> None:
    numbers = read_ties(write(tmp_path, "10,9\n-2,10\n"))
    words = read_ties(write(tmp_path, "source,target\n10,9\n10,x\n"))
    assert names_of(numbers) == [-2, 9, 10]
    assert names_of(words) == ["10", "9", "x"]
    far = read_ties(write(tmp_path, "1234567890123456789,5\n7,5\n"))
    assert names_of(far) == [5, 7, 1234567890123456789]


def test_hexadecimal_and_signed_words_are_names(tmp_path: Path) -> None:
    back = read_ties(write(tmp_path, "source,target\n1,0x10\n2,+3\n"))
    assert names_of(back) == ["+3", "0x10", "1", "2"]


def test_the_order_of_lines_and_ends_changes_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layer = some_ties(200, 500)
    path = write_ties(layer, tmp_path / "t.csv", [f"p{k}" for k in range(200)])
    header, *lines = path.read_text().splitlines()
    one = read_ties(path)
    turned = [",".join(line.split(",")[:: rng.choice([-1, 1])]) for line in rng.permutation(lines)]
    other = read_ties(write(tmp_path, "\n".join([header, *turned]), "o.csv"))
    assert_same(one.layer, other.layer)
    assert names_of(one) == names_of(other)


@pytest.mark.parametrize("block", [16, 64, 1000])
def test_the_size_of_blocks_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    text = "# x\nsource,target\n" + "".join(f"p{k},p{k + 1}\n# {k}\n" for k in range(40))
    path = write(tmp_path, text)
    whole = read_ties(path)
    bad = write(tmp_path, text + "p3,p3\np5\n", "bad.csv")
    monkeypatch.setattr(edge_text, "BLOCK", block)
    assert_same(read_ties(path).layer, whole.layer)
    with pytest.raises(TiesError) as caught:
        read_ties(bad)
    assert [problem.line for problem in caught.value.problems] == [83, 84]


def test_dropped_ties_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "0,1\n1,0\n2,2\n0,1\n2,2\n1,2\n")
    back = read_ties(path, self_ties="drop", duplicates="drop")
    assert (back.self_ties, back.duplicates) == (2, 2)
    assert_same(back.layer, from_edges([0, 1], [1, 2], 3))
    followed = read_ties(path, directed=True, self_ties="drop", duplicates="drop")
    assert (followed.self_ties, followed.duplicates) == (2, 1)


def test_people_who_are_known_include_those_without_ties(tmp_path: Path) -> None:
    path = write(tmp_path, "b,a\n")
    back = read_ties(path, people=["c", "b", "a"])
    assert_same(back.layer, from_edges([1], [2], 3))
    numbers = read_ties(write(tmp_path, "7,5\n"), people=np.array([5, 6, 7]))
    assert_same(numbers.layer, from_edges([0], [2], 3))
    assert read_ties(write(tmp_path, "1,0\n"), people=range(3)).names is None


# --- direction -----------------------------------------------------------------------------------


def test_the_second_of_a_directed_tie_sees_the_first(tmp_path: Path) -> None:
    back = read_ties(write(tmp_path, "source,target\nstar,fan\n"), directed=True)
    assert contacts_of(back, "fan") == ["star"]
    assert contacts_of(back, "star") == []


@pytest.mark.parametrize("columns", [None, ("follower", "followed"), ("followed", "follower")])
def test_who_follows_sees_in_whichever_order_the_columns_are(
    tmp_path: Path, columns: tuple[str, str] | None
) -> None:
    path = write(tmp_path, "follower,followed\nfan,star\n")
    assert contacts_of(read_ties(path, directed=True, columns=columns), "fan") == ["star"]


def test_chosen_columns_are_who_is_seen_and_who_sees(tmp_path: Path) -> None:
    path = write(tmp_path, "day,reader,writer\n1,fan,star\n")
    back = read_ties(path, directed=True, columns=("writer", "reader"))
    assert contacts_of(back, "fan") == ["star"]
    back = read_ties(path, directed=True, columns=(2, 1), header=True)
    assert contacts_of(back, "fan") == ["star"]


# --- graphs and frames ---------------------------------------------------------------------------


def test_a_graph_of_networkx_keeps_its_nodes_and_direction() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph([("b", "a"), ("c", "b")])
    graph.add_node("alone")
    back = read_ties(graph)
    assert names_of(back) == ["a", "alone", "b", "c"]
    assert_same(back.layer, from_edges([0, 2], [2, 3], 4))
    arrows = read_ties(networkx.DiGraph([("star", "fan")]))
    assert contacts_of(arrows, "fan") == ["star"]
    assert contacts_of(read_ties(networkx.DiGraph([("star", "fan")]), directed=False), "star")
    assert read_ties(networkx.karate_club_graph()).layer.ties == 2 * 78


@pytest.mark.parametrize("name", ["t.graphml", "t.graphml.gz"])
def test_graphml_reads_back(tmp_path: Path, name: str) -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.gnm_random_graph(40, 90, seed=1)
    networkx.write_graphml(graph, tmp_path / name)
    ends = np.array(graph.edges)
    expected = from_edges(ends[:, 0], ends[:, 1], 40)
    assert_same(read_ties(tmp_path / name).layer, expected)
    assert_same(read_ties(tmp_path / name, people=40).layer, expected)
    names = [str(k) for k in range(40)]
    assert_same(read_ties(tmp_path / name, people=names).layer, expected)
    networkx.write_graphml(networkx.DiGraph([("stär", "fan")]), tmp_path / name)
    assert contacts_of(read_ties(tmp_path / name), "fan") == ["stär"]


@pytest.mark.parametrize("kind", [object, "str", "category"])
def test_a_frame_of_words_is_a_network(kind: Any) -> None:
    frame = pd.DataFrame({"follower": ["fan", "x"], "followed": ["star", "fan"]}).astype(kind)
    assert contacts_of(read_ties(frame, directed=True), "fan") == ["star"]


@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "uint64", "Int64", "float64"])
def test_a_frame_of_numbers_is_a_network(kind: str) -> None:
    frame = pd.DataFrame({"a": [0, 1], "b": [1, 2], "w": [0.5, 1.5]}).astype({"a": kind, "b": kind})
    back = read_ties(frame, columns=("a", "b"))
    assert_same(back.layer, from_edges([0, 1], [1, 2], 3))
    assert back.names is None
    text = read_ties(frame, columns=(0, 1), people=["0", "1", "2"])
    assert_same(text.layer, back.layer)


def test_parquet_of_pandas_reads_without_its_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [5, 7], "b": [7, 9]}, index=["x", "y"])
    frame.to_parquet(tmp_path / "t.parquet")
    assert names_of(read_ties(tmp_path / "t.parquet")) == [5, 7, 9]


def test_anything_else_is_no_source() -> None:
    with pytest.raises(TypeError, match="ties in a int: expected a path"):
        read_ties(3)
    with pytest.raises(ValueError, match='self_ties="keep": expected "refuse" or "drop"'):
        read_ties("t.csv", self_ties="keep")  # type: ignore[arg-type]


# --- real networks -------------------------------------------------------------------------------


@pytest.mark.skipif(not NETWORKS.is_dir(), reason="the networks are not beside this checkout")
def test_real_networks_have_their_people_and_ties() -> None:
    known = pd.read_csv(NETWORKS / "network_stats_computed.csv").set_index("network")
    for name, row in known.iterrows():
        network = read_ties(NETWORKS / f"{name}_edges.csv.gz")
        assert network.layer.people == row.nodes
        assert network.layer.ties == 2 * row.edges
        assert network.layer.largest_degree == row.max_degree
        assert network.names is None


def test_gzip_is_known_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress(b"0\t1\n1\t2\n"))
    assert_same(read_ties(tmp_path / "t.txt.gz").layer, from_edges([0, 1], [1, 2], 3))


def test_reading_fast_and_reading_line_by_line_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    odd = ['"', '""', " ", "\t", "#", ",", "", "\n", "\r", "0x", "-", "+", "NaN", ".0", '"a,b"']
    fast = edge_text._read_clean

    def outcome() -> Any:
        try:
            back = read_ties(path, header=False, self_ties="drop", duplicates="drop")
        except TiesError as e:
            return str(e)
        names = None if back.names is None else list(back.names)
        return back.layer.first.tolist(), back.layer.contact.tolist(), names

    for k in range(150):
        rows = [f"{a},{b}" if k % 2 else f"x{a},é{b}" for a, b in rng.integers(0, 50, (12, 2))]
        for at in rng.integers(0, 12, k % 4):
            cut = rng.integers(0, len(rows[at]) + 1)
            rows[at] = rows[at][:cut] + str(rng.choice(odd)) + rows[at][cut:]
        path = write(tmp_path, "\n".join(rows))
        monkeypatch.setattr(edge_text, "_read_clean", fast)
        found = outcome()
        monkeypatch.setattr(edge_text, "_read_clean", lambda *_: None)
        assert found == outcome(), rows
