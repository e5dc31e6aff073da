"""Everything that is wrong with a list of ties is told at once, with its place."""

import builtins
import gzip
import importlib
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.ties.problems import TiesError
from sim.ties.reading import read_ties

PEOPLE = ["alice", "bob", "carol", "dave", "erin"]
SAME_BOTH_WAYS = "(a tie without direction is the same both ways)"


def told(source: Any, **options: Any) -> list[str]:
    """The lines of the error, without the folder."""
    with pytest.raises(TiesError) as caught:
        read_ties(source, **options)
    text = str(caught.value)
    if isinstance(source, Path):
        text = text.replace(f"{source.parent}/", "")
    return text.splitlines()


def file(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_all_that_is_wrong_with_a_text_file_is_told_by_line(tmp_path: Path) -> None:
    text = """# friends of the panel
source,target
alice,bob
bob,carol
carol
carol,bob
dave,dvae
erin,erin
alice,

bob,alcie,3
"dave,alice
erin,alice
erin,alice
"""
    assert told(file(tmp_path, text), people=PEOPLE) == [
        "t.csv:5: 1 field; expected 2: `source,target`",
        f"t.csv:6: the tie `carol`, `bob` again {SAME_BOTH_WAYS}, first seen at line 4; "
        'expected each tie once, or duplicates="drop"',
        "t.csv:7: unknown person `dvae`; expected one of the 5 people; did you mean `dave`?",
        't.csv:8: `erin` is tied to itself; expected two different people, or self_ties="drop"',
        "t.csv:9: nothing in column `target`; expected a person",
        "t.csv:11: 3 fields; expected 2: `source,target`",
        't.csv:12: a quote that is not closed; expected quotes in pairs, e.g. `"a ""b"" c"`',
        "t.csv:14: the tie `erin`, `alice` again, first seen at line 13; "
        'expected each tie once, or duplicates="drop"',
    ]


def test_all_that_is_wrong_with_ids_is_told_by_line(tmp_path: Path) -> None:
    text = "source;target\n1;2\n2;x\n3;\n4;99999999999999999999\n5;7\n-1;0\n1;NA\n"
    assert told(file(tmp_path, text), people=6) == [
        "t.csv:3: `x` in column `target` is no id; expected a whole number from 0 to 5",
        "t.csv:4: nothing in column `target`; expected a person",
        "t.csv:5: `99999999999999999999` in column `target` is no id; "
        "expected a whole number from 0 to 5",
        "t.csv:6: id 7 is out of range; expected 0 to 5",
        "t.csv:7: id -1 is out of range; expected 0 to 5",
        "t.csv:8: nothing in column `target`; expected a person",
    ]
    assert told(file(tmp_path, "0\t1\n1\t2.5\n2\n"), people=3) == [
        "t.csv:2: `2.5` in column 2 is no id; expected a whole number from 0 to 2",
        "t.csv:3: 1 field; expected 2: as in the other lines, with a tab between them",
    ]


def test_a_directed_tie_and_its_reverse_are_two(tmp_path: Path) -> None:
    path = file(tmp_path, "0,1\n1,0\n0,1\n")
    assert told(path, directed=True) == [
        "t.csv:3: the tie `0`, `1` again, first seen at line 1; "
        'expected each tie once, or duplicates="drop"'
    ]


def test_twenty_problems_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    lines = told(file(tmp_path, "".join(f"{k},{k}\n" for k in range(1, 1035))))
    assert len(lines) == 21
    assert lines[0].startswith("t.csv:1: `1` is tied to itself")
    assert lines[19].startswith("t.csv:20:")
    assert lines[20] == "... and 1,014 more"
    mixed = "0,1\n" + "5,5\n" * 30 + "1\n" * 30
    lines = told(file(tmp_path, mixed))
    assert [line.split(":")[1] for line in lines[:20]] == [str(k) for k in range(2, 22)]
    assert lines[20] == "... and 40 more"


def test_the_error_survives_a_trip_to_another_process(tmp_path: Path) -> None:
    with pytest.raises(TiesError) as caught:
        read_ties(file(tmp_path, "1,1\n"))
    back = pickle.loads(pickle.dumps(caught.value))
    assert str(back) == str(caught.value)
    assert back.problems == caught.value.problems


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        (
            "person,friend,weight\na,b,1\n",
            None,
            "t.csv:1: not clear which two of `person`, `friend`, `weight` are the people of a tie; "
            'expected columns named source and target, or a choice like columns=("person", '
            '"friend")',
        ),
        (
            "person,friend,weight\na,b,1\n",
            ("person", "freind"),
            "t.csv:1: no column `freind`; expected one of `person`, `friend`, `weight`; "
            "did you mean `friend`?",
        ),
        (
            "person,friend,weight\na,b,1\n",
            (1, 1),
            "t.csv:1: column 1 chosen twice; expected two different columns",
        ),
        ("1,2,3\n", (0, 3), "t.csv:1: no column 3; expected 3 columns"),
        (
            "1,2,3\n",
            None,
            "t.csv:1: not clear which two of 3 columns are the people of a tie; "
            "expected columns named source and target, or a choice like columns=(0, 1)",
        ),
        (
            "alice,bob\nbob,carol\n",
            None,
            "t.csv:1: not clear whether `alice,bob` is a header or a tie; "
            "expected a header like `source,target`, or header=True or header=False",
        ),
        (
            "hello\nworld\n",
            None,
            "t.csv:1: one column; "
            "expected two cells, with a comma, tab, semicolon or space between them",
        ),
    ],
)
def test_unclear_columns_are_told(tmp_path: Path, text: str, columns: Any, expected: str) -> None:
    assert told(file(tmp_path, text), columns=columns) == [expected]


def test_an_unclear_header_is_settled_by_who_the_people_are(tmp_path: Path) -> None:
    path = file(tmp_path, "alice,bob\nbob,carol\n")
    assert read_ties(path, people=PEOPLE).layer.ties == 4
    assert read_ties(path, header=False).layer.ties == 4
    assert read_ties(path, header=True).layer.ties == 2
    assert read_ties(path, columns=("alice", "bob")).layer.ties == 2
    assert read_ties(path, people=["carol", "bob"], header=True).layer.ties == 2


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", b"", "t.csv: empty file; expected ties"),
        ("t.parquet", b"", "t.parquet: empty file; expected ties"),
        (
            "t.csv",
            b"# nobody\n\n",
            "t.csv: no ties in this file; expected one tie a line, e.g. `source,target`",
        ),
        (
            "t.csv",
            b"source,target\n",
            "t.csv: no ties; expected ties, or the people, where nobody has one",
        ),
        (
            "t.csv",
            bytes(range(256)),
            "t.csv: no text: it has bytes of value zero; expected text in UTF-8, one tie a line",
        ),
        (
            "t.csv",
            "source,target\na,b\n".encode("utf-16"),
            "t.csv: text in UTF-16; expected text in UTF-8, one tie a line",
        ),
        (
            "t.csv",
            gzip.compress(b"0,1\n", mtime=0),
            "t.csv: compressed by gzip; expected text in UTF-8, one tie a line",
        ),
        (
            "t.csv",
            b"PAR1\x15\x04",
            "t.csv: a Parquet file; expected text in UTF-8, one tie a line",
        ),
        (
            "t.csv",
            b"source,target\nJos\xe9,bob\nbob,ann\n",
            "t.csv:2: byte 0xe9 is no text; expected text in UTF-8",
        ),
        (
            "t.csv.gz",
            b"0,1\n1,2\n",
            "t.csv.gz: broken file (Not a gzipped file (b'0,')); expected a readable text file",
        ),
        (
            "t.csv.gz",
            gzip.compress(b"0,1\n" * 99, mtime=0)[:-9],
            "t.csv.gz: broken file (Compressed file ended before the end-of-stream marker was "
            "reached); expected a readable text file",
        ),
        (
            "t.parquet",
            bytes(range(256)),
            "t.parquet: broken file (Parquet magic bytes not found in footer. Either the file is "
            "corrupted or this is not a parquet file); expected a readable Parquet file",
        ),
        (
            "t.cvs",
            b"0,1\n",
            "t.cvs: name ends in `.cvs`; expected one of .csv, .csv.gz, .tsv, .tsv.gz, .txt, "
            ".txt.gz, .edges, .edges.gz, .edgelist, .edgelist.gz, .mtx, .mtx.gz, .parquet, "
            ".graphml, .graphml.gz; did you mean `.csv`?",
        ),
    ],
)
def test_files_that_are_no_list_of_ties_are_told(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    assert told(file(tmp_path, content, name)) == [expected]


def test_a_file_that_is_not_there_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    file(tmp_path, "0,1\n", "friends.csv")
    assert told(tmp_path / "freinds.csv") == [
        "freinds.csv: no such file; expected a file with ties; did you mean `friends.csv`?"
    ]
    missing = tmp_path / "not" / "t.csv"
    assert told(missing) == [f"t.csv: no such file; expected a folder {missing.parent}"]
    assert told(tmp_path)[0].endswith(": a folder, not a file; expected a file with ties")


def test_a_broken_body_of_a_parquet_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    ends = np.random.default_rng(1).permutation(4000)
    pd.DataFrame({"a": ends, "b": ends + 1}).to_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    (line,) = told(path)
    assert line.startswith("t.parquet: broken file (")
    assert line.endswith("; expected a readable Parquet file")


def test_rows_of_parquet_and_frames_are_told(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "a": ["alice", "bob", None, "erin", "carol"],
            "b": ["bob", "alice", "bob", "eve", "carol"],
        },
        index=list("vwxyz"),
    )
    frame.to_parquet(tmp_path / "t.parquet")
    again = f"the tie `bob`, `alice` again {SAME_BOTH_WAYS}, first seen at"
    once = 'expected each tie once, or duplicates="drop"'
    nothing = "nothing in column `a`; expected a person"
    eve = "unknown person `eve`; expected one of the 5 people"
    own = '`carol` is tied to itself; expected two different people, or self_ties="drop"'
    assert told(tmp_path / "t.parquet", people=PEOPLE) == [
        f"t.parquet: row 2: {again} row 1; {once}",
        f"t.parquet: row 3: {nothing}",
        f"t.parquet: row 4: {eve}",
        f"t.parquet: row 5: {own}",
    ]
    assert told(frame, people=PEOPLE) == [
        f"data frame: index w: {again} index v; {once}",
        f"data frame: index x: {nothing}",
        f"data frame: index y: {eve}",
        f"data frame: index z: {own}",
    ]


@pytest.mark.parametrize(
    ("values", "people", "expected"),
    [
        ([1.5, 2], None, "column `a` holds fractions; expected whole numbers or text"),
        ([True, False], None, "column `a` holds `bool`; expected whole numbers or text"),
        ([1, None], None, "index 1: nothing in column `a`; expected a person"),
        ([1, 7], 6, "index 1: id 7 is out of range; expected 0 to 5"),
        (
            ["1", "x"],
            6,
            "index 1: `x` in column `a` is no id; expected a whole number from 0 to 5",
        ),
    ],
)
def test_cells_of_frames_that_do_not_fit_are_told(
    values: list[Any], people: int | None, expected: str
) -> None:
    frame = pd.DataFrame({"a": values, "b": [4, 5]})
    assert told(frame, people=people) == [f"data frame: {expected}"]


def test_missing_columns_of_frames_are_told() -> None:
    frame = pd.DataFrame({"person": ["a"], "friend": ["b"], "w": [1]})
    assert told(frame, columns=("persn", "friend")) == [
        "data frame: no column `persn`; expected one of `person`, `friend`, `w`; "
        "did you mean `person`?"
    ]
    assert told(frame[["w"]]) == ["data frame: one column; expected two: both people of a tie"]


def test_graphs_that_do_not_fit_are_told() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph([("a", "b"), ("b", "bobb"), ("a", "a")])
    assert told(graph) == [
        'graph: `a` is tied to itself; expected two different people, or self_ties="drop"'
    ]
    assert told(graph, people=["a", "b", "bob"], self_ties="drop") == [
        "graph: unknown person `bobb`; expected one of the 3 people; did you mean `bob`?"
    ]
    assert told(graph, people=2)[0] == (
        "graph: node `a` is no id; expected a whole number from 0 to 1"
    )
    assert told(graph, directed=True) == [
        "graph: a graph without direction; expected a directed graph (DiGraph), or directed=False"
    ]
    assert told(networkx.Graph([(1, "1")])) == [
        "graph: two nodes are called `1`; expected nodes with different names"
    ]
    both = networkx.DiGraph([(0, 1), (1, 0)])
    assert told(both, directed=False) == [
        f"graph: the tie `1`, `0` again {SAME_BOTH_WAYS}; expected each tie once, or "
        'duplicates="drop"'
    ]


def test_graphml_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    text = "<graphml>\n<graph>\n<node id='a'>\n</graph></graphml>"
    assert told(file(tmp_path, text, "t.graphml")) == [
        "t.graphml:4: broken XML (mismatched tag); expected a GraphML file"
    ]
    assert told(file(tmp_path, "<html></html>", "t.graphml")) == [
        "t.graphml: XML, but not GraphML that can be read (file not successfully read as "
        "graphml); expected a GraphML file"
    ]


def test_without_networkx_one_message_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert told(file(tmp_path, "<graphml/>", "t.graphml")) == [
        "t.graphml: GraphML is read by the package networkx, which is not installed; expected it "
        "to be installed (`pip install networkx`), or a CSV or Parquet file"
    ]


def test_names_of_people_are_checked() -> None:
    frame = pd.DataFrame({"a": ["x"], "b": ["y"]})
    assert told(frame, people=["x", "y", "x"]) == [
        "people: position 2: `x` again; expected each name once"
    ]
    for people in ("xy", 2.0, True, ["x", 1]):
        with pytest.raises(TypeError, match=r"people"):
            read_ties(frame, people=people)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="people must be 0 to"):
        read_ties(frame, people=-1)


def test_an_unreadable_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    path = file(tmp_path, "0,1\n")
    monkeypatch.setattr(builtins, "open", refuse)
    assert told(path) == ["t.csv: cannot be opened (Permission denied); expected a file with ties"]


def test_a_large_broken_file_is_told_in_little_time(tmp_path: Path) -> None:
    count = 50_000
    path = file(tmp_path, "source,target\n" + "".join(f"p{k},q{k}\n" for k in range(count)))
    start = time.perf_counter()
    lines = told(path, people=[f"p{k}" for k in range(count)])
    assert lines[0].startswith("t.csv:2: unknown person `q0`; expected one of the 50,000 people")
    assert lines[-1] == f"... and {count - 20:,} more"
    assert time.perf_counter() - start < 20
