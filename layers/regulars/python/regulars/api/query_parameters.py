"""What a query string may ask, each with its bounds: anything else is named, never guessed."""

from regulars.domain.errors import InvalidRequestError


def count(text: str | None, name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`; the default when it is left out."""
    if text is None:
        return default
    # int() would also take ' 5', '1_0' and digits of other scripts.
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else 0
    if not 1 <= number <= most:
        raise InvalidRequestError(
            f"`{name}` is a whole number from 1 to {most}.", f"invalid_{name}"
        )
    return number


def listed(text: str | None, name: str, most: int) -> tuple[str, ...]:
    """The ids between commas, each once, in the order given."""
    ids = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if len(ids) > most:
        raise InvalidRequestError(f"`{name}` takes up to {most} ids.", f"invalid_{name}")
    if any(len(id_) > LONGEST_ID for id_ in ids):
        raise InvalidRequestError(f"An id in `{name}` is too long.", f"invalid_{name}")
    return ids


def weights(text: str | None) -> dict[str, str]:
    """`content:0.5,collaborative:1` as it stands; whether the parts and numbers fit is the scorer's to say."""
    pairs = [pair.partition(":") for pair in (text or "").split(",") if pair.strip()]
    if not all(colon for _, colon, _ in pairs):
        raise InvalidRequestError(
            "`weights` look like content:0.5,collaborative:1.", "invalid_weights"
        )
    return {part.strip(): number.strip() for part, _, number in pairs}


LONGEST_ID = 256
