"""API Gateway's and Lambda's limits as numbers, and the token bucket that throttles."""

import time
from dataclasses import dataclass

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What the gateway enforces; sizes in bytes, times in seconds, rates per second.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html,
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """

    frame_bytes: int = 32 * KIB
    message_bytes: int = 128 * KIB
    idle_seconds: float = 600.0
    lifetime_seconds: float = 7200.0
    integration_seconds: float = 29.0
    rest_payload_bytes: int = 10 * MIB
    lambda_payload_bytes: int = 6 * MIB
    is_throttling: bool = False
    connections_per_second: float = 500.0
    requests_per_second: float = 10_000.0
    request_burst: int = 5000
    concurrency: int = 64
    waiting_invocations: int = 1000
    send_seconds: float = 10.0


class TokenBucket:
    """Lets `rate` events a second through, and `burst` at once. Not thread-safe: for the event loop only."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = time.monotonic()

    def take(self) -> bool:
        """Return whether one more event is allowed now, and count it if so."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
