"""A run that goes on from a checkpoint gives the bits of one that was never stopped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.kernels import VARIABLE as COMPILED
from sim.threads import VARIABLE as THREADS
from tests.running.whole import CASES, digests, gone_on, scenario_of, stopped

Kept = dict[str, tuple[Path, dict[str, str]]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Each case stopped once, and what it gave when it was played on."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(THREADS, "1")
        for case in CASES:
            folder = tmp_path_factory.mktemp("kept")
            found[case] = folder, stopped(case, folder)
    return found


@pytest.mark.parametrize("case", CASES)
def test_it_gives_the_bits_of_a_run_that_was_never_stopped(kept: Kept, case: str) -> None:
    folder, whole = kept[case]
    assert gone_on(case, folder) == whole


def test_writing_a_checkpoint_leaves_the_run_as_it_is(kept: Kept) -> None:
    from sim.running.simulation import simulate

    case = "enterprise-only, expected"
    assert digests(simulate(scenario_of(case)).tables) == kept[case][1]


ELSEWHERE = """
import json, sys
from pathlib import Path
from tests.running.whole import gone_on
print(json.dumps({case: gone_on(case, Path(folder)) for case, folder in json.loads(sys.argv[1])}))
"""


@pytest.mark.parametrize(
    "environment", [{THREADS: "2"}, {COMPILED: "0"}], ids=["more threads", "clear kernels"]
)
def test_in_another_process_that_works_in_another_way_too(
    kept: Kept, environment: dict[str, str]
) -> None:
    cases = [(case, str(folder)) for case, (folder, _) in kept.items()]
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, json.dumps(cases)],
        capture_output=True,
        check=True,
        env={**os.environ, **environment},
        text=True,
    )
    assert json.loads(done.stdout) == {case: whole for case, (_, whole) in kept.items()}
