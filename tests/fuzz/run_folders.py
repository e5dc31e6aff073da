"""Run folders that something has happened to: cut, emptied, swapped, edited, linked, taken away.

Each case takes a small saved run, finished or not, through one to three such mishaps. Whatever
they are, the run opens as what was written, or is refused by the product's own error: one line of
text that names a file. `uptake plot` and `uptake resume` end with 0, 1 or 2 and no traceback, and
what they leave is again the run or nothing.
"""

import atexit
import contextlib
import io
import json
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import yaml

import sim.figures
from sim.cli import main
from sim.record.manifest import Manifest
from sim.record.sealing import sealed, unsealed
from sim.running.play import Stages, play, play_kept
from sim.running.run import Run, RunFolderError
from sim.scenario import Scenario, load
from tests.cli.conftest import VILLAGE

__all__ = ["Case", "cases", "check"]

TABLES = ("adoption", "market", "events", "retention")


@dataclass(frozen=True)
class Case:
    """One saved run, and the numbers from which its mishaps are drawn."""

    number: int
    seed: int
    unfinished: bool

    def __str__(self) -> str:
        what = "an unfinished run" if self.unfinished else "a run"
        return f"run folder {self.number}: {what} of seed {self.seed}"


def cases(seed: int, count: int) -> Iterator[Case]:
    """So many cases; the first of a seed are the same however many are asked for."""
    chance = random.Random(f"run folders {seed}")
    for number in range(count):
        yield Case(number, chance.getrandbits(48), chance.random() < 0.3)


def check(case: Case) -> None:
    """Raises AssertionError, with the mishaps, for a case that breaks a promise."""
    with tempfile.TemporaryDirectory(prefix="uptake-fuzz-") as home:
        folder = Path(home, "run")
        shutil.copytree(_unfinished() if case.unfinished else _finished(), folder)
        told: list[str] = []
        try:
            mishaps = _Mishaps(folder, random.Random(case.seed), told)
            for _ in range(1 + min(mishaps.chance.randrange(4), 2)):
                mishaps.one()
            _promises(folder, forged=mishaps.forged)
        except AssertionError as broken:
            raise AssertionError(f"{case}, {'; '.join(told)}: {broken}") from broken


# -- the runs


def _scenario() -> Scenario:
    return load({**yaml.safe_load(VILLAGE), "duration": "12 d"}, engine="expected")


@cache
def _home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="uptake-fuzz-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


@cache
def _finished() -> Path:
    run = play(_scenario())
    folder = run.save(_home() / "finished", figures=False)
    with _few_figures():
        run.figures()
    return folder


@cache
def _unfinished() -> Path:
    folder = _home() / "unfinished"

    def stop(day: float, _: float) -> None:
        if day >= 8.0:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        play_kept(
            _scenario(), folder, every=3.0, keep=True, figures=False, stages=Stages(reached=stop)
        )
    return folder


@cache
def _whole() -> tuple[Manifest, str, dict[str, pa.Table]]:
    run = Run.open(_finished())
    return run.manifest, run.scenario_yaml, _tables(run)


def _tables(run: Run) -> dict[str, pa.Table]:
    """Words in full: in which order they were met differs between equal tables."""
    found = {}
    for name in TABLES:
        table = run.record.table(name)
        for at, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                words = table.column(at).cast(field.type.value_type)
                table = table.set_column(at, field.name, words)
        found[name] = table
    return found


@contextlib.contextmanager
def _few_figures() -> Iterator[None]:
    """One figure, quickly drawn: how figures look is not asked here."""
    before = sim.figures.FIGURES
    sim.figures.FIGURES = tuple(f for f in before if f.name == "quality")
    try:
        yield
    finally:
        sim.figures.FIGURES = before


# -- what can happen to a folder


class _Mishaps:
    """Draws mishaps and lets them happen to a folder. `forged` is true once something was edited
    and given a digest that fits: such a folder may open as something else."""

    def __init__(self, folder: Path, chance: random.Random, told: list[str]) -> None:
        self.folder, self.chance, self.told = folder, chance, told
        self.forged = False

    def one(self) -> None:
        """Let one happen, and tell it."""
        kinds: tuple[Callable[[Path], str | None], ...] = (
            self.cut, self.emptied, self.flipped, self.longer, self.removed, self.swapped,
            self.copied, self.a_folder, self.linked, self.a_pipe, self.junk, self.edited,
            self.edited, self.edited, self.more, self.named_otherwise, self.forbidden,
            self.text_edited, self.dated,
        )  # fmt: skip
        files = sorted(f for f in self.folder.rglob("*") if f.is_file() and not f.is_symlink())
        if not files:
            return
        # Tables are many: what is read first is as often the one that something happens to.
        named = [f for f in files if f.suffix == ".json"]
        file = self.chance.choice(named if named and self.chance.random() < 0.4 else files)
        kind = self.chance.choice(kinds)
        said = kind(file)
        self.told.append(f"{file.relative_to(self.folder)} {kind.__name__} {said or ''}".strip())

    def cut(self, file: Path) -> str:
        size = file.stat().st_size
        at = self.chance.choice((size - 1, size // 2, 4, self.chance.randrange(size + 1)))
        file.write_bytes(file.read_bytes()[: max(at, 0)])
        return f"at {at}"

    def emptied(self, file: Path) -> None:
        file.write_bytes(b"")

    def flipped(self, file: Path) -> str | None:
        content = bytearray(file.read_bytes())
        if not content:
            return None
        at = self.chance.randrange(len(content))
        content[at] ^= 1 << self.chance.randrange(8)
        file.write_bytes(content)
        return f"at {at}"

    def longer(self, file: Path) -> None:
        more = self.chance.choice((b"\0", b"\n", b" ", b"PAR1", b"}", b"\xff\xfe"))
        file.write_bytes(file.read_bytes() + more)

    def removed(self, file: Path) -> None:
        file.unlink()

    def swapped(self, file: Path) -> str:
        other = self._another(file)
        mine, yours = file.read_bytes(), other.read_bytes()
        file.write_bytes(yours)
        other.write_bytes(mine)
        return f"with {other.name}"

    def copied(self, file: Path) -> str:
        other = self._another(file)
        file.write_bytes(other.read_bytes())
        return f"from {other.name}"

    def a_folder(self, file: Path) -> None:
        file.unlink()
        file.mkdir()

    def linked(self, file: Path) -> str:
        other = self._another(file)
        copy = file.with_name(f"{file.name}.copy")
        copy.write_bytes(file.read_bytes())
        file.unlink()
        to = self.chance.choice(("nowhere", file.name, other, copy, "/dev/null"))
        file.symlink_to(to)
        return f"to {to}"

    def a_pipe(self, file: Path) -> None:
        if hasattr(os, "mkfifo"):
            file.unlink()
            os.mkfifo(file)

    def junk(self, file: Path) -> None:
        texts = (
            b"{}", b"[]", b"null", b"1e999", b"\xef\xbb\xbf{}", b"[" * 100_000, b"\xff" * 99,
            b'{"format": 1}', b'{"format": 99}', b'{"format": "\\ud800"}', b"9" * 5000, b"PAR1PAR1",
            b'{"a": "\x1b[31m"}',
        )  # fmt: skip
        file.write_bytes(self.chance.choice(texts))

    def edited(self, file: Path) -> str | None:
        """A value of a JSON file is another one, under the old digest or one that fits."""
        try:
            content, _ = unsealed(file.read_bytes())
        except ValueError:
            return self.flipped(file)
        holder: Any = content
        path: list[str] = []
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                return None
            key = self.chance.choice(keys)
            path.append(str(key))
            inner = holder[key]
            if not isinstance(inner, dict | list) or not inner or self.chance.random() < 0.2:
                break
            holder = inner
        odd: tuple[Any, ...] = (
            None, -1, 0, 2**70, 1e308, "", "x", "\x1b[31m", "a\nb", [], {}, True, "../../passwd",
            "1999-01-01", "\u202e", 0.5, ["a"], {"a": 1},
        )  # fmt: skip
        if self.chance.random() < 0.2:
            if isinstance(holder, dict):
                del holder[key]
            else:
                holder.pop(key)
            how = "taken out"
        else:
            holder[key] = self.chance.choice(odd)
            how = f"= {holder[key]!r}"
        if self.chance.random() < 0.5:
            self.forged = True
            file.write_text(sealed(content), encoding="utf-8")
            how += ", sealed"
        else:
            digest = json.loads(file.read_bytes()).get("digest")
            file.write_text(json.dumps({**content, "digest": digest}), encoding="utf-8")
        return f"{'.'.join(path)} {how}"

    def text_edited(self, file: Path) -> None:
        """Any text file: a word is another one."""
        content = file.read_bytes()
        old, new = self.chance.choice(
            ((b"village", b"hamlet"), (b"0.01", b"0.02"), (b"api", b"weights"), (b"12 d", b"13 d"),
             (b"\n", b"\r\n"), (b"2026", b"2027"), (b"chat", b"\x1b[2J"))
        )  # fmt: skip
        file.write_bytes(content.replace(old, new))

    def more(self, file: Path) -> str:
        name = self.chance.choice(
            ("notes.txt", "other.parquet", "figures/x.png", "retention.parquet", "manifest.json",
             "unfinished.json", "x.0123456789ab.partial", "checkpoints/day-00009-00/state.json",
             "checkpoints/day-00009-00/checkpoint.json", "a\x1b[31m\n.txt")
        )  # fmt: skip
        new = self.folder / name
        if new.exists() or new.is_symlink():
            return "nothing"
        with contextlib.suppress(OSError):  # a file may stand where the folder would
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, new)
        return f"as {name!r}"

    def named_otherwise(self, file: Path) -> str:
        new = file.with_name(
            self.chance.choice((file.name.upper(), f"{file.name}~", f".{file.name}"))
        )
        file.rename(new)
        return f"as {new.name}"

    def forbidden(self, file: Path) -> None:
        file.chmod(0)

    def dated(self, file: Path) -> None:
        os.utime(file, (2**33, 2**33))

    def _another(self, file: Path) -> Path:
        found = [f for f in self.folder.rglob("*") if f.is_file() and not f.is_symlink()]
        return self.chance.choice(sorted(f for f in found if f != file) or [file])


# -- what is promised


def _promises(folder: Path, *, forged: bool) -> None:
    opened = _opens(folder, forged)
    with _few_figures():
        code = _command("plot", folder)
    assert code == 0 if opened else code in (1, 2), f"plot ended with {code}"
    if opened:
        assert _opens(folder, forged), "after plot it does not open"
    code = _command("resume", folder)
    if code == 0:
        assert not opened or (folder / "manifest.json").exists()
        assert _opens(folder, forged), "after resume it does not open"


def _opens(folder: Path, forged: bool) -> bool:
    """Does the run open, and is it then what was written?"""
    try:
        run = Run.open(folder)
        tables = _tables(run)
        yaml_text = run.scenario_yaml
    except RunFolderError as error:
        _told(str(error), folder)
        return False
    except Exception as error:
        raise AssertionError(f"opening raised {type(error).__name__}: {error}") from error
    if not forged:
        manifest, text, whole = _whole()
        assert tables == whole, "it opens with other tables"
        assert yaml_text == text, "it opens with another scenario"
        assert _lasting(run.manifest) == _lasting(manifest), "it opens with another manifest"
    return True


def _lasting(manifest: Manifest) -> dict[str, Any]:
    """What is the same of a run that was resumed or drawn again."""
    passing = {"figures", "files", "started", "wall_s", "engine_s", "peak_mb", "revision"}
    return manifest.model_dump(exclude=passing | {"ns_per_person_tick"})


def _told(said: str, folder: Path) -> None:
    assert said.strip(), "an error without text"
    assert folder.name in said, f"no file is named: {said!r}"
    assert len(said.splitlines()) == 1, f"more than one line: {said!r}"
    raw = [c for c in said if not c.isprintable()]
    assert not raw, f"raw characters {raw} in {said!r}"


class _TimedOutError(AssertionError):
    pass


def _command(name: str, folder: Path) -> int:
    """The exit code of a command, whose words are looked at."""
    out, err = io.StringIO(), io.StringIO()
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)}
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(20)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([name, str(folder)])
    except SystemExit as end:
        code = end.code
    except Exception as error:
        raise AssertionError(f"{name} raised {type(error).__name__}: {error}") from error
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    said = err.getvalue()
    assert isinstance(code, int), f"{name} ended with {code!r}"
    assert code in (0, 1, 2), f"{name} ended with {code}: {said}"
    assert "Traceback" not in said, f"{name}: {said}"
    assert "internal fault" not in said, f"{name}: {said}"
    if code:
        _told(said.strip().removeprefix("Error: "), folder)
    return code


def _too_long(*_: object) -> NoReturn:
    raise _TimedOutError("it took more than 20 seconds")
