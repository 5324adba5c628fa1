"""What is taken from a bucket: by CloudFormation the functions and the template, by instances the agent."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from botocore.exceptions import ClientError

from infra.deploy.errors import DeployError
from infra.deploy.place import Place
from infra.parts import Template

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ("infra/systemd/longwire-agent.service", "infra/systemd/agent.toml", "infra/devices/install.sh")


def make_bucket(place: Place) -> None:
    """The artifacts' bucket, private; idempotent."""
    s3 = place.client("s3")
    try:
        s3.head_bucket(Bucket=place.artifacts)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise DeployError(f"the bucket {place.artifacts} cannot be used: {error}") from error
        # us-east-1 is the one region that must not be named.
        where = {"LocationConstraint": place.region}
        options = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": where}
        s3.create_bucket(Bucket=place.artifacts, **options)
    shut = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=place.artifacts, PublicAccessBlockConfiguration=dict.fromkeys(shut, True)
    )


def upload(place: Place, kind: str, suffix: str, content: bytes) -> str:
    """Put content under its own hash, so that what is there already is what is meant.

    :returns: the key.
    """
    key = f"{kind}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
    place.client("s3").put_object(Bucket=place.artifacts, Key=key, Body=content)
    return key


def upload_template(place: Place, path: Path) -> tuple[Template, str]:
    """Upload the package that infra.package has built.

    :returns: the template, with the functions' zip where it lies now; and its own URL.
    """
    template: Template = json.loads(path.read_text(encoding="utf-8"))
    key = upload(place, "functions", ".zip", (path.parent / "deployment.zip").read_bytes())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": place.artifacts, "Key": key}
    key = upload(place, "template", ".json", json.dumps(template, separators=(",", ":")).encode())
    domain = f"{place.artifacts}.s3.{place.region}.amazonaws.com"
    return template, f"https://{domain}/{key}"


def bundle(wheel: Path) -> bytes:
    """The agent as an instance installs it: wheel, locked requirements, unit and settings, as a tar.gz.

    The same files make the same bytes: instances are replaced when these change.
    """
    lines = (ROOT / "requirements" / "agent.txt").read_text(encoding="utf-8")
    files = {wheel.name: wheel.read_bytes(), "requirements.txt": lines.encode()}
    files |= {Path(name).name: (ROOT / name).read_bytes() for name in BUNDLED}
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)
