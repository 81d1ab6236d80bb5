"""Choose the churn horizon and the past cut-offs of a dataset; times are epoch seconds."""

DAY_SECONDS = 86_400
HORIZON_OPTIONS_DAYS = (30, 60, 90, 180)
DEFAULT_HORIZON_DAYS = 90  # when no buyer has come back yet
MIN_HISTORY_HORIZONS = 3
CUTOFF_STEP_DAYS = 14
MAX_PAST_CUTOFFS = 26  # one year: older behaviour says little about the next weeks
MIN_HISTORY_DAYS = 30  # before a past cut-off; with less, all features would be alike


def choose_horizon(gap_days: float | None, first_at: int | None, cutoff: int) -> int:
    """Return the days without a purchase after which a buyer counts as lost, from the shop's own rhythm.

    `gap_days` is the 80 % quantile of the gaps between purchase days of its repeat buyers. The horizon is the next
    larger of 30, 60, 90 and 180 days (90 when no buyer has come back yet), but at most a third of the history since
    `first_at`, so that enough of it is left to train on.
    """
    min_days = DEFAULT_HORIZON_DAYS if gap_days is None else gap_days
    history_days = 0 if first_at is None else (cutoff - first_at) / DAY_SECONDS
    options = [
        days for days in HORIZON_OPTIONS_DAYS if MIN_HISTORY_HORIZONS * days <= history_days
    ] or [HORIZON_OPTIONS_DAYS[0]]
    return min((days for days in options if days >= min_days), default=options[-1])


def list_past_cutoffs(first_at: int | None, cutoff: int, horizon_days: int) -> list[int]:
    """Return the cut-offs whose next `horizon_days` are known at `cutoff`, oldest first."""
    if first_at is None:
        return []
    newest = cutoff - horizon_days * DAY_SECONDS
    candidates = [
        newest - step * CUTOFF_STEP_DAYS * DAY_SECONDS for step in range(MAX_PAST_CUTOFFS)
    ]
    earliest = first_at + MIN_HISTORY_DAYS * DAY_SECONDS
    return [candidate for candidate in reversed(candidates) if candidate >= earliest]
