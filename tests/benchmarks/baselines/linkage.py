"""Splink with its stock comparisons, set up plainly and not tuned, without our corrections and grouping."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from regulars.identity.proposals.records import list_varying_columns, read_columns

MATCH_THRESHOLD = 0.5
SEED = 1
COMPARISONS: dict[str, Any] = {
    "given_name": library.JaroWinklerAtThresholds("given_name"),
    "family_name": library.JaroWinklerAtThresholds("family_name"),
    "birth_date": library.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
    "city": library.ExactMatch("city").configure(term_frequency_adjustments=True),
    "email": library.JaroWinklerAtThresholds("email", [0.88, 0.7]),
    "phone": library.DamerauLevenshteinAtThresholds("phone", [1]),
}
BLOCKING_COLUMNS = (("given_name",), ("family_name",), ("birth_date",), ("email",), ("phone",))


def find_pairs_by_splink_default(rows: Sequence[Mapping[str, str]]) -> set[tuple[str, str]]:
    """Return the pairs of a match probability of at least one half."""
    columns = read_columns(rows)
    varying = list_varying_columns(columns)
    rules = [block_on(*key) for key in BLOCKING_COLUMNS if varying.issuperset(key)]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[COMPARISONS[name] for name in COMPARISONS if name in varying],
        blocking_rules_to_generate_predictions=[*rules],
        unique_id_column_name="id",
    )
    database = DuckDBAPI(duckdb.connect(config={"threads": 1}))
    types = pa.schema([(name, pa.string()) for name in columns])
    table = database.register(pa.table(columns, schema=types))
    linker = Linker(table, settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match([*rules[-1:]], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    for rule in rules[:3]:
        training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=MATCH_THRESHOLD)
    return {*found.as_duckdbpyrelation().project("id_l, id_r").fetchall()}
