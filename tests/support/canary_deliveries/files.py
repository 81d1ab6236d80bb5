"""A file to import with canaries in its cells."""

from tests.support import canaries
from tests.support.canary_deliveries.delivery import TIME

CSV_HEADINGS = (
    "customer_id,email,phone,first_name,last_name,address,notes,"
    "order_id,occurred_at,product_id,quantity,unit_price,currency"
)
CSV_VALUES = (
    *("c1", canaries.EMAIL, canaries.PHONE, canaries.FIRST_NAME, canaries.LAST_NAME),
    *(canaries.STREET_LINE, '"' + canaries.MESSAGE + '"'),
)
GOOD_ORDER, BAD_ORDER = ("o1", TIME, "p1", "2", "12.50", "EUR"), ("o2", "x", "", "-", "y", "EUR")
CSV_ROWS = [",".join((*CSV_VALUES, *order)) for order in (GOOD_ORDER, BAD_ORDER)]
