"""What the service refuses, or cannot be asked."""


class ServiceError(Exception):
    """Raised when a request is not served; `status` is HTTP's, 0 when the service was not reached."""

    def __init__(self, status: int, ename: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.ename = ename

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.status == 0 or self.status >= 500
