"""Parse query parameters within their bounds; every other value is refused with the parameter's name."""

from regulars.domain.errors import InvalidRequestError

MAX_ID_CHARACTERS = 256


def parse_count(text: str | None, name: str, default: int, maximum: int) -> int:
    """Return a whole number from 1 to `maximum`; the default when the parameter is missing."""
    if text is None:
        return default
    # int() would also accept ' 5', '1_0' and digits of other scripts.
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(maximum))
    number = int(text) if is_number else 0
    if not 1 <= number <= maximum:
        raise InvalidRequestError(
            f"`{name}` must be a whole number from 1 to {maximum}.", f"invalid_{name}"
        )
    return number


def parse_flag(text: str | None, name: str, word: str) -> bool:
    """Return whether the parameter is present; `word` is its only value."""
    if text not in (None, word):
        raise InvalidRequestError(f"`{name}` must be {word}.", f"invalid_{name}")
    return text == word


def parse_ids(text: str | None, name: str, max_ids: int) -> tuple[str, ...]:
    """Return the ids between commas, each once, in the order given."""
    ids = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if len(ids) > max_ids:
        raise InvalidRequestError(f"`{name}` accepts up to {max_ids} ids.", f"invalid_{name}")
    if any(len(id_) > MAX_ID_CHARACTERS for id_ in ids):
        raise InvalidRequestError(f"An id in `{name}` is too long.", f"invalid_{name}")
    return ids


def parse_weights(text: str | None) -> dict[str, str]:
    """Return the parts of `content:0.5,collaborative:1`; the scorer validates names and numbers."""
    if text is None:
        return {}
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(colon for _, colon, _ in pairs):
        raise InvalidRequestError(
            "`weights` must look like content:0.5,collaborative:1.", "invalid_weights"
        )
    return {part: number for part, _, number in pairs}
