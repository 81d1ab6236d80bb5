"""Map errors to HTTP statuses: one table for the API, the webhooks and the tracking API."""

from http import HTTPStatus

from regulars.domain import errors

# An error of another class has the status of its nearest base in this table; without one it is a 500.
ERROR_STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.InvalidRequestError: HTTPStatus.BAD_REQUEST,
    errors.InvalidEventError: HTTPStatus.BAD_REQUEST,
    errors.PayloadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    errors.SignatureError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ProfileNotFoundError: HTTPStatus.NOT_FOUND,
    errors.DisclosureTooLargeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CertificateUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ConcurrentUpdateError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LedgerLaggingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SourceDisabledError: HTTPStatus.NOT_FOUND,
    errors.SourceWaitingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def find_status(error: Exception) -> HTTPStatus | None:
    """Return the status of `error`; None for an internal error, whose message no caller may read."""
    kinds = type(error).__mro__
    return next((ERROR_STATUSES[kind] for kind in kinds if kind in ERROR_STATUSES), None)
