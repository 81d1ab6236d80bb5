"""One module per provider: `verify` a delivery, then `translate` it into events."""

from regulars.channels import form, shopify
from regulars.channels.contract import Channel

# The channels that come as webhooks, by the name in their path.
CHANNELS: dict[str, Channel] = {shopify.CHANNEL: shopify, form.CHANNEL: form}
