"""Every error the domain raises, named in its words and carrying its data; edge/ maps each to one HTTP answer."""


class RegularsError(Exception):
    """Base of all errors a caller may be told about; `code` is stable, the message says what to do."""

    code = "error"


class InvalidRequestError(RegularsError):
    """What was sent cannot be understood."""

    code = "invalid_request"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


class PayloadTooLargeError(InvalidRequestError):
    """A body or an event is over its limit."""

    code = "payload_too_large"


class UnauthorizedError(RegularsError):
    """No key, or one nobody knows."""

    code = "unauthorized"


class ForbiddenError(RegularsError):
    """A known key that lacks the scope."""

    code = "forbidden"


class SignatureError(RegularsError):
    """A webhook that does not come from who it says.

    `reason` is missing, signature, timestamp (too old or new), malformed, scheme, or what else was not as it must be.
    """

    code = "invalid_signature"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The webhook's signature was refused: {reason}.")
        self.reason = reason


class SourceWaitingError(RegularsError):
    """A source whose secret was not given yet, so that nothing can be verified; worth retrying."""

    code = "source_waiting"

    def __init__(self) -> None:
        super().__init__("The source waits for its secret; `regulars connect` takes it.")


class CertificateUnavailableError(RegularsError):
    """The host of a provider's certificates does not answer; worth retrying."""

    code = "certificate_unavailable"

    def __init__(self) -> None:
        super().__init__("The sender's certificate cannot be fetched now; please try again.")


class ProfileNotFoundError(RegularsError):
    """No profile has this id."""

    code = "profile_not_found"

    def __init__(self, profile_id: str) -> None:
        super().__init__("No profile has this id.")
        self.profile_id = profile_id


class NotFoundError(RegularsError):
    """A resource that is not there: a segment, a source, a path."""

    code = "not_found"


class ConcurrentUpdateError(RegularsError):
    """Somebody else wrote first; worth retrying."""

    code = "concurrent_update"


class LedgerLaggingError(RegularsError):
    """The ledger does not show every event that a profile has counted; worth retrying."""

    code = "ledger_lagging"


class StoreBusyError(RegularsError):
    """The store took not all it was given, after several attempts; worth retrying."""

    code = "store_busy"

    def __init__(self) -> None:
        super().__init__("The store is busy; please try again.")


class InvalidEventError(RegularsError):
    """An event that can never be accepted; `code` names why, for the reject."""

    code = "invalid_event"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


class UntranslatableError(InvalidEventError):
    """A delivery on which our own translation fails: kept, and taken in by a replay once that is mended."""

    code = "untranslatable"

    def __init__(self, fault: str) -> None:
        super().__init__(f"It could not be translated: {fault}. Please update, then replay it.")

    @classmethod
    def of(cls, fault: Exception) -> "UntranslatableError":
        """The error that names a fault, never its message, which may quote what was sent."""
        error = cls(type(fault).__name__)
        error.__cause__ = fault
        return error


class InsufficientDataError(RegularsError):
    """Too little data to learn from; the message says what is missing."""

    code = "insufficient_data"


class TamperedArtifactError(RegularsError):
    """An artifact whose bytes are not those its manifest names; it is never deserialised."""

    code = "tampered_artifact"
