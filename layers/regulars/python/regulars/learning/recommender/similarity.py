"""Compute item-to-item similarities from purchases and descriptions, and keep the strongest votes for each product."""

import re
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

# Votes of one kind in a model; 12 bytes each, and some 70 while scorer.json is written.
MAX_VOTES = 6_000_000
MAX_VOTERS = 700  # collaborative voters for one product
MAX_CONTENT_VOTERS = 50
MAX_VOTING_PRODUCTS = 30_000  # the time for the votes grows with the square of this
MAX_INVERTED_ROWS = 8_000  # the closed form needs 12 bytes for each pair of rows
BLOCK_CELLS = 8_000_000  # similarities that are in memory at one time
VOTE_DECIMALS = 6
MIN_VOTE = 1e-6  # a smaller vote is 0 as published
_WORD_PATTERN = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_UNSPACED_SCRIPT_PATTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")

type SimilarityRows = NDArray[np.float32]
type ComputeRows = Callable[[slice], SimilarityRows]


def split_tokens(text: str) -> list[str]:
    """Return the words of a description; a script without spaces gives its pairs of characters.

    >>> split_tokens("Red MUG 茶壶套")
    ['red', 'mug', '茶壶', '壶套']
    """
    tokens: list[str] = []
    for word in _WORD_PATTERN.findall(text.lower()):
        is_unspaced = _UNSPACED_SCRIPT_PATTERN.fullmatch(word)
        tokens += (
            [word[start : start + 2] for start in range(len(word) - 1)] if is_unspaced else [word]
        )
    return tokens


def build_description_vectors(texts: list[str]) -> sp.csr_matrix:
    """Return TF-IDF vectors, one row of unit length a product (zero for a text without a word).

    Term frequencies are sublinear (Manning et al., "Introduction to Information Retrieval", 2008, section 6.4.1).
    """
    if not any(split_tokens(text) for text in texts):
        return sp.csr_matrix((len(texts), 1), dtype=np.float32)
    vectorizer = TfidfVectorizer(analyzer=split_tokens, sublinear_tf=True, dtype=np.float32)
    return sp.csr_matrix(vectorizer.fit_transform(texts))


def compute_ease_votes(
    purchases: sp.csr_matrix,
    description_vectors: sp.csr_matrix,
    ridge: float,
    description_weight: float,
) -> sp.csr_matrix:
    """Return the votes of EASE^R (Steck, WWW 2019, arXiv:1905.03375), one row a voter, people by products given.

    The description vectors are further rows of the purchases, as in CEASE (Jeunen et al., RecSys 2020). `ridge` and
    `description_weight` are in buyers of the average product, so that they mean the same in a shop of any size.
    """
    average_buyers = purchases.nnz / purchases.shape[1]
    rows = _join_rows(purchases, description_vectors, description_weight * average_buyers)
    # On shared cores several BLAS threads wait for each other: one is up to four times as fast.
    with threadpool_limits(limits=1, user_api="blas"):
        prepare = _prepare_primal if rows.shape[1] <= rows.shape[0] else _prepare_dual
        return _collect_votes(prepare(rows, ridge * average_buyers), rows.shape[1], MAX_VOTERS)


def compute_description_votes(description_vectors: sp.csr_matrix) -> sp.csr_matrix:
    """Return the cosine of the descriptions as votes, one row a voter."""
    columns = sp.csr_matrix(description_vectors.T)

    def compute_rows(block: slice) -> SimilarityRows:
        return np.asarray((description_vectors[block] @ columns).todense(), dtype=np.float32)

    return _collect_votes(compute_rows, description_vectors.shape[0], MAX_CONTENT_VOTERS)


def _join_rows(
    purchases: sp.csr_matrix, description_vectors: sp.csr_matrix, description_weight: float
) -> sp.csr_matrix:
    """Return purchases and weighted words, one column a product; at most 8000 rows for more than 8000 products.

    Of more people, those with most products stay. Words take part if they fit.
    """
    is_small = purchases.shape[1] <= MAX_INVERTED_ROWS
    if not is_small and purchases.shape[0] > MAX_INVERTED_ROWS:
        most_products = np.argsort(-np.diff(purchases.indptr), kind="stable")
        purchases = purchases[np.sort(most_products[:MAX_INVERTED_ROWS])]
    words = sp.csr_matrix(description_vectors.T * np.sqrt(description_weight))
    has_room = is_small or purchases.shape[0] + words.shape[0] <= MAX_INVERTED_ROWS
    parts = [purchases, words] if description_weight and has_room else [purchases]
    return sp.csr_matrix(sp.vstack(parts), dtype=np.float32)


def _prepare_primal(rows: sp.csr_matrix, ridge: float) -> ComputeRows:
    """Return the votes for a block of products by P, the inverse of the regularized product-by-product Gram matrix.

    B[i, j] = -P[i, j] / P[j, j]; as P is symmetric, its row j holds the votes for product j.
    """
    inverse = _compute_inverse(rows.T @ rows, ridge)

    def compute_rows(block: slice) -> SimilarityRows:
        products = np.arange(inverse.shape[0])[block]
        return inverse[block] / -inverse[products, products][:, None]

    return compute_rows


def _prepare_dual(rows: sp.csr_matrix, ridge: float) -> ComputeRows:
    """Return the same votes by the inverse K of the row-by-row Gram matrix, which is smaller for many products.

    By the Woodbury identity ridge * P = I - Z'KZ, where Z are the rows.
    """
    inverse = _compute_inverse(rows @ rows.T, ridge)
    columns = sp.csr_matrix(rows.T)

    def compute_rows(block: slice) -> SimilarityRows:
        votes: SimilarityRows = (columns @ (columns[block] @ inverse).T).T
        own_votes = votes[np.arange(len(votes)), np.arange(votes.shape[1])[block]]
        return votes / (1 - own_votes)[:, None]

    return compute_rows


def _compute_inverse(gram: sp.csr_matrix, ridge: float) -> SimilarityRows:
    """Return the inverse of a Gram matrix with the ridge on its diagonal."""
    dense = np.asarray(gram.todense(), dtype=np.float32, order="F")
    dense[np.diag_indices_from(dense)] += ridge
    factor, _ = lapack.spotrf(dense, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    full: SimilarityRows = np.tril(inverse)
    full += np.tril(inverse, -1).T
    return full


def _collect_votes(compute_rows: ComputeRows, count: int, max_voters: int) -> sp.csr_matrix:
    """Return the strongest votes for each product, rounded as published, one block of products at a time."""
    length = min(max_voters, MAX_VOTES // max(count, 1))
    size = max(BLOCK_CELLS // max(count, 1), 1)
    blocks = [
        _select_strongest(compute_rows(slice(start, start + size)), start, length)
        for start in range(0, count, size)
    ]
    votes = sp.csr_matrix(sp.vstack(blocks).T)
    votes.sort_indices()
    return votes


def _select_strongest(similarities: SimilarityRows, start: int, length: int) -> sp.csr_matrix:
    """Return the `length` values of each row with the largest absolute value, without the product itself.

    Votes against a product count as much as those for it: without them EASE loses 2 % of its NDCG on groceries. Of equal
    values the first stay.
    """
    count = similarities.shape[1]
    rows = np.arange(len(similarities))
    similarities[rows, start + rows] = 0
    if length < count:
        strengths = np.abs(similarities)
        limits = np.partition(strengths, count - length, axis=1)[:, count - length]
        similarities[strengths < np.maximum(limits, MIN_VOTE)[:, None]] = 0
        for row in np.flatnonzero(np.count_nonzero(similarities, axis=1) > length):
            equal = np.flatnonzero(strengths[row] == limits[row])
            surplus = np.count_nonzero(similarities[row]) - length
            similarities[row, equal[-surplus:]] = 0
    strongest = sp.csr_matrix(similarities, dtype=np.float64)
    strongest.data = np.round(strongest.data, VOTE_DECIMALS)
    strongest.eliminate_zeros()
    return strongest
