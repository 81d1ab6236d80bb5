"""The one table of errors → HTTP status, for the API and the doors alike."""

from http import HTTPStatus

from regulars.domain import errors

# A class that is not named here is answered as its nearest named base; anything else is a 500.
STATUS: dict[type[Exception], HTTPStatus] = {
    errors.InvalidRequestError: HTTPStatus.BAD_REQUEST,
    errors.InvalidEventError: HTTPStatus.BAD_REQUEST,
    errors.PayloadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    errors.SignatureError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ProfileNotFoundError: HTTPStatus.NOT_FOUND,
    errors.CertificateUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ConcurrentUpdateError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LedgerLaggingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SourceWaitingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: Exception) -> HTTPStatus | None:
    """The status that tells of `error`, None when it is a fault of ours that no caller may read."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
