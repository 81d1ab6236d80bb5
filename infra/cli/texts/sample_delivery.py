"""Describes in one sentence what became of a sample delivery, and what the owner can do about it."""

from regulars.admin.sample_delivery import SampleResult


def describe_sample(sample: SampleResult) -> str:
    """Return one or two sentences."""
    types = ", ".join(sample.event_types)
    match sample.outcome:
        case "reached":
            return (
                f"The URL was reached and refused an unsigned delivery, as it must. Only {sample.channel} can sign one: "
                "use its own test button, then see `regulars status` and `regulars rejects`."
            )
        case "set_aside":
            return (
                f"Accepted and set aside ({sample.reject_code}), as this sample is meant to be: deliveries of "
                f"{sample.channel} are accepted, and no person was created."
            )
        case "stored":
            return f"Stored: {types}. The event is marked as a test and counts nowhere."
        case "known":
            return f"Stored before: {types}. An event is stored once."
        case "refused":
            return _describe_refusal(sample)


def _describe_refusal(sample: SampleResult) -> str:
    response = sample.response
    if response.is_success and sample.is_disabled:
        return "Still accepted although it is disabled: that takes ten seconds everywhere."
    if response.is_success:
        return f"Answered {response.status}, but the ledger does not hold the event."
    code, message = response.error
    retry = f"a new secret is read within half a minute; try again. {message}"
    reasons = {
        "not_found": "the source is not known there",
        "source_disabled": _describe_disabled_source(sample),
        "invalid_signature": retry,
        "forbidden": retry,
        "source_waiting": "its secret is not known. Give it again with: regulars connect",
        "internal": "an error on our side. See: regulars logs receive_webhook",
    }
    reason = reasons.get(code, message or response.body or "no reason was given")
    return f"Refused ({response.status}): {reason}."


def _describe_disabled_source(sample: SampleResult) -> str:
    words = f"{sample.channel} {sample.name}"
    return f"it is disabled. Accept deliveries with: regulars sources enable {words}"
