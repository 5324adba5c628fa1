"""The errors of SQS, as its JSON protocol and boto3 name them."""


class SqsError(Exception):
    """An answer with status 400; `shape` is the modelled name, `query_code` the one that boto3 reports.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    """

    shape = "InvalidParameterValue"
    query_code = ""

    @property
    def code(self) -> str:
        """Return the code that boto3 puts into `response["Error"]["Code"]`."""
        return self.query_code or self.shape


class InvalidParameterValueError(SqsError):
    """A parameter is out of its range."""


class MissingParameterError(SqsError):
    """A parameter that is required is not there."""

    shape = "MissingParameter"


class QueueDoesNotExistError(SqsError):
    """There is no queue of this name."""

    shape = "QueueDoesNotExist"
    query_code = "AWS.SimpleQueueService.NonExistentQueue"


class QueueNameExistsError(SqsError):
    """There is a queue of this name, with other attributes."""

    shape = "QueueNameExists"
    query_code = "QueueAlreadyExists"


class ReceiptHandleIsInvalidError(SqsError):
    """The text is no receipt handle of this queue."""

    shape = "ReceiptHandleIsInvalid"


class MessageNotInflightError(SqsError):
    """The message is not in flight: its visibility cannot be changed."""

    shape = "MessageNotInflight"
    query_code = "AWS.SimpleQueueService.MessageNotInflight"


class OverLimitError(SqsError):
    """120,000 messages are in flight, or as many as fit are queued."""

    shape = "OverLimit"


class InvalidAttributeNameError(SqsError):
    """A queue has no attribute of this name."""

    shape = "InvalidAttributeName"


class EmptyBatchError(SqsError):
    """A batch without an entry."""

    shape = "EmptyBatchRequest"
    query_code = "AWS.SimpleQueueService.EmptyBatchRequest"


class TooManyEntriesError(SqsError):
    """A batch of more than ten entries."""

    shape = "TooManyEntriesInBatchRequest"
    query_code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"


class EntryIdsNotDistinctError(SqsError):
    """Two entries of a batch have the same id."""

    shape = "BatchEntryIdsNotDistinct"
    query_code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"


class BatchTooLongError(SqsError):
    """The messages of a batch are larger together than one message may be."""

    shape = "BatchRequestTooLong"
    query_code = "AWS.SimpleQueueService.BatchRequestTooLong"


class UnsupportedOperationError(SqsError):
    """An operation that is not emulated."""

    shape = "UnsupportedOperation"
    query_code = "AWS.SimpleQueueService.UnsupportedOperation"


class InvalidSignatureError(SqsError):
    """The sender's clock is wrong."""

    shape = "InvalidSignatureException"
    query_code = "SignatureDoesNotMatch"
