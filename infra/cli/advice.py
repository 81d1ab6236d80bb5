"""Says for each error of the owner's use cases which command or option helps."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (of botocore)
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from infra.cli.options import rank_similar_names
from regulars.admin import errors
from regulars.admin.stream_progress import StreamStalledError

EXPORT_PAGES = "layers/regulars/python/regulars/channels/exports/README.md"
UNRECOGNIZED_CODES = frozenset({"missing_columns", "unknown_format"})
SEE_DEAD_LETTERS = "See `regulars status` for dead letters, and `regulars logs FUNCTION`."


def find_advice(error: Exception) -> str:
    """Return what the owner can do about an error, '' for nothing."""
    advise = _ADVICE.get(type(error))
    return advise(error) if advise else ""


def explain_aws_error(error: ClientError | BotoCoreError) -> str:
    """Return what the owner can do about an error of AWS or of the way to it."""
    match error:
        case NoCredentialsError() | PartialCredentialsError() | TokenRetrievalError():
            return "Sign in to the account of the stack, for example with `aws configure` or `aws sso login`."
        case NoRegionError():
            return "Name the region of the stack: export AWS_REGION=eu-west-1"
        case ConnectionError():
            return (
                "Nothing answers there. For the stack on this machine see `regulars status`; for an account, check the "
                "connection of this machine to the internet, and its proxy."
            )
    return "Check that the stack is deployed and that the credentials are those of its account."


def _explain_secret_field(error: errors.SecretFieldError) -> str:
    fields = ", ".join(rank_similar_names(error.field, error.known_fields)) or "nothing"
    return f"A signing secret is --secret …; --set takes: {fields}."


def _explain_answer(error: errors.MissingAnswerError | errors.InvalidAnswerError) -> str:
    return f"--set {error.field}=…: {error.question}."


def _explain_id(error: errors.AmbiguousIdError) -> str:
    command = "rejects --list" if error.items == "rejects" else f"{error.items} list"
    return f"Look it up with `regulars {command}`."


def _explain_selection(error: errors.NoRejectsSelectedError) -> str:
    waiting = [f"{source} ({count})" for source, count in error.waiting.items()]
    return f"Waiting: {', '.join(waiting) or 'nothing'}."


def _explain_export(error: errors.UnrecognizedExportError) -> str:
    return (
        f"How to export from each provider: {EXPORT_PAGES}"
        if error.code in UNRECOGNIZED_CODES
        else ""
    )


def _explain_account(error: errors.AccountRequiredError) -> str:
    if not error.accounts:
        return "Name it with --account my-shop.myshopify.com."
    return f"It may be one of {', '.join(error.accounts)}: name it with --account."


_ADVICE: dict[type[Exception], Callable[[Any], str]] = {
    errors.SourceNotFoundError: lambda _: "List the sources with `regulars sources list`.",
    errors.SourceWithoutSecretError: lambda error: (
        f"Give it with: regulars connect {error.channel} --name {error.name} --secret …"
    ),
    errors.UnusableSecretError: lambda error: (
        f"Give the right one with: regulars connect {error.channel} --name {error.name}"
    ),
    errors.SecretNotNeededError: lambda _: "Leave --secret out.",
    errors.UselessOrderPolicyError: lambda _: "Leave --orders out, or create a browser key.",
    errors.SecretRequiredError: lambda error: f"--secret …: {error.question}.",
    errors.MissingAnswerError: _explain_answer,
    errors.InvalidAnswerError: _explain_answer,
    errors.SecretFieldError: _explain_secret_field,
    errors.UnreachableUrlError: lambda _: (
        "Check the public URL; `regulars connect CHANNEL --url own` returns to the URL of the API."
    ),
    errors.AmbiguousIdError: _explain_id,
    errors.NoRejectsSelectedError: _explain_selection,
    errors.FunctionNotFoundError: lambda error: f"There are: {', '.join(error.functions)}.",
    errors.FunctionFailedError: lambda error: f"See its log with `regulars logs {error.function}`.",
    errors.UnrecognizedExportError: _explain_export,
    errors.AccountRequiredError: _explain_account,
    errors.UnnamedShopError: lambda error: (
        f"Name it with: regulars connect shopify --name {error.name} --set shop=my-shop.myshopify.com"
    ),
    errors.InvalidAccountError: lambda _: (
        "An account is a name, or the domain of a Shopify shop such as my-shop.myshopify.com."
    ),
    errors.ImportAbandonedError: lambda _: (
        "See why with: regulars dead-letters list. "
        "Resume it with: regulars dead-letters redrive --function import_history"
    ),
    errors.ImportTimeoutError: lambda _: "See `regulars status` for dead letters.",
    StreamStalledError: lambda _: "See `regulars status` for rejects and dead letters.",
    errors.TrainingTimeoutError: lambda _: SEE_DEAD_LETTERS,
    errors.ScoringTimeoutError: lambda _: SEE_DEAD_LETTERS,
}
