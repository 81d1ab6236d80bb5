"""Find the consents that a submitted form grants."""

import re
from collections.abc import Sequence

from regulars.channels.contract import Request
from regulars.channels.drafts.form_answers import FormAnswer
from regulars.channels.fields.json_values import read_config_object
from regulars.domain.events import ConsentChange

_YES_PATTERN = re.compile(
    r"yes|y|true|on|1|agreed?|accepted|i (agree|accept|consent)\b.*", re.IGNORECASE
)


def list_consents(
    request: Request, answers: Sequence[FormAnswer], at: str
) -> tuple[ConsentChange, ...]:
    """Return the consents granted in the questions that the source's config names; a form never denies one."""
    questions = read_config_object(request.config, "consents")
    wordings = {
        channel: _read_wording(questions.get(name))
        for answer in answers
        for name in answer.names
        if (channel := _find_consent_channel(questions.get(name), answer.value))
    }
    return tuple(
        ConsentChange(channel=channel, status="granted", at=at, basis="form", wording=wording)
        for channel, wording in sorted(wordings.items())
    )


def _find_consent_channel(question: object, value: object) -> str:
    """Return the channel that an answer grants, by a yes or by the answer that the config names; '' for none."""
    config = question if isinstance(question, dict) else {"channel": question}
    channel, agreement = config.get("channel"), config.get("answer")
    choices = value if isinstance(value, list) else [value]
    is_granted = any(
        choice == agreement if isinstance(agreement, str) else _is_yes(choice) for choice in choices
    )
    return channel if isinstance(channel, str) and is_granted else ""


def _read_wording(question: object) -> str:
    """Return the version of the question's text that the config names; '' for none."""
    wording = question.get("wording") if isinstance(question, dict) else None
    return wording if isinstance(wording, str) else ""


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and bool(_YES_PATTERN.fullmatch(value.strip())))
