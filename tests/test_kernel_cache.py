"""Machine code on disk: what is not whole, or cannot be written, costs a compilation and no run."""

import errno
import importlib.util
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sim.kernels import compile_kernel, telling_of_compiling

pytest.importorskip("numba")

SOURCE = "def double(x):\n    return x + x\n"


@pytest.fixture
def source(tmp_path: Path) -> ModuleType:
    """A module of one's own, whose kernels are kept in a folder of its own."""
    file = tmp_path / "sim_kernel.py"
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("sim.kernel_of_this_test", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compiled(source: ModuleType) -> bool:
    """Call the kernel as a new process would; was it compiled, or read?"""
    kernel: Any = compile_kernel(source.double)
    assert kernel(21) == 42
    return bool(sum(kernel.stats.cache_misses.values()))


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "__pycache__").glob("*.nb*"))


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    at = len(content) * 3 // 4  # within the machine code
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", half, flipped, lambda _: b"junk" * 99, lambda c: c + b"\0"],
    ids=["empty", "half", "one bit", "junk", "longer"],
)
def test_a_damaged_file_is_compiled_and_written_anew(
    source: ModuleType, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    assert compiled(source)
    assert not compiled(source)
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert compiled(source)
    assert files(tmp_path) == [file]
    assert not compiled(source)


def test_a_folder_in_its_place_costs_a_compilation_each_time(
    source: ModuleType, tmp_path: Path
) -> None:
    assert compiled(source)
    (file,) = files(tmp_path)
    file.unlink()
    file.mkdir()
    assert compiled(source)
    assert compiled(source)
    assert files(tmp_path) == [file]


def test_a_changed_source_is_compiled_anew(source: ModuleType, tmp_path: Path) -> None:
    assert compiled(source)
    (tmp_path / "sim_kernel.py").write_text(SOURCE + "# changed\n")
    assert compiled(source)


def test_a_full_disk_costs_the_next_process_a_compilation(
    source: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert compiled(source)
    assert files(tmp_path) == []


def test_without_any_place_to_write_kernels_are_compiled_in_memory(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("numba.core.caching._CacheLocator.ensure_cache_path", nowhere)
    assert compile_kernel(source.double)(21) == 42


def test_a_signal_waits_until_a_kernel_is_compiled(source: ModuleType) -> None:
    """In the midst of the compiler it would read as a fault of ours."""
    seen: list[str] = []

    def handler(*_: object) -> None:
        seen.append("signal")
        raise SystemExit(143)

    def tell() -> None:
        seen.append("compiling")

    before = signal.signal(signal.SIGTERM, handler)
    kernel: Any = compile_kernel(source.double)
    compiler = kernel._compiler
    real = compiler.compile

    def compile_slowly(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        result = real(*arguments)
        seen.append("compiled")
        return result

    compiler.compile = compile_slowly
    try:
        with telling_of_compiling(tell), pytest.raises(SystemExit):
            kernel(21)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == ["compiling", "compiled", "signal"]
    assert kernel(21) == 42
