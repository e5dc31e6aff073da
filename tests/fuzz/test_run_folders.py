"""A few run folders that something has happened to; `tests.fuzz` tries as many as one likes."""

import pytest

from tests.fuzz.run_folders import Case, cases, check


@pytest.mark.parametrize("case", list(cases(seed=1, count=60)), ids=lambda case: str(case.number))
def test_a_folder_opens_as_what_was_written_or_is_refused_by_name(case: Case) -> None:
    check(case)
