"""One delivery of each channel with canaries in every field in which its provider sends personal data."""

from tests.support.canary_deliveries import chat, commerce, forms, mail, payments, services
from tests.support.canary_deliveries.delivery import CanaryDelivery

CANARY_DELIVERIES: dict[str, tuple[CanaryDelivery, ...]] = {
    **commerce.DELIVERIES,
    **payments.DELIVERIES,
    **forms.DELIVERIES,
    **mail.DELIVERIES,
    **chat.DELIVERIES,
    **services.DELIVERIES,
}
