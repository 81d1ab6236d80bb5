"""Ask the owner of a source for a list or for JSON, and check the answer."""

import json

from regulars.channels.contract import ConfigField


def split_list(answer: str) -> list[str]:
    """Return the parts of a text that is separated by commas, without the empty ones."""
    return [part.strip() for part in answer.split(",") if part.strip()]


def build_json_field(question: str) -> ConfigField:
    """Return an optional field whose answer is a JSON object."""
    return ConfigField(question=question, is_optional=True, normalize=_check_json_object)


def _check_json_object(answer: str) -> str:
    """Return the text as it is; raise ValueError unless it is a JSON object."""
    if not isinstance(json.loads(answer), dict):
        raise ValueError(answer)  # noqa: TRY004 (the owner's text is wrong, not the caller's type)
    return answer
