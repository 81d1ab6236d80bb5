"""The error of a command that the owner can correct: printed as one sentence with advice, without a traceback."""


class CommandError(Exception):
    """An expected error; `advice` says what to do next, '' for nothing."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
