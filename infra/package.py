"""`python -m infra.package`: builds what is deployed, the functions' zip and the whole template.

Chalice makes functions, APIs and roles from app.py; infra/template/ adds everything else, and says of its
resources what Chalice has no word for.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import bytecode, parts
from infra.parts import Template

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "package"
NAME = "template.json"


def build(stage: str = "prod", target: Path = TARGET) -> Path:
    """Build `deployment.zip` and the template, whose `CodeUri`s name that zip.

    :returns: the template's path.
    :raises subprocess.CalledProcessError: Chalice could not; what it says is on standard error.
    """
    target.mkdir(parents=True, exist_ok=True)
    added = target / "parts.json"
    added.write_text(json.dumps(parts.join(parts.FOLDER)), encoding="utf-8")
    command = ["package", "--stage", stage, "--merge-template", str(added), str(target)]
    subprocess.run(
        [sys.executable, "-c", "from chalice.cli import main; main()", *command],
        cwd=ROOT,
        env={"AWS_DEFAULT_REGION": "us-east-1", **os.environ},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    bytecode.add(target / "deployment.zip")
    made = target / "sam.json"
    path = target / NAME
    path.write_text(json.dumps(finished(json.loads(made.read_text())), indent=1), encoding="utf-8")
    made.unlink()
    added.unlink()
    return path


def finished(template: Template) -> Template:
    """The template with a websocket deployment that is a new one whenever the routes are others.

    (Its name is fixed in Chalice's template, so that CloudFormation would never deploy routes anew.)
    """
    resources = template["Resources"]
    routes = {name: one for name, one in resources.items() if one["Type"].startswith("AWS::ApiGatewayV2::")}
    routes.pop("WebsocketAPIStage")
    digest = hashlib.sha256(json.dumps(routes, sort_keys=True).encode()).hexdigest()[:10]
    name = f"WebsocketAPIDeployment{digest}"
    deployment: dict[str, Any] = resources.pop("WebsocketAPIDeployment")
    resources[name] = deployment
    resources["WebsocketAPIStage"]["Properties"]["DeploymentId"] = {"Ref": name}
    return template


def main() -> None:
    """Build, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument("--stage", default="prod", help="whose names and tags Chalice writes (prod)")
    path = build(parser.parse_args().stage)
    size = (path.parent / "deployment.zip").stat().st_size
    print(f"{path.relative_to(ROOT)}, deployment.zip of {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
