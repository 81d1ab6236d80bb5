"""Write structured logs that hold our own words and names of errors: never a body, a header, an e-mail or a key."""

from traceback import extract_tb

from aws_lambda_powertools.logging import Logger

LOGGER = Logger(service="regulars", log_uncaught_exceptions=False)
MAX_FRAMES = 6


def log_failure(error: BaseException, where: str) -> None:
    """Log an error with its type and its last frames; never its message, which may quote what was sent."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)
    ]
    LOGGER.error("failure", where=where, error=type(error).__name__, frames=frames[-MAX_FRAMES:])
