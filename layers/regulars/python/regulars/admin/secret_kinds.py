"""State for each channel who generates its secret, and which URL parameter carries it."""

from regulars.channels.contract import Channel, GeneratedSecret, ProviderSecret


def find_secret_question(channel: Channel) -> str:
    """Return the question for a secret that the provider makes, '' when Regulars makes it or none is needed."""
    match channel.secret:
        case ProviderSecret(question=question):
            return question
    return ""


def find_url_parameter(channel: Channel) -> str:
    """Return the query parameter that carries the secret of a provider that signs nothing, else ''."""
    match channel.secret:
        case GeneratedSecret(url_parameter=parameter):
            return parameter
    return ""


def is_secret_generated(channel: Channel) -> bool:
    """Return whether Regulars makes the secret, and the owner gives it to the provider."""
    return isinstance(channel.secret, GeneratedSecret)
