"""Look up a time zone by the name that a till uses: "Eastern Time (US & Canada)", "Perth", "America/New_York"."""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from regulars.channels.exports.refusals import RefusedLineError

# Names that are not those of a city in the database. https://api.rubyonrails.org/classes/ActiveSupport/TimeZone.html
_ZONE_KEYS = {
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
def find_time_zone(name: str) -> tzinfo:
    """Return the zone of this name, UTC for a blank; raise RefusedLineError(unknown_time_zone) if there is none."""
    zone_name = name.strip().lower()
    if zone_name in {"", "utc", "gmt"}:
        return UTC
    key = _ZONE_KEYS.get(zone_name) or _load_zone_keys().get(zone_name, "")
    try:
        return ZoneInfo(key)
    except (ValueError, ZoneInfoNotFoundError):
        raise RefusedLineError("unknown_time_zone") from None


@cache
def _load_zone_keys() -> dict[str, str]:
    """Return every key of the time zone database by its own name and by its city, in lower case."""
    keys = sorted(available_timezones())
    by_city = {key.rpartition("/")[2].replace("_", " ").lower(): key for key in keys if "/" in key}
    return by_city | {key.lower(): key for key in keys}
