"""Define the errors of the domain with their data; `transport.error_statuses` maps each to one HTTP status."""


class RegularsError(Exception):
    """Base of all errors that a caller may see; `code` is stable, the message says what to do."""

    code = "error"


class InvalidRequestError(RegularsError):
    """The request cannot be parsed."""

    code = "invalid_request"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


class PayloadTooLargeError(InvalidRequestError):
    """A body or an event exceeds its limit."""

    code = "payload_too_large"


class UnauthorizedError(RegularsError):
    """The request has no API key, or an unknown one."""

    code = "unauthorized"


class ForbiddenError(RegularsError):
    """The API key lacks the scope."""

    code = "forbidden"


class SignatureError(RegularsError):
    """The signature of a webhook is not valid.

    `reason` is missing, signature, timestamp (too old or too new), malformed, scheme, or the name of another part that
    did not match.
    """

    code = "invalid_signature"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The webhook's signature was refused: {reason}.")
        self.reason = reason


class SourceDisabledError(RegularsError):
    """The owner disabled the source. Its deliveries are stored as rejects, so that they can be received later."""

    code = "source_disabled"

    def __init__(self) -> None:
        super().__init__("The source is disabled.")


class SourceWaitingError(RegularsError):
    """The source has no secret yet, so that nothing can be verified; the sender should retry."""

    code = "source_waiting"

    def __init__(self) -> None:
        super().__init__("The source has no secret yet; set it with `regulars connect`.")


class CertificateUnavailableError(RegularsError):
    """The host of a provider's certificates does not answer; the sender should retry."""

    code = "certificate_unavailable"

    def __init__(self) -> None:
        super().__init__("The sender's certificate cannot be fetched now; please retry.")


class ProfileNotFoundError(RegularsError):
    """No profile has this id."""

    code = "profile_not_found"

    def __init__(self, profile_id: str) -> None:
        super().__init__("No profile has this id.")
        self.profile_id = profile_id


class NotFoundError(RegularsError):
    """A segment, a source, a path or another resource does not exist."""

    code = "not_found"


class DisclosureTooLargeError(RegularsError):
    """The data of a person exceeds what one response can carry."""

    code = "disclosure_too_large"

    def __init__(self, profile_id: str) -> None:
        super().__init__(
            f"This person's data exceeds 5 MB. Write it to files with: regulars privacy export {profile_id}"
        )


class ConcurrentUpdateError(RegularsError):
    """Another writer was faster; a retry may succeed."""

    code = "concurrent_update"


class LedgerLaggingError(RegularsError):
    """The ledger does not show every event that a profile has counted; a retry may succeed."""

    code = "ledger_lagging"


class StoreBusyError(RegularsError):
    """The store did not accept every item after several attempts; a retry may succeed."""

    code = "store_busy"

    def __init__(self) -> None:
        super().__init__("The store is busy; please retry.")


class InvalidEventError(RegularsError):
    """The event can never be accepted; `code` is the reason code of its reject."""

    code = "invalid_event"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


class UntranslatableError(InvalidEventError):
    """A translator of ours failed on a delivery, which is stored as a reject and replayed after the fix."""

    code = "untranslatable"

    def __init__(self, exception_name: str) -> None:
        super().__init__(
            f"The delivery could not be translated: {exception_name}. Please update, then replay it."
        )

    @classmethod
    def from_exception(cls, exception: Exception) -> "UntranslatableError":
        """Return an error that names the exception's class, never its message, which may quote the delivery."""
        error = cls(type(exception).__name__)
        error.__cause__ = exception
        return error


class InsufficientDataError(RegularsError):
    """There is too little data to learn from; the message says what is missing."""

    code = "insufficient_data"


class UnchangedLakeError(RegularsError):
    """No event has arrived since the newest dataset, so that another one would be the same."""

    code = "unchanged"


class TamperedArtifactError(RegularsError):
    """The bytes of an artifact differ from those that its manifest names; it is never deserialised."""

    code = "tampered_artifact"


class UnusableTableError(RegularsError):
    """A table of records cannot be compared; the message says what it lacks."""

    code = "unusable_table"
