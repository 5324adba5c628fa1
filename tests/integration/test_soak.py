"""A minute of `make soak`."""

import os
import sys
from pathlib import Path

import pytest

from tests.chaos.conftest import short_directory
from tests.soak.soak import Soak

SECONDS = float(os.environ.get("LONGWIRE_SOAK_SECONDS", "60"))


@pytest.mark.timeout(240)
async def test_browsers_that_come_and_go_on_agents_that_die_see_nothing_lost_or_twice_or_late() -> None:
    with short_directory() as place:
        report = await Soak(Path(place), SECONDS, browsers=50, agents=3, seed=1).run()
    sys.stdout.write(report.text)
    assert report.violations == []
    assert report.counts["sessions"] > 0
    assert report.counts["moves"] > 0
