"""What each service says when it throttles a call and when it fails by itself."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, str]:
        """The header fields, its length among them."""
        return {**self.headers, "Content-Length": str(len(self.body))}


def typed_error(status: int, error_type: str, message: str, version: str = "1.0") -> Answer:
    """An error of AWS's JSON protocol."""
    body = json.dumps({"__type": error_type, "message": message}).encode()
    return Answer(status, body, {"Content-Type": f"application/x-amz-json-{version}"})


def _xml(status: int, text: str) -> Answer:
    return Answer(status, f'<?xml version="1.0"?>{text}'.encode(), {"Content-Type": "application/xml"})


def s3_error(status: int, code: str, message: str) -> Answer:
    """An error of S3."""
    return _xml(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")


def sts_error(status: int, kind: str, code: str, message: str) -> Answer:
    """An error of STS; `kind` says whose fault it is, Sender or Receiver."""
    error = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return _xml(status, f"<ErrorResponse>{error}</ErrorResponse>")


def _gateway(status: int, error_type: str, message: str) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error_type}
    return Answer(status, json.dumps({"message": message}).encode(), headers)


_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
_TOO_MUCH = "The level of configured provisioned throughput for the table was exceeded."

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
ANSWERS: dict[tuple[str, str], Answer] = {
    ("dynamodb", "throttled"): typed_error(
        400, f"{_DYNAMODB}ProvisionedThroughputExceededException", _TOO_MUCH
    ),
    ("dynamodb", "failed"): typed_error(500, f"{_DYNAMODB}InternalServerError", "Internal server error"),
    ("sqs", "throttled"): typed_error(400, "com.amazonaws.sqs#RequestThrottled", "Request is throttled."),
    ("sqs", "failed"): typed_error(500, "com.amazonaws.sqs#InternalFailure", "Internal failure"),
    ("s3", "throttled"): s3_error(503, "SlowDown", "Please reduce your request rate."),
    ("s3", "failed"): s3_error(500, "InternalError", "We encountered an internal error. Please try again."),
    ("sts", "throttled"): sts_error(400, "Sender", "Throttling", "Rate exceeded"),
    ("sts", "failed"): sts_error(500, "Receiver", "InternalFailure", "Internal failure"),
    ("api", "throttled"): _gateway(429, "TooManyRequestsException", "Too Many Requests"),
    ("api", "failed"): _gateway(500, "InternalServerErrorException", "Internal server error"),
    ("connections", "throttled"): _gateway(429, "LimitExceededException", "Rate exceeded"),
    ("connections", "failed"): _gateway(500, "InternalServerErrorException", "Internal server error"),
}
