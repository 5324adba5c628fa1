"""What a request to the storage process asks for: of which service, which operation, on what."""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from infra.local.storage.wsgi import Environ

DYNAMODB = "DynamoDB_20120810."
S3_OPERATIONS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}


@dataclass(frozen=True)
class Call:
    """`targets` are tables or a bucket."""

    service: str
    operation: str
    targets: tuple[str, ...]


def read_call(environ: Environ, body: bytes) -> Call:
    """What a request to the storage process asks for."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target.startswith(DYNAMODB):
        return Call("dynamodb", target.removeprefix(DYNAMODB), _tables(body))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return Call("sts", parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0], ("",))
    bucket, _, key = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    operation = S3_OPERATIONS.get(environ["REQUEST_METHOD"], "") if key else "Bucket"
    return Call("s3", operation, (bucket,))


def _tables(body: bytes) -> tuple[str, ...]:
    content = json.loads(body or b"{}")
    if "TableName" in content:
        return (content["TableName"],)
    if "RequestItems" in content:
        return tuple(content["RequestItems"])
    return tuple(re.findall(r'"TableName"\s*:\s*"([^"]+)"', body.decode("utf-8", "replace"))) or ("",)
