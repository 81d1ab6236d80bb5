"""Convert the owner's answers to questions that ask for a list or for JSON: values of `ConfigField.normalize`."""

import json


def split_list(answer: str) -> list[str]:
    """Return the parts of a text that is separated by commas, without the empty ones."""
    return [part.strip() for part in answer.split(",") if part.strip()]


def check_json_object(answer: str) -> str:
    """Return the text as it is; raise ValueError unless it is a JSON object."""
    if not isinstance(json.loads(answer), dict):
        raise ValueError(answer)  # noqa: TRY004 (the owner's text is wrong, not the caller's type)
    return answer
