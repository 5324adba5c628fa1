"""DynamoDB and S3: conditional writes are atomic, and what is stored survives a restart and a kill -9."""

import asyncio
import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local import aws, resources
from infra.local.stack import PREFIX

from .conftest import Storage, storage, until

FILE = """
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {"Fn::Sub": "${AWS::StackName}-items"}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: a, AttributeType: S}
        - {AttributeName: b, AttributeType: N}
        - {AttributeName: c, AttributeType: S}
      KeySchema: [{AttributeName: a, KeyType: HASH}, {AttributeName: b, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - {IndexName: by_c, KeySchema: [{AttributeName: c, KeyType: HASH}], Projection: {ProjectionType: ALL}}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
  Texts:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {"Fn::Sub": "${AWS::StackName}-texts"}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}, {AttributeName: b, KeyType: RANGE}]
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: {"Fn::Sub": "${AWS::StackName}-files"}}
"""
TABLE = f"{PREFIX}-items"
BUCKET = f"{PREFIX}-files"


@contextlib.asynccontextmanager
async def filled(tmp_path: Path, save_seconds: float = 10.0) -> AsyncIterator[Storage]:
    """Start a storage process, make the resources and restore what an earlier one saved."""
    path = tmp_path / "resources.yaml"
    path.write_text(FILE)
    async with storage(tmp_path / "state", save_seconds=save_seconds) as started:
        await asyncio.to_thread(resources.create, path, PREFIX, started.endpoints)
        await asyncio.to_thread(aws.storage_control, started.endpoints.storage, "restore")
        yield started


def item(a: str, b: int, **more: dict[str, Any]) -> dict[str, Any]:
    return {"a": {"S": a}, "b": {"N": str(b)}, **more}


RICH = item(
    "rich",
    1,
    binary={"B": b"\x00\xff"},
    binaries={"BS": [b"a", b"b"]},
    numbers={"NS": ["1", "2"]},
    nothing={"NULL": True},
    nested={"M": {"l": {"L": [{"S": "ü"}, {"N": "1.5"}, {"B": b"\x01"}, {"BOOL": False}]}}},
)


def get(stack: Storage, a: str, b: int) -> Any:
    key = item(a, b)
    answer = stack.client("dynamodb").get_item(TableName=TABLE, Key=key).get("Item")
    for name in ("binaries", "numbers"):
        if answer and name in answer:
            answer[name] = {kind: sorted(values) for kind, values in answer[name].items()}
    return answer


def put(stack: Storage, *items: dict[str, Any]) -> None:
    for one in items:
        stack.client("dynamodb").put_item(TableName=TABLE, Item=one)


async def test_what_is_stored_survives_a_restart(tmp_path: Path) -> None:
    now = int(time.time())
    async with filled(tmp_path) as stack:
        await asyncio.to_thread(
            put,
            stack,
            RICH,
            item("lives", 1, expires_at={"N": str(now + 1000)}),
            item("expired", 1, expires_at={"N": str(now - 1)}),
        )
        await asyncio.to_thread(
            stack.client("s3").put_object,
            Bucket=BUCKET,
            Key="a/ü",
            Body=b"\x00body",
            ContentType="text/x-own",
        )
    async with filled(tmp_path) as stack:
        assert await asyncio.to_thread(get, stack, "rich", 1) == RICH
        assert await asyncio.to_thread(get, stack, "lives", 1)
        assert await asyncio.to_thread(get, stack, "expired", 1) is None
        stored = await asyncio.to_thread(stack.client("s3").get_object, Bucket=BUCKET, Key="a/ü")
        assert (stored["Body"].read(), stored["ContentType"]) == (b"\x00body", "text/x-own")
        # A second restore would bring old values back; it does nothing.
        assert await asyncio.to_thread(aws.storage_control, stack.endpoints.storage, "restore") == 0


async def test_a_kill_loses_only_the_last_seconds(tmp_path: Path) -> None:
    async with filled(tmp_path, save_seconds=0.1) as stack:
        await asyncio.to_thread(put, stack, item("kept", 1))
        snapshot = tmp_path / "state" / "snapshot.jsonl"
        await until(lambda: snapshot.exists() and "kept" in snapshot.read_text())
        stack.child.kill()
        await asyncio.wait_for(stack.child.wait(), 5)
    async with filled(tmp_path) as again:
        assert await asyncio.to_thread(get, again, "kept", 1) == item("kept", 1)


async def test_text_sort_keys(tmp_path: Path) -> None:
    async with filled(tmp_path) as stack:
        await asyncio.to_thread(text_queries, stack)


def text_queries(stack: Storage) -> None:
    """Every comparison of a text sort key finds what DynamoDB would, in order and page by page."""
    client = stack.client("dynamodb")
    table = f"{PREFIX}-texts"
    for text in ("b", "a#2", "ü", "a#1", "a#10", "c"):
        client.put_item(TableName=table, Item={"a": {"S": "p"}, "b": {"S": text}})
        client.put_item(TableName=table, Item={"a": {"S": "other"}, "b": {"S": text}})

    def found(condition: str, *bounds: str, **more: Any) -> list[str]:
        values = {":a": {"S": "p"}, **{f":{n}": {"S": bound} for n, bound in enumerate(bounds)}}
        request = {"TableName": table, "ExpressionAttributeValues": values, **more}
        texts: list[str] = []
        while True:
            answer = client.query(KeyConditionExpression=f"a = :a{condition}", **request)
            texts += [one["b"]["S"] for one in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return texts
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    everything = ["a#1", "a#10", "a#2", "b", "c", "ü"]
    assert found("") == found("", Limit=2) == everything
    assert found("", ScanIndexForward=False, Limit=4) == everything[::-1]
    assert found(" AND b > :0", "a#10") == found(" AND b > :0", "a#10", Limit=1) == everything[2:]
    assert found(" AND b >= :0", "a#10") == everything[1:]
    assert found(" AND b < :0", "b") == everything[:3]
    assert found(" AND b <= :0", "b", ScanIndexForward=False) == everything[3::-1]
    assert found(" AND b = :0", "c") == ["c"]
    assert found(" AND begins_with(b, :0)", "a#1") == ["a#1", "a#10"]
    assert found(" AND b BETWEEN :0 AND :1", "a#2", "c") == everything[2:5]


async def test_storage(tmp_path: Path) -> None:
    async with filled(tmp_path) as stack:
        for check in (conditional_writes, queries, transactions, errors, presigned_links, large_items):
            await asyncio.to_thread(check, stack)


def conditional_writes(stack: Storage) -> None:
    """Of many writers at the same time exactly one wins each round."""
    client = stack.client("dynamodb")

    def claim(n: int) -> bool:
        try:
            client.put_item(
                TableName=TABLE, Item=item("claim", n // 8), ConditionExpression="attribute_not_exists(a)"
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(160))) == 20


def queries(stack: Storage) -> None:
    """Order, limit, paging, an index and UpdateItem's returned values are as without our short cuts."""
    put(stack, *(item("q", n, c={"S": f"c{n % 2}"}) for n in (10, 9, 100, 1)))
    client = stack.client("dynamodb")
    values = {":a": {"S": "q"}, ":b": {"N": "1"}}
    request = {
        "TableName": TABLE,
        "KeyConditionExpression": "a = :a AND b > :b",
        "ExpressionAttributeValues": values,
    }
    first = client.query(**request, Limit=2)
    assert [one["b"]["N"] for one in first["Items"]] == ["9", "10"]
    rest = client.query(**request, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [one["b"]["N"] for one in rest["Items"]] == ["100"]
    backward = client.query(**request, ScanIndexForward=False)
    assert [one["b"]["N"] for one in backward["Items"]] == ["100", "10", "9"]
    by_index = client.query(
        TableName=TABLE,
        IndexName="by_c",
        KeyConditionExpression="c = :c",
        ExpressionAttributeValues={":c": {"S": "c0"}},
    )
    assert {one["b"]["N"] for one in by_index["Items"]} == {"10", "100"}
    assert (
        client.query(**{**request, "ExpressionAttributeValues": {**values, ":a": {"S": "no"}}})["Count"] == 0
    )
    old = client.put_item(TableName=TABLE, Item=item("q", 1, new={"BOOL": True}), ReturnValues="ALL_OLD")
    assert old["Attributes"] == item("q", 1, c={"S": "c1"})
    updated = client.update_item(
        TableName=TABLE,
        Key=item("q", 1),
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    assert updated["Attributes"] == {"n": {"N": "1"}}


def transactions(stack: Storage) -> None:
    """A transaction that fails leaves nothing behind, not even of an update in place."""
    client = stack.client("dynamodb")
    put(stack, item("t", 1, n={"N": "1"}))
    update = {
        "TableName": TABLE,
        "Key": item("t", 1),
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "2"}},
    }
    failing = {"TableName": TABLE, "Item": item("t", 2), "ConditionExpression": "attribute_exists(a)"}
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Update": update}, {"Put": failing}])
    assert get(stack, "t", 1) == item("t", 1, n={"N": "1"})
    client.transact_write_items(
        TransactItems=[{"Update": update}, {"Put": {"TableName": TABLE, "Item": item("t", 2)}}]
    )
    assert get(stack, "t", 1)["n"] == {"N": "2"}
    assert get(stack, "t", 2)


def errors(stack: Storage) -> None:
    client = stack.client("dynamodb")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="nothing", Key=item("x", 1))
    put(stack, item("e", 1))
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as failed:
        client.put_item(
            TableName=TABLE,
            Item=item("e", 1),
            ConditionExpression="attribute_not_exists(a)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failed.value.response["Item"] == item("e", 1)


def presigned_links(stack: Storage) -> None:
    client = stack.client("s3")
    client.put_object(Bucket=BUCKET, Key="k", Body=b"x" * 2_000_000)
    url = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "k"})
    request = urllib.request.Request(url, headers={"Origin": "http://127.0.0.1:1"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert len(answer.read()) == 2_000_000
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", "http://127.0.0.1:1")

    # moto checks no signature, so a web page with another request than a presigned link is turned away.
    request = urllib.request.Request(url.split("?")[0], headers={"Origin": "http://evil"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=5)


def large_items(stack: Storage) -> None:
    client = stack.client("dynamodb")
    put(stack, item("large", 1, v={"S": "x" * 390_000}))
    with pytest.raises(client.exceptions.ClientError):
        put(stack, item("large", 2, v={"S": "x" * 410_000}))
