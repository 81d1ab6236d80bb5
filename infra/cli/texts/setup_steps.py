"""Describes how to connect a channel at its provider: the steps of its page, with the values of the source."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from regulars.channels.contract import Channel

CHANNEL_PAGES = "layers/regulars/python/regulars/channels/README.md"
_SECTION = re.compile(r"^\*\*Set up\*\*(.*?)(?=^\*\*|\Z)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\d+\. ", re.MULTILINE)
_URL_WORDS = re.compile(r"\b(?:the|this) (?:same )?(?:delivery |endpoint )?URL\b|<URL>|THE URL")
_LIST_WORDS = re.compile(r"(listed|described|topic|event) below")
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def describe_steps(channel: Channel, url: str, secret: str = "") -> list[str]:
    """Return the numbered steps at the provider, and where the whole page is."""
    steps = (_fill_values(step, url, secret) for step in _list_steps(channel.page))
    return [
        *(f"{number}. {step}" for number, step in enumerate(steps, start=1)),
        f"All about it, such as the events to select: {CHANNEL_PAGES}, section {channel.title}",
    ]


def describe_tunnel(channel: str, name: str, url: str) -> list[str]:
    """Return why no provider can reach the URL of a stack on this machine, and what to do; nothing for another URL."""
    address = urlsplit(url)
    if address.hostname not in _LOCAL_HOSTS:
        return []
    public_url = f"https://NAME.trycloudflare.com{address.path}"
    return [
        f"No provider can reach {address.hostname}, which is this machine. Either open a tunnel:",
        f"  cloudflared tunnel --url {address.scheme}://{address.netloc}",
        f"  regulars connect {channel} --name {name} --url '{public_url}'",
        f"or deploy with `make deploy`, and then: regulars connect {channel} --name {name} --stack Regulars",
    ]


def _list_steps(page: str) -> Iterator[str]:
    """Yield the steps of the section Set up, without the command that the owner has just run."""
    section = _SECTION.search(page)
    for step in _STEP.split(section[1])[1:] if section else ():
        # What follows an empty line, but a block of code, belongs to no step.
        text, *blocks = step.split("\n\n")
        if not text.startswith("Run `regulars connect"):
            code = [block.rstrip() for block in blocks if block.startswith("       ")]
            yield "\n".join([" ".join(text.split()), *code])


def _fill_values(step: str, url: str, secret: str) -> str:
    step = _URL_WORDS.sub(lambda _: url, step, count=1)
    step = _LIST_WORDS.sub(r"\1 on the page", step)
    return step.replace("<secret>", secret or "<secret>")
