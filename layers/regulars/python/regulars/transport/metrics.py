"""Count what happens as CloudWatch metrics: a line of the log, which no request waits for."""

NAMESPACE = "Regulars"
DROPPED_IDENTIFIERS_METRIC = "DroppedIdentifiers"


def count_dropped_identifiers(count: int) -> None:
    """Count identifiers that a message of a stranger may not name."""
    # Imported with the first count: the library is a tenth of a cold start.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(
        name=DROPPED_IDENTIFIERS_METRIC, unit=MetricUnit.Count, value=count, namespace=NAMESPACE
    ):
        pass
