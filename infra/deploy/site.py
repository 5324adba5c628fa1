"""The web page on its way into its bucket."""

import json
import time
from pathlib import Path

from infra import pages
from infra.deploy.errors import DeployError
from infra.deploy.place import Place

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"


def upload(place: Place, bucket: str, config: dict[str, object], dist: Path = DIST) -> int:
    """Put the page's files and its config.json; what older pages still load stays.

    What others load comes first, so that no page names a file that is not there yet.

    :returns: how many files there are.
    :raises DeployError: the page is not built.
    """
    if not (dist / "index.html").is_file():
        raise DeployError(f"{dist} has no index.html: `make deploy` builds it")
    names = [path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file()]
    ordered = sorted(names, key=lambda name: (name.endswith(".html"), not name.startswith("assets/"), name))
    for name in ordered:
        _put(place, bucket, name, (dist / name).read_bytes())
    _put(place, bucket, "config.json", json.dumps(config).encode())
    return len(ordered) + 1


def _put(place: Place, bucket: str, name: str, content: bytes) -> None:
    place.client("s3").put_object(
        Bucket=bucket,
        Key=name,
        Body=content,
        ContentType=pages.media_type(name),
        CacheControl=pages.cache_control(name),
    )


def invalidate(place: Place, distribution: str) -> None:
    """Let CloudFront ask for everything anew."""
    place.client("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": f"{time.time_ns():x}",
        },
    )
