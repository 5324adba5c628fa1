"""`make deploy` into an emulator of AWS: the package's functions serve a reader there, and all goes again."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from infra import package
from infra.deploy import place, stack
from infra.deploy.errors import StackFailed
from infra.emulated.__main__ import run
from infra.emulated.account import Account
from infra.emulated.emulator import Emulator
from infra.emulated.rewrites import REWRITES, rewritten
from infra.smoke import access, session
from infra.smoke.checking import name_of

LOOKED_AT = (session.prints, session.latest_wins, session.upload, access.strange_origin, access.too_many)


@pytest.mark.timeout(240)
async def test_a_deployment_serves_a_reader_and_leaves_nothing(
    packaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "build", lambda _stage: packaged)
    monkeypatch.setattr(stack, "POLL_SECONDS", 0.2)
    wheel = tmp_path / "longwire-0-py3-none-any.whl"
    wheel.write_bytes(b"for instances, of which the emulator starts none")
    lines: list[str] = []
    await run(wheel, tmp_path, lines.append)

    ran = "\n".join(line for line in lines if line.startswith("ok "))
    assert all(name_of(check) in ran for check in LOOKED_AT), lines
    skipped = [line for line in lines if line.startswith("skip ")]
    assert all("no page" in line or "no access rules" in line for line in skipped), skipped
    assert lines[-1].startswith("nothing is left")


async def test_what_the_emulator_does_not_take_is_told_in_its_words(tmp_path: Path) -> None:
    async with Emulator(tmp_path) as emulator:
        account = Account(emulator.url)
        template = {"Resources": {"Unheard": {"Type": "AWS::Unheard::Of"}}}
        account.client("s3").create_bucket(Bucket="bucket")
        account.client("s3").put_object(Bucket="bucket", Key="key", Body=json.dumps(template))
        url = "https://bucket.s3.us-east-1.amazonaws.com/key"
        with pytest.raises(Exception, match=r"AWS::Unheard::Of") as caught:
            stack.apply(place.find("test", account), url, [], lambda _: None)
    assert isinstance(caught.value, StackFailed) or "ValidationError" in str(caught.value)


def test_nothing_but_what_is_listed_is_changed_for_the_emulator(packaged: Path) -> None:
    """Whoever takes the emulator's transcript for the template's must know each difference."""
    template: dict[str, Any] = json.loads(packaged.read_text())
    changed = rewritten(copy.deepcopy(template), "http://127.0.0.1:1")

    before, after = template["Resources"], changed["Resources"]
    assert {before[name]["Type"] for name in before.keys() - after.keys()} == {
        "AWS::ApiGatewayV2::Deployment",
        "AWS::CloudWatch::Alarm",
    }
    assert {after[name]["Type"] for name in after if after[name] != before[name]} == {
        "AWS::ApiGatewayV2::Stage"
    }
    assert all(rewrite.what and rewrite.why for rewrite in REWRITES)
