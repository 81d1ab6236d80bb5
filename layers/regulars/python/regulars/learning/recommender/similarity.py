"""Compute item-to-item similarities from purchases and descriptions, and keep the strongest votes for each product."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

MAX_VOTERS = 100  # collaborative voters for one product
MAX_CONTENT_VOTERS = 50
MAX_DENSE_PRODUCTS = 8_000  # the closed form needs 12 bytes for each pair of products
BLOCK_PRODUCTS = 1_000
COSINE_DAMPING_BUYERS = 10.0
VOTE_DECIMALS = 6
_WORD_PATTERN = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_UNSPACED_SCRIPT_PATTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")

type SimilarityRows = NDArray[np.float32]
# The voters for each product and their votes, one row a product.
type VoteBlock = tuple[NDArray[np.int64], SimilarityRows]


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


def compute_ease(
    purchases: sp.csr_matrix,
    description_vectors: sp.csr_matrix,
    ridge: float,
    description_weight: float,
) -> VoteBlock:
    """Return the votes of EASE^R (Steck, WWW 2019, arXiv:1905.03375), people by products given.

    The description vectors are further rows of the Gram matrix, as in CEASE (Jeunen et al., RecSys 2020). `ridge` and
    `description_weight` are in buyers of the average product, so that they mean the same in a shop of any size.
    """
    average_buyers = purchases.nnz / purchases.shape[1]
    gram = np.asarray((purchases.T @ purchases).todense(), dtype=np.float32, order="F")
    if description_weight:
        cosines = (description_vectors @ description_vectors.T).todense()
        gram += description_weight * average_buyers * cosines
    gram[np.diag_indices_from(gram)] += ridge * average_buyers
    # On shared cores several BLAS threads wait for each other: one is up to four times as fast.
    with threadpool_limits(limits=1, user_api="blas"):
        factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    # B[i, j] = -P[i, j] / P[j, j]; as P is symmetric, row j of this one holds the votes for product j.
    inverse /= -np.diag(inverse).copy()[:, None]
    np.fill_diagonal(inverse, 0)
    return _select_strongest(inverse, MAX_VOTERS)


def compute_damped_cosine(purchases: sp.csr_matrix) -> VoteBlock:
    """Return the damped cosine of people by products, block by block.

    It is the item-to-item cosine of Sarwar et al. (WWW 2001), common buyers over the geometric mean of both products'
    buyers, with a constant added to the denominator against chance.
    """
    buyers = np.asarray(purchases.sum(axis=0)).ravel()
    columns = sp.csc_matrix(purchases)

    def compute_rows(start: int) -> SimilarityRows:
        block = slice(start, start + BLOCK_PRODUCTS)
        common_buyers = np.asarray((columns[:, block].T @ purchases).todense())
        norms = np.sqrt(buyers[block, None] * buyers[None, :]) + COSINE_DAMPING_BUYERS
        return np.asarray(common_buyers / norms, dtype=np.float32)

    return _compute_blocks(compute_rows, purchases.shape[1], MAX_VOTERS)


def compute_description_cosine(description_vectors: sp.csr_matrix) -> VoteBlock:
    """Return the cosine of the descriptions, block by block."""

    def compute_rows(start: int) -> SimilarityRows:
        block = description_vectors[start : start + BLOCK_PRODUCTS]
        return np.asarray((block @ description_vectors.T).todense(), dtype=np.float32)

    return _compute_blocks(compute_rows, description_vectors.shape[0], MAX_CONTENT_VOTERS)


def build_vote_matrix(block: VoteBlock) -> sp.csr_matrix:
    """Return the votes as a matrix, one row a voter, rounded as published."""
    voters, votes = block
    count, length = voters.shape
    products = np.repeat(np.arange(count), length)
    values = np.round(votes.astype(np.float64).ravel(), VOTE_DECIMALS)
    matrix = sp.csr_matrix((values, (voters.ravel(), products)), shape=(count, count))
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _compute_blocks(
    compute_rows: Callable[[int], SimilarityRows], count: int, max_voters: int
) -> VoteBlock:
    """Return the strongest votes for all products from the rows of one block at a time."""

    def iterate_blocks() -> Iterator[VoteBlock]:
        for start in range(0, count, BLOCK_PRODUCTS):
            similarities = compute_rows(start)
            rows = np.arange(len(similarities))
            similarities[rows, start + rows] = 0
            yield _select_strongest(similarities, max_voters)

    voters, votes = zip(*iterate_blocks(), strict=True)
    return np.concatenate(voters), np.concatenate(votes)


def _select_strongest(similarities: SimilarityRows, max_voters: int) -> VoteBlock:
    length = min(max_voters, similarities.shape[1])
    strongest = np.argpartition(-similarities, length - 1, axis=1)[:, :length]
    return strongest, np.take_along_axis(similarities, strongest, axis=1)
