"""Counts what strangers can cost in a day, when they call every route at the limit of the gateway all day long."""

import math

from tests.support.template import Template

MAX_DAY_PRICE = 2.00  # USD
DAY_SECONDS = 86_400
# Prices on demand in us-east-1, arm64, in USD.
REQUEST_PRICE = 1.00e-6  # of the HTTP API, for each started 512 KB
INVOCATION_PRICE = 0.20e-6
GIBIBYTE_SECOND_PRICE = 13.3334e-6
READ_PRICE, WRITE_PRICE = 0.125e-6, 0.625e-6  # a unit
LOG_PRICE = 0.50e-9  # a byte
# What one refused call takes. Two look-ups of half a unit: the key in the header and the one in the body.
CALL_SECONDS = 0.010
CALL_READS = 1.0
ACCESS_LOG_BYTES, FUNCTION_LOG_BYTES = 300, 420
CALL_KINDS = 4
MINUTES = 1_440


def count_daily_calls(template: Template) -> float:
    return sum(rate * DAY_SECONDS + burst for rate, burst in template.list_throttles().values())


def find_write_limit(template: Template) -> int:
    (rejects,) = (
        table
        for name, table in template.list_resources("AWS::DynamoDB::Table").items()
        if template.find_path(name)[-1] == "Rejects"
    )
    return int(rejects["OnDemandThroughput"]["MaxWriteRequestUnits"])


def test_strangers_cost_two_dollars_a_day_at_most(template: Template) -> None:
    calls = count_daily_calls(template)
    memory = template.list_functions()["track_events"]["MemorySize"] / 1024
    containers = math.ceil(calls / DAY_SECONDS * CALL_SECONDS)
    costs = {
        "requests": calls * REQUEST_PRICE,
        "invocations": calls * INVOCATION_PRICE,
        "compute": calls * CALL_SECONDS * memory * GIBIBYTE_SECOND_PRICE,
        "reads": calls * CALL_READS * READ_PRICE,
        "counters": containers * CALL_KINDS * MINUTES * WRITE_PRICE,
        "rejects": find_write_limit(template) * DAY_SECONDS * WRITE_PRICE,
        "logs": calls * (ACCESS_LOG_BYTES + FUNCTION_LOG_BYTES) * LOG_PRICE,
    }
    assert sum(costs.values()) <= MAX_DAY_PRICE, costs


def test_every_function_behind_the_gateway_has_the_memory_of_the_count(template: Template) -> None:
    functions = template.list_functions()
    names = ("track_events", "receive_webhook", "serve_profiles")
    assert len({functions[name]["MemorySize"] for name in names}) == 1
