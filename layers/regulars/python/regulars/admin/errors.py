"""The errors of the owner's use cases, each with the data that a caller needs to explain it."""

from collections.abc import Mapping

from regulars.domain.errors import InvalidRequestError, NotFoundError, RegularsError
from regulars.domain.texts import add_article


class SourceNotFoundError(NotFoundError):
    """No source of this channel has this name."""

    def __init__(self, channel: str, name: str) -> None:
        super().__init__(f"There is no source {channel}/{name}.")
        self.channel = channel
        self.name = name


class SourceWithoutSecretError(InvalidRequestError):
    """A source whose secret was not given yet cannot verify a delivery."""

    code = "source_waiting"

    def __init__(self, channel: str, name: str) -> None:
        super().__init__(f"The source {channel}/{name} is waiting for its secret.")
        self.channel = channel
        self.name = name


class InvalidSourceNameError(InvalidRequestError):
    """The name of a source cannot be part of a URL."""

    code = "invalid_source_name"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} cannot be the name of a source.")
        self.name = name


class InvalidUrlError(InvalidRequestError):
    """The public URL of a source is no HTTP URL without a query."""

    code = "invalid_url"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url!r} is no URL such as https://hooks.example.com/in, without a query."
        )
        self.url = url


class SecretNotNeededError(InvalidRequestError):
    """The channel verifies deliveries without a secret of the source."""

    code = "secret_not_needed"

    def __init__(self, channel: str) -> None:
        super().__init__(f"The channel {channel} needs no secret.")
        self.channel = channel


class SecretRequiredError(InvalidRequestError):
    """The provider makes the secret, so the owner has to give it; `question` says where to find it."""

    code = "secret_required"

    def __init__(self, channel: str, question: str) -> None:
        super().__init__("The new secret of the provider is missing.")
        self.channel = channel
        self.question = question


class UselessOrderPolicyError(InvalidRequestError):
    """A policy for orders is given to a key whose orders are never claims."""

    code = "useless_order_policy"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"{add_article(scope).capitalize()} key sends no claims: only a browser key has a policy for orders."
        )
        self.scope = scope


class UnusableSecretError(InvalidRequestError):
    """The secret or a credential of a source cannot sign a delivery."""

    code = "unusable_secret"

    def __init__(self, channel: str, name: str, reason: str) -> None:
        super().__init__(f"The secret or a credential of {channel}/{name} cannot sign: {reason}")
        self.channel = channel
        self.name = name


class MissingAnswerError(InvalidRequestError):
    """A channel cannot be connected without this field; `question` describes it."""

    code = "missing_answer"

    def __init__(self, field: str, question: str) -> None:
        super().__init__(f"{field} is missing.")
        self.field = field
        self.question = question


class InvalidAnswerError(InvalidRequestError):
    """The value of a field is not what the channel asks for; `question` describes it."""

    code = "invalid_answer"

    def __init__(self, field: str, value: str, question: str) -> None:
        super().__init__(f"{field} cannot be {value!r}.")
        self.field = field
        self.question = question


class SecretFieldError(InvalidRequestError):
    """A field that the channel does not ask for looks like a secret, which must not be stored in clear text."""

    code = "secret_field"

    def __init__(self, field: str, known_fields: tuple[str, ...]) -> None:
        super().__init__(
            f"{field} may be a secret, and the channel does not ask for it: it would be stored in clear text."
        )
        self.field = field
        self.known_fields = known_fields


class UnreachableUrlError(RegularsError):
    """No server answers at the URL of a source."""

    code = "unreachable_url"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No server answers at {url}: {reason}")
        self.url = url


class AmbiguousIdError(InvalidRequestError):
    """None or several `items` (rejects, keys) have an id with this prefix."""

    code = "ambiguous_id"

    def __init__(self, items: str, prefix: str, matches: int) -> None:
        super().__init__(f"{matches} {items} have an id that begins with {prefix}.")
        self.items = items
        self.matches = matches


class NoRejectsSelectedError(InvalidRequestError):
    """A replay needs an id or a source; `waiting` counts the rejects by source that were not replayed yet."""

    code = "no_rejects_selected"

    def __init__(self, waiting: Mapping[str, int]) -> None:
        super().__init__("Give the id of a reject or a source.")
        self.waiting = waiting


class FunctionNotFoundError(NotFoundError):
    """The deployment has no function of this name; `functions` lists those that it has."""

    def __init__(self, function: str, functions: tuple[str, ...]) -> None:
        super().__init__(f"There is no function {function}.")
        self.function = function
        self.functions = functions


class FunctionFailedError(RegularsError):
    """A function raised an error; `payload` is the error as Lambda returns it."""

    code = "function_failed"

    def __init__(self, function: str, payload: object) -> None:
        super().__init__(f"{function} failed: {payload}")
        self.function = function
        self.payload = payload


class EmptyExportError(InvalidRequestError):
    """The file has a header and no rows."""

    code = "empty_export"

    def __init__(self, file: str) -> None:
        super().__init__(f"{file}: The file has a header line and no rows.")
        self.file = file


class UnrecognizedExportError(InvalidRequestError):
    """The file is no export that can be imported; `code` is the one of the reader."""

    def __init__(self, file: str, reason: InvalidRequestError) -> None:
        super().__init__(f"{file}: {reason}", reason.code)
        self.file = file


class AccountRequiredError(InvalidRequestError):
    """An export does not name its account, and the `accounts` of the connected sources do not decide it."""

    code = "account_required"

    def __init__(self, format_title: str, channel: str, accounts: tuple[str, ...]) -> None:
        super().__init__(f"A file of {format_title} does not name its account.")
        self.format_title = format_title
        self.channel = channel
        self.accounts = accounts


class UnnamedShopError(InvalidRequestError):
    """The config of a Shopify source does not name its shop."""

    code = "unnamed_shop"

    def __init__(self, name: str) -> None:
        super().__init__(f"The source {name} does not name its shop.")
        self.name = name


class InvalidAccountError(InvalidRequestError):
    """The text is no name of an account."""

    code = "invalid_account"

    def __init__(self, account: str) -> None:
        super().__init__(f"{account} is no account.")
        self.account = account


class ImportAbandonedError(RegularsError):
    """The import function gave the upload up after all retries."""

    code = "import_abandoned"

    def __init__(self) -> None:
        super().__init__("The import was given up after several attempts.")


class ImportTimeoutError(RegularsError):
    """The import wrote no report in time."""

    code = "import_timeout"

    def __init__(self) -> None:
        super().__init__("The import wrote no report.")


class TrainingTimeoutError(RegularsError):
    """The training of these models did not end in time."""

    code = "training_timeout"

    def __init__(self, models: tuple[str, ...]) -> None:
        super().__init__(f"There is no outcome of: {', '.join(models)}.")
        self.models = models


class ScoringTimeoutError(RegularsError):
    """No scoring of this dataset ended in time."""

    code = "scoring_timeout"

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"The people of {dataset_id} were not scored.")
        self.dataset_id = dataset_id
