"""Records are grouped by what they resemble as a whole."""

from regulars.identity.proposals.grouping import group_records, list_components

TWO_PAIRS = {("a", "b"): 8.0, ("c", "d"): 6.0}


def test_likely_pairs_are_groups_with_their_weights() -> None:
    assert group_records(TWO_PAIRS) == TWO_PAIRS


def test_unlikely_pair_is_no_group() -> None:
    assert group_records({("a", "b"): -0.1}) == {}


def test_one_likely_pair_does_not_join_two_groups_that_differ() -> None:
    assert group_records(TWO_PAIRS | {("b", "c"): 3.0}) == TWO_PAIRS


def test_group_includes_an_unlikely_pair_that_the_others_support() -> None:
    weights = {("a", "b"): 9.0, ("b", "c"): 9.0, ("a", "c"): -2.0}
    assert group_records(weights) == {("a", "b"): 9.0, ("a", "c"): 3.5, ("b", "c"): 3.5}


def test_group_takes_in_records_one_after_the_other() -> None:
    names = "abcdef"
    weights = {(one, other): 5.0 for one in names for other in names if one < other}
    assert group_records(weights) == weights


def test_grouping_is_the_same_in_any_order_of_the_pairs() -> None:
    weights = {("a", "b"): 1.0, ("b", "c"): 1.0, ("c", "d"): 1.0, ("a", "c"): 0.5}
    backwards = dict(reversed(weights.items()))
    assert group_records(weights) == group_records(backwards)


def test_components_follow_likely_pairs_only() -> None:
    weights = {("a", "b"): 1.0, ("b", "c"): 0.0, ("c", "d"): -1.0, ("d", "e"): 2.0}
    assert list_components(weights) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
