"""Faults the owner can do something about: said in one sentence with what to do, never as a traceback."""


class FaultError(Exception):
    """Something expected went wrong; `advice` says what to do next."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
