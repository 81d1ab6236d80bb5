"""Hand an erasure to the function that runs it; the call names keyed hashes only."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from regulars.store.clients import create_lambda_client

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class ErasureQueue:
    """The asynchronous invocations of one function; the client is created with the first one, since few are made."""

    def __init__(self, function: str, client: "LambdaClient | None" = None) -> None:
        self._function = function
        self._client = client

    def request_erasure(self, subjects: Iterable[str]) -> None:
        """Start the erasure of the people whom these subjects name; a second request for the same ones goes on with it."""
        client = self._client = self._client or create_lambda_client()
        payload = json.dumps({"subjects": sorted(set(subjects))}).encode()
        client.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
