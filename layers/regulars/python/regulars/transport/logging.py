"""Structured logs that never hold a body, a header, an e-mail or a key: words of ours and names of errors only."""

from traceback import extract_tb

from aws_lambda_powertools.logging import Logger

LOGGER = Logger(service="regulars", log_uncaught_exceptions=False)


def log_failure(error: BaseException, where: str) -> None:
    """One error line with the error's type and frames; never its message, which may quote what was sent."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)
    ]
    LOGGER.error("failure", where=where, error=type(error).__name__, frames=frames[-6:])
