"""A stack by change sets: made, brought up to date, taken away, with its events told as they come."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.errors import StackFailed
from infra.deploy.place import Place

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
POLL_SECONDS = 3.0
NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")

NOT_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""Statuses of a stack that no change set brings up to date."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation describes it."""

    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]


def find(place: Place) -> Stack | None:
    """The stage's stack; None when there is none, or only the shell of one whose change set never ran."""
    described = _describe(place)
    if described is None or described["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    return Stack(
        described["StackStatus"],
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in described.get("Parameters", [])},
        {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])},
    )


def apply(place: Place, template_url: str, values: list[dict[str, Any]], say: Say) -> Stack:
    """Make the stack, or bring it up to date; what is as it should be is left alone.

    :raises StackFailed: CloudFormation has rolled back; the text says what failed.
    """
    before = find(place)
    if before and before.status in NOT_MADE:
        raise StackFailed(
            f"{place.stack} could not be made, or not be deleted, the last time ({before.status}):"
            f" `make destroy STAGE={place.stage}` first"
        )
    cloudformation, name = place.client("cloudformation"), f"deploy-{time.time_ns():x}"
    change = cloudformation.create_change_set(
        StackName=place.stack,
        ChangeSetName=name,
        ChangeSetType="UPDATE" if before else "CREATE",
        TemplateURL=template_url,
        Parameters=values,
        Capabilities=CAPABILITIES,
        Tags=[{"Key": "longwire", "Value": place.stage}],
    )
    if _is_ready(place, change["Id"]):
        began = time.time()
        cloudformation.execute_change_set(ChangeSetName=change["Id"])
        _follow(place, change["StackId"], began, say)
    else:
        cloudformation.delete_change_set(ChangeSetName=change["Id"])
        say("nothing to change")
    made = find(place)
    if made is None:
        raise StackFailed(f"{place.stack} is not there")
    return made


def delete(place: Place, say: Say) -> None:
    """Take the stack away; what it retains stays.

    :raises StackFailed: something could not be deleted.
    """
    described = _describe(place)
    if described is None:
        return
    began = time.time()
    place.client("cloudformation").delete_stack(StackName=described["StackId"])
    _follow(place, described["StackId"], began, say)


def _describe(place: Place, stack_id: str | None = None) -> dict[str, Any] | None:
    try:
        answer = place.client("cloudformation").describe_stacks(StackName=stack_id or place.stack)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # that is how it says that there is none
            return None
        raise
    found: dict[str, Any] = answer["Stacks"][0]
    return found


def _is_ready(place: Place, change_set: str) -> bool:
    """Wait for a change set. False when it would change nothing.

    :raises StackFailed: it cannot be made.
    """
    while True:
        found = place.client("cloudformation").describe_change_set(ChangeSetName=change_set)
        if found["Status"] == "CREATE_COMPLETE":
            return True
        if found["Status"] == "FAILED":
            reason = found.get("StatusReason", "")
            if any(words in reason for words in NOTHING_TO_DO):
                return False
            raise StackFailed(f"the change set of {place.stack} cannot be made: {reason}")
        time.sleep(POLL_SECONDS)


def _follow(place: Place, stack_id: str, since: float, say: Say) -> None:
    """Tell what happens until it is over.

    :raises StackFailed: it did not end well.
    """
    told: set[str] = set()
    failures: list[str] = []
    while True:
        described = _describe(place, stack_id)
        for event in _events(place, stack_id, since):
            if event["EventId"] in told:
                continue
            told.add(event["EventId"])
            reason = event.get("ResourceStatusReason", "")
            line = f"{event['ResourceStatus']:<28} {event['LogicalResourceId']}"
            say(f"{line}  {reason}" if reason else line)
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                failures.append(f"{event['LogicalResourceId']}: {reason}")
        status = described["StackStatus"] if described else "DELETE_COMPLETE"
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(POLL_SECONDS)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"):
        raise StackFailed("\n".join([f"{place.stack} ended as {status}", *failures]))


def _events(place: Place, stack_id: str, since: float) -> Iterator[dict[str, Any]]:
    """The events since then, oldest first."""
    pages = place.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    try:
        found = [event for page in pages for event in page["StackEvents"]]
    except ClientError:  # a stack that is gone may have none
        return
    yield from (one for one in reversed(found) if one["Timestamp"].timestamp() >= since - 1)
