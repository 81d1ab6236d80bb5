"""Learn without labels how much each agreement says, and weigh pairs of records: Fellegi and Sunter's model, by Splink.

https://moj-analytical-services.github.io/splink/topic_guides/theory/fellegi_sunter.html
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as level_library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from regulars.identity.proposals.blocking import (
    BLOCKING_KEYS,
    COMPONENT_COLUMN,
    add_blocking_keys,
    add_components,
)
from regulars.identity.proposals.comparisons import FieldComparison, Level
from regulars.identity.proposals.grouping import list_components
from regulars.identity.proposals.pair import Pair
from regulars.identity.proposals.records import Columns
from regulars.identity.proposals.shares import correct_shares

# It warns of levels that a table does not show, which is the usual case here.
logging.getLogger("splink").setLevel(logging.ERROR)

TABLE = "people"
SEED = 1
MAX_SAMPLED_PAIRS = 1_000_000
# Fewer pairs teach nothing, more take too long.
MIN_TRAINING_PAIRS, MAX_TRAINING_PAIRS = 30, 3_000_000
# Pairs that agree on one of these are mostly one person.
CERTAIN_KEYS = (("email",), ("phone",), ("full_name", "birth_date"))
# The share of all true pairs that CERTAIN_KEYS find; the result depends little on it.
CERTAIN_PAIRS_SHARE = 0.6
MAX_PRIOR_PROBABILITY = 0.1
# Pairs that agree on these columns teach how much the other fields say.
TRAINING_KEYS = (("birth_date",), ("email",), ("full_name",), ("phone",), ("address",))


def open_database(columns: Columns) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the table of the records and their blocking keys."""
    # One thread, so that sums and samples are the same in every run.
    connection = duckdb.connect(config={"threads": 1})
    types = {name: pa.string() for name in columns}
    connection.register("raw", pa.table(columns, schema=pa.schema(list(types.items()))))
    add_blocking_keys(connection, "raw", TABLE)
    connection.unregister("raw")
    return connection


def weigh_pairs(
    connection: duckdb.DuckDBPyConnection, comparisons: Sequence[FieldComparison]
) -> dict[Pair, float]:
    """Return the log2 odds that two records are one person, of every pair that shares a blocking key or a component.

    Records that likely pairs connect are a component.
    """
    settings = _train_model(connection, comparisons)
    weights = _predict_weights(connection, settings, BLOCKING_KEYS)
    add_components(connection, TABLE, list_components(weights))
    return weights | _predict_weights(connection, settings, [COMPONENT_COLUMN])


def _predict_weights(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], keys: Iterable[str]
) -> dict[Pair, float]:
    rules = [block_on(key).create_blocking_rule_dict("duckdb") for key in keys]
    settings |= {"blocking_rules_to_generate_predictions": rules}
    linker = Linker(DuckDBAPI(connection).register(TABLE), settings, log_level=None)
    predictions = linker.inference.predict().as_duckdbpyrelation()
    rows = predictions.project("id_l, id_r, match_weight").fetchall()
    return {(min(left, right), max(left, right)): weight for left, right, weight in rows}


def _train_model(
    connection: duckdb.DuckDBPyConnection, comparisons: Sequence[FieldComparison]
) -> dict[str, Any]:
    start = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_build_comparison(comparison) for comparison in comparisons],
        probability_two_random_records_match=_estimate_prior(connection),
        unique_id_column_name="id",
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register(TABLE), start, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_SAMPLED_PAIRS, seed=SEED)
    for key in TRAINING_KEYS:
        if MIN_TRAINING_PAIRS <= _count_pairs(connection, key) <= MAX_TRAINING_PAIRS:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*key))
    settings: dict[str, Any] = linker.misc.save_model_to_json()
    sampled = min(_count_all_pairs(connection), MAX_SAMPLED_PAIRS)
    for comparison, trained in zip(comparisons, settings["comparisons"], strict=True):
        levels = [level for level in trained["comparison_levels"] if not level.get("is_null_level")]
        usual = [level.random_share for level in comparison.levels]
        prior = settings["probability_two_random_records_match"]
        correct_shares(levels, usual, sampled, prior)
    return settings


def _estimate_prior(connection: duckdb.DuckDBPyConnection) -> float:
    """Return the estimated probability that two records drawn at random are one person."""
    keys = [key for key in CERTAIN_KEYS if _count_pairs(connection, key) <= MAX_TRAINING_PAIRS]
    conditions = (" AND ".join(f"l.{name} = r.{name}" for name in key) for key in keys)
    joins = " UNION ".join(
        f"SELECT l.id, r.id FROM {TABLE} l JOIN {TABLE} r ON l.id < r.id AND {condition}"  # noqa: S608
        for condition in conditions
    )
    certain = _fetch_number(connection, f"SELECT count(*) FROM ({joins})") if keys else 0  # noqa: S608
    # One pair more than was found, since none is not impossible.
    return min(
        (certain + 1) / CERTAIN_PAIRS_SHARE / _count_all_pairs(connection), MAX_PRIOR_PROBABILITY
    )


def _count_all_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    return _fetch_number(connection, f"SELECT count(*) * (count(*) - 1) // 2 FROM {TABLE}")  # noqa: S608


def _count_pairs(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> int:
    names = ", ".join(key)
    present = " AND ".join(f"{name} IS NOT NULL" for name in key)
    groups = f"SELECT count(*) AS n FROM {TABLE} WHERE {present} GROUP BY {names}"  # noqa: S608
    query = f"SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM ({groups})"  # noqa: S608
    return _fetch_number(connection, query)


def _fetch_number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    # All rows, though there is one: an unfinished result blocks the connection.
    ((number,),) = connection.execute(query).fetchall()
    return int(number)


def _build_comparison(comparison: FieldComparison) -> CustomComparison:
    missing = level_library.CustomLevel(comparison.missing, "missing")
    levels = [missing.configure(is_null_level=True), *map(_build_level, comparison.levels)]
    return CustomComparison(
        output_column_name=comparison.field.replace(" ", "_").replace("-", "_"),
        comparison_levels=[*levels, level_library.ElseLevel()],
    )


def _build_level(level: Level) -> ComparisonLevelCreator:
    built = level_library.CustomLevel(level.condition, level.words)
    return built.configure(tf_adjustment_column=level.rare_in) if level.rare_in else built
