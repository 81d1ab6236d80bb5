"""Make texts that every store accepts."""


def replace_surrogates(text: str) -> str:
    r"""Return the text with `?` for each lone surrogate, which neither a hash nor a store accepts.

    >>> replace_surrogates("caf\u00e9 \ud83d")
    'café ?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
