"""A small market to run, and three ways of calling the command."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli import main

VILLAGE = """\
name: village
title: A village with one messenger
question: Who uses the helper?
start: 2026-01-01
duration: 60 d
segments:
  here: {people: 1 M}
platforms:
  chat: {kind: messaging, users: 600 k}
labs:
  acme:
    quality: 30 frontier-months
    models:
      large: {level: api}
features:
  helper:
    title: Helper
    lab: acme
    tier: large
    placements:
      chat: {surface: search-bar}
parameters:
  omega: {value: 0.01 per day, label: A, source: a guess for this test}
overrides:
  hidden:
    features.helper.placements.chat.surface: menu
"""


@dataclass(frozen=True)
class Ended:
    """How a call ended: exit code, output stream, error stream."""

    code: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with `village.yaml` in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "village.yaml").write_text(VILLAGE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def uptake(capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Call the command in this process."""

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main(arguments)
        said = capsys.readouterr()
        assert isinstance(ending.value.code, int)
        return Ended(ending.value.code, said.out, said.err)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    yield call
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def process() -> Call:
    """Call the command in a process of its own, output piped."""

    def call(*arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "sim.cli", *arguments],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **(env or {})},
            check=False,
            timeout=120,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
