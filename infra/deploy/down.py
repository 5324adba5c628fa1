"""`make destroy`: everything that a stage has is gone, but for what its operator keeps."""

from collections.abc import Iterator

from infra.deploy import devices, stack
from infra.deploy.errors import NotConfirmed
from infra.deploy.place import Place
from infra.deploy.stack import Say

PERMALINKS = "permalinks"


def destroy(place: Place, confirmed: str, keep: str, say: Say) -> None:
    """Delete the stack, what it retains, and what was made at run time; may be done again after trouble.

    :param confirmed: the stage's name, once more.
    :param keep: `permalinks` leaves their table, for a later stack of the same name.
    :raises NotConfirmed: it is another name.
    :raises StackFailed: something could not be deleted.
    """
    if confirmed != place.stage:
        raise NotConfirmed(f"nothing is destroyed: say CONFIRM={place.stage} to delete {place.stack}")
    for kind in ("web", "payloads"):
        _empty(place, place.bucket(kind), say)
    _take_back_revocations(place)
    stack.delete(place, say)
    for url in _queues(place):
        place.client("sqs").delete_queue(QueueUrl=url)
        say(f"deleted the queue {url.rsplit('/', 1)[1]}")
    devices.forget_token(place)
    _delete_logs(place, say)
    if keep == PERMALINKS:
        say(f"kept the table {place.stack}-permalinks, which the next stack of this name takes over")
    else:
        _delete_permalinks(place, say)
    if _empty(place, place.artifacts, say):
        place.client("s3").delete_bucket(Bucket=place.artifacts)
        say(f"deleted the bucket {place.artifacts}")


def _empty(place: Place, bucket: str, say: Say) -> bool:
    """:returns: whether there is such a bucket."""
    s3 = place.client("s3")
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": one["Key"]} for one in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
                say(f"deleted {len(keys)} objects of {bucket}")
    except s3.exceptions.NoSuchBucket:
        return False
    return True


def _take_back_revocations(place: Place) -> None:
    """CloudFormation could not delete what was written on the devices' role at run time."""
    iam, role = place.client("iam"), f"{place.stack}-device"
    try:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    except iam.exceptions.NoSuchEntityException:
        return
    for name in names:
        if name != "device":
            iam.delete_role_policy(RoleName=role, PolicyName=name)


def _queues(place: Place) -> Iterator[str]:
    """The queues of devices, and of pools that were made at run time."""
    for kind in ("device", "sessions"):
        pages = (
            place.client("sqs")
            .get_paginator("list_queues")
            .paginate(QueueNamePrefix=f"{place.stack}-{kind}-")
        )
        for page in pages:
            yield from page.get("QueueUrls", [])


def _delete_logs(place: Place, say: Say) -> None:
    logs = place.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/longwire/{place.stack}/")
    for page in pages:
        for group in page["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
            say(f"deleted the log {group['logGroupName']}")


def _delete_permalinks(place: Place, say: Say) -> None:
    dynamodb, name = place.client("dynamodb"), f"{place.stack}-permalinks"
    try:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
        dynamodb.delete_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return
    say(f"deleted the table {name}")
