"""Keeps each asynchronous invocation until its function ended, and starts it again after a crash, as AWS does."""

import contextvars
import json
import threading
import time
import uuid
from typing import Any

from ministack import app
from ministack.services import eventbridge, lambda_svc

from infra.local.journal.commits import Commits
from infra.local.journal.database import Database, delete_invocation, put_invocation
from infra.local.journal.service_states import ServiceStates

type Function = dict[str, Any]

DEFAULT_RETRIES = 2  # the default of Lambda


class InvocationJournal:
    """The asynchronous invocations that have not ended."""

    def __init__(self, database: Database, commits: Commits, states: ServiceStates) -> None:
        self._commits = commits
        self._states = states
        self._interrupted = database.list_invocations()
        self._dispatch = eventbridge._dispatch_to_lambda

    def install(self) -> None:
        """Replace the functions through which the emulator invokes; its EventBridge would not retry."""
        lambda_svc.invoke_async_with_retry = self.invoke
        eventbridge._dispatch_to_lambda = self.invoke_target

    def invoke_target(self, arn: str, payload: str) -> None:
        """Invoke the target of a rule or a schedule."""
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            self._dispatch(arn, payload)  # it logs what is missing
            return
        self.invoke(lambda_svc._execution_record_for_config(function, config), json.loads(payload))

    def invoke(self, function: Function, event: Any) -> None:
        """Journal an invocation and start it."""
        config = function.get("config") or function
        id_ = str(uuid.uuid4())
        self._commits.add_statement(put_invocation(id_, config["FunctionArn"], json.dumps(event)))
        self._start(id_, function, event)

    def resume(self) -> None:
        """Start again what had not ended when the process before this one did."""
        interrupted, self._interrupted = self._interrupted, []
        for id_, arn, event in interrupted:
            function, config, _ = lambda_svc._get_func_record_for_ref(arn)
            if function and config:
                record = lambda_svc._execution_record_for_config(function, config)
                self._start(id_, record, json.loads(event))
            else:
                self._commits.add_statement(delete_invocation(id_))

    def _start(self, id_: str, function: Function, event: Any) -> None:
        context = contextvars.copy_context()
        arguments = (self._run, id_, function, event)
        threading.Thread(target=context.run, args=arguments, daemon=True).start()

    def _run(self, id_: str, function: Function, event: Any) -> None:
        lambda_svc._run_with_function_config_scope(function, run_function, function, event)
        # In the thread in which all states change.
        app._MAIN_LOOP.call_soon_threadsafe(self._end, id_)

    def _end(self, id_: str) -> None:
        with self._commits.lock:  # the dead letter and the end of the invocation in one batch
            self._states.save_state("sqs")
            self._commits.add_statement(delete_invocation(id_))


def run_function(function: Function, event: Any) -> None:
    """Execute a function; after the last failure store a dead letter."""
    config = function.get("config") or function
    options = _find_options(function)
    for attempt in range(int(options.get("MaximumRetryAttempts", DEFAULT_RETRIES)) + 1):
        if attempt:
            time.sleep(lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (attempt - 1))
        result = lambda_svc._execute_function(function, event)
        if not result.get("error"):
            return
    destination = (options.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination")
    target = destination or (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        lambda_svc._route_async_failure(target, config["FunctionName"], event, result)


def _find_options(function: Function) -> dict[str, Any]:
    configs = function.get("event_invoke_configs") or {}
    options: dict[str, Any] = function.get("event_invoke_config") or configs.get("$LATEST") or {}
    return options
