"""Look up a time zone by the name that a till uses: "Eastern Time (US & Canada)", "Perth", "America/New_York"."""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from regulars.channels.exports.refusals import refusal

# Names that are no city's. https://api.rubyonrails.org/classes/ActiveSupport/TimeZone.html
_NAMED = {
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "arizona": "America/Phoenix",
    "indiana (east)": "America/Indiana/Indianapolis",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "atlantic time (canada)": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "saskatchewan": "America/Regina",
    "edinburgh": "Europe/London",
    "bern": "Europe/Zurich",
    "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland",
    "osaka": "Asia/Tokyo",
    "sapporo": "Asia/Tokyo",
    "beijing": "Asia/Shanghai",
    "new delhi": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
}


@cache
def zone_named(name: str) -> tzinfo:
    """The zone of this name, UTC for a blank; refused when there is none."""
    said = name.strip().lower()
    if said in {"", "utc", "gmt"}:
        return UTC
    key = _NAMED.get(said) or _keys().get(said, "")
    try:
        return ZoneInfo(key)
    except (ValueError, ZoneInfoNotFoundError):
        raise refusal("unknown_time_zone") from None


@cache
def _keys() -> dict[str, str]:
    """Every key of the database by itself and by its city."""
    keys = sorted(available_timezones())
    by_city = {key.rpartition("/")[2].replace("_", " ").lower(): key for key in keys if "/" in key}
    return by_city | {key.lower(): key for key in keys}
