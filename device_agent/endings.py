"""How a part of a session says that the session is over."""


class Ended(Exception):
    """Raised inside a worker when its session is over.

    `reason` is one of `computation_end`'s; "" when the session goes back to its pool, None when it is another
    device's.
    """

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason)
        self.reason = reason
