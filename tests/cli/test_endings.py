"""Exit codes and messages when something goes wrong, in this process and seen from a shell."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

import pytest

from tests.cli.conftest import Call

ESCAPE = "\x1b"

# Starts the command with a simulation that says so and then never ends.
ENDLESS = textwrap.dedent(
    """
    import signal, sys, time
    import sim.running.play

    # A shell starts jobs in the background deaf to Ctrl-C, and what they start inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def simulate(*_, **__):
        print("started", flush=True)
        time.sleep(60)

    sim.running.play.simulate = simulate
    from sim.cli import main
    main(["run", "village.yaml"])
    """
)


# Runs as usual, except that the bar does not wait for two seconds to pass.
HASTY = textwrap.dedent(
    """
    import sim.cli.progress

    sim.cli.progress.PATIENCE = sim.cli.progress.REFRESH = 0
    from sim.cli import main
    main(["run", "village.yaml", "--no-figures"])
    """
)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "kill"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupted_run_leaves_nothing(here: Path, number: int, code: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        running.send_signal(number)
        out, err = running.communicate(timeout=30)
    assert running.returncode == code
    assert out == ""
    assert "Traceback" not in err
    assert [file.name for file in here.iterdir()] == ["village.yaml"]
    if number == signal.SIGINT:
        assert "Interrupted" in err


def test_an_unforeseen_fault_is_told_in_two_lines(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError("division by zero\nand more")

    monkeypatch.setattr("sim.running.play.simulate", faulty)
    ended = uptake("run", "village.yaml")
    assert ended.code == 1
    assert "ZeroDivisionError: division by zero" in ended.err
    assert "--debug" in ended.err
    assert "Traceback" not in ended.err
    debugged = uptake("run", "village.yaml", "--debug")
    assert debugged.code == 1
    assert "Traceback" in debugged.err
    assert not (here / "runs").exists()


def test_too_little_memory_is_told(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object, **__: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr("sim.running.play.simulate", greedy)
    ended = uptake("run", "village.yaml")
    assert (ended.code, ended.err) == (1, "Error: not enough memory.\n")


def test_a_missing_file_is_bad_input_without_a_traceback(here: Path, process: Call) -> None:
    ended = process("run", "nowhere.yaml")
    assert ended.code == 2
    assert "nowhere.yaml" in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_every_problem_of_a_file_is_listed_at_its_line(here: Path, process: Call) -> None:
    text = (here / "village.yaml").read_text(encoding="utf-8")
    text = text.replace("tier: large", "teir: large").replace("600 k", "600 parsecs")
    text = text.replace("0.01 per day", "12 per day")
    (here / "village.yaml").write_text(text, encoding="utf-8")
    ended = process("check", "village.yaml")
    assert ended.code == 2
    assert "Traceback" not in ended.err
    lines = text.splitlines()
    for word in ("teir", "parsecs", "12 per day"):
        line = next(i for i, content in enumerate(lines, start=1) if word in content)
        assert f"village.yaml:{line}:" in ended.err
    assert "tier" in ended.err


def test_piped_output_is_plain_text(here: Path, process: Call) -> None:
    for arguments in (
        ("run", "village.yaml", "--no-figures"),
        ("check", "village.yaml"),
        ("scenarios",),
        ("explain", "omega"),
        ("explain",),
        ("--help",),
    ):
        ended = process(*arguments)
        assert ended.code == 0, ended.err
        assert ended.err == ""
        assert ESCAPE not in ended.out
        assert "\r" not in ended.out


def test_a_closed_pipe_is_no_failure_to_talk_about(process: Call) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sim.cli", "explain"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


def test_a_stream_that_cannot_show_a_letter_gets_a_substitute(here: Path, process: Call) -> None:
    text = (
        (here / "village.yaml")
        .read_text(encoding="utf-8")
        .replace("A village", "A village (\u6751)")
    )
    (here / "village.yaml").write_text(text, encoding="utf-8")
    ended = process("check", "village.yaml", env={"PYTHONIOENCODING": "cp1252"})
    assert ended.code == 0, ended.err
    assert "A village (?)" in ended.out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [40, 100])
@pytest.mark.parametrize(
    "arguments",
    [("run", "village.yaml", "--no-figures"), ("explain", "churn"), ("scenarios",)],
    ids=lambda arguments: arguments[0],
)
def test_tables_fit_the_terminal(here: Path, columns: int, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "sim.cli", *arguments]
    shown = on_a_terminal(command, columns=columns, env={"NO_COLOR": "1"})
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).splitlines()
    assert lines
    assert max(map(len, lines)) <= columns
    # NO_COLOR leaves bold alone and forbids colours, 30 to 49 and 90 to 107 in an SGR sequence.
    codes = [
        int(code) for group in re.findall(r"\x1b\[([0-9;]+)m", shown) for code in group.split(";")
    ]
    assert not [code for code in codes if 30 <= code <= 49 or code >= 90]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_long_run_shows_its_date_and_end_on_a_terminal(here: Path) -> None:
    shown = on_a_terminal([sys.executable, "-c", HASTY], columns=90)
    assert re.search(r"2026-01-31  50%  \d+ s left, ends \d\d:\d\d:\d\d", shown)
    assert "writing tables" in shown


def test_a_long_run_is_silent_elsewhere(here: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HASTY], capture_output=True, check=True)
    assert done.stderr == b""
    assert ESCAPE.encode() not in done.stdout


def on_a_terminal(command: list[str], *, columns: int, env: dict[str, str] | None = None) -> str:
    """What the command writes to a pseudo-terminal of this width. Fails when the command does."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **(env or {})},
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:  # Linux reports the other end's closing this way
            pass
        finally:
            os.close(ours)
    text = shown.decode("utf-8")
    assert running.returncode == 0, text
    return text.replace("\r\n", "\n")
