"""The error of a command that the owner can correct: printed as one sentence with advice, without a traceback."""


class CommandError(Exception):
    """An expected error; `advice` says what to do next, '' for nothing, and `code` is the exit code of the command."""

    def __init__(self, message: str, advice: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code
