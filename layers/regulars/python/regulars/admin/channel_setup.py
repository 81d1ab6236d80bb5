"""What a channel says of its setup: the only module of the owner's use cases that reads the attributes of channels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.channels.contract import Draft, Request
from regulars.channels.registry import channel_of, needs_secret

type BuildSample = Callable[[Request, str], Request | None]


@dataclass(frozen=True, kw_only=True)
class ChannelSetup:
    """What the owner has to give to connect a channel.

    `config_questions` and `credential_questions` map a field to the question for it, `spellings` a field to the function
    that spells its value as deliveries do (ValueError for a wrong value). `secret_question` asks for the secret of a
    provider that makes it; it is '' where Regulars makes the secret or none is needed. `url_parameter` is the query
    parameter that carries the secret of a provider that signs nothing, else ''. `guide` says what to click.
    """

    channel: str
    config_questions: Mapping[str, str]
    credential_questions: Mapping[str, str]
    spellings: Mapping[str, Callable[[str], str]]
    secret_question: str
    needs_secret: bool
    url_parameter: str
    guide: tuple[str, ...]

    @property
    def generates_secret(self) -> bool:
        """Whether Regulars makes the secret and the owner gives it to the provider."""
        return self.needs_secret and not self.secret_question

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the channel asks for."""
        return (*self.config_questions, *self.credential_questions)


def find_channel_setup(channel: str) -> ChannelSetup:
    """Return what it takes to connect a channel; raise KeyError when there is no such channel."""
    return ChannelSetup(
        channel=channel,
        config_questions=_read_attribute(channel, "ASKS", {}),
        credential_questions=_read_attribute(channel, "CREDENTIALS", {}),
        spellings=_read_attribute(channel, "SPELLED", {}),
        secret_question=_read_attribute(channel, "SIGNING_KEY", "") or "",
        needs_secret=needs_secret(channel),
        url_parameter=_read_attribute(channel, "IN_URL", ""),
        guide=tuple(str(channel_of(channel).__doc__).strip().splitlines()),
    )


def build_sample(channel: str, blank: Request, secret: str) -> Request | None:
    """Return the blank request filled with a signed sample of the channel.

    Return None when only the provider can sign. Raise ValueError when the secret or a credential cannot.
    """
    build: BuildSample | None = _read_attribute(channel, "sample", None)
    return build(blank, secret) if build else None


def translate_sample(channel: str, request: Request) -> list[Draft]:
    """Return the drafts that the channel makes of a sample."""
    return channel_of(channel).translate(request)


def _read_attribute(channel: str, name: str, default: Any) -> Any:
    return getattr(channel_of(channel), name, default)
