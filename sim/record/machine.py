"""What a run was made with: the versions of packages, the checkout, and the memory it took."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

# Those whose version can change a number or a picture.
_PACKAGES = (
    "uptake",
    "numpy",
    "scipy",
    "numba",
    "pandas",
    "pyarrow",
    "simpy",
    "matplotlib",
    "pydantic",
    "PyYAML",
)


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a result; those not installed are left out."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def peak_mb() -> float | None:
    """The largest resident memory this process has had, in 1e6 bytes; None where unknown."""
    try:
        # On Linux a child starts with its parent's ru_maxrss; VmHWM is the process's own.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    except (OSError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    # kibibytes on Linux and BSD, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def revision(root: Path | None = None) -> str | None:
    """The git commit of the checkout at `root` (default: around this package), or None."""
    root = Path(__file__).resolve().parents[2] if root is None else root
    # Only a checkout of this very package counts, not a repository that happens to hold its
    # environment.
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.strip()
