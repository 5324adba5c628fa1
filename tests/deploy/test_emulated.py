"""The packaged template deploys into an emulator of AWS: its functions serve a reader there, and go again."""

import asyncio
import copy
import json
from pathlib import Path

import pytest

from infra.emulated import deployment
from infra.emulated.__main__ import CODE, run
from infra.emulated.deployment import DeploymentError
from infra.emulated.emulator import Emulator
from infra.emulated.rewrites import REWRITES, Places, rewritten
from infra.smoke import access, session
from infra.smoke.checking import name_of

PLACES = Places("http://127.0.0.1:1", "s3://bucket/zip")
UNSEEN_HERE = (access.strange_origin, access.payloads)


@pytest.mark.timeout(240)
async def test_the_package_serves_a_reader_and_leaves_nothing_but_what_it_keeps(
    packaged: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    await run(packaged, tmp_path, lines.append)

    ran = "\n".join(line for line in lines if line.startswith("ok "))
    for check in (session.prints, session.latest_wins, session.image, session.upload, access.too_many):
        assert name_of(check) in ran
    skipped = [line for line in lines if line.startswith("skip ")]
    assert all(
        "no page" in line or any(name_of(check) in line for check in UNSEEN_HERE) for line in skipped
    ), skipped
    assert lines[-1].endswith("longwire-devices, longwire-permalinks")


async def test_what_the_emulator_does_not_take_is_told_in_its_words(packaged: Path, tmp_path: Path) -> None:
    template = deployment.read(packaged)
    template["Resources"]["Unheard"] = {"Type": "AWS::Unheard::Of"}
    async with Emulator(tmp_path) as emulator:
        with pytest.raises(DeploymentError, match="AWS::Unheard::Of"):
            await asyncio.to_thread(deployment.create, emulator, template, packaged.parent / CODE)


def test_nothing_but_what_is_listed_is_changed_for_the_emulator(packaged: Path) -> None:
    """Whoever takes the emulator's transcript for the template's must know each difference."""
    template = json.loads(packaged.read_text())
    changed = rewritten(copy.deepcopy(template), PLACES)

    before, after = template["Resources"], changed["Resources"]
    differing = {before[name]["Type"] for name in before if before[name] != after.get(name)}
    assert differing == {
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Serverless::Function",
    }
    for name in before:
        if before[name]["Type"] == "AWS::Serverless::Function":
            after[name]["Properties"]["CodeUri"] = before[name]["Properties"]["CodeUri"]
            assert after[name] == before[name]
    assert all(rewrite.what and rewrite.why for rewrite in REWRITES)
