"""Item-to-item similarities from purchases and descriptions, cut to the lists that are kept."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

type Block = tuple[NDArray[np.int64], NDArray[np.float32]]

LIST_LENGTH = 100  # voters kept for each product
CONTENT_LENGTH = 50
LARGEST_DENSE = 8_000  # products; the closed form needs 12 bytes for each pair of them
BLOCK = 1_000
DAMPING = 10.0
DECIMALS = 6
_WORD = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")


def tokens(text: str) -> list[str]:
    """The words of a description; scripts without spaces give their pairs of characters.

    >>> tokens("Red MUG 茶壶套")
    ['red', 'mug', '茶壶', '壶套']
    """
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        pairs = _UNSPACED.fullmatch(word)
        found += [word[at : at + 2] for at in range(len(word) - 1)] if pairs else [word]
    return found


def descriptions(texts: list[str]) -> sp.csr_matrix:
    """TF-IDF of all descriptions, one row of unit length a product (zero when it has no word)."""
    if not any(tokens(text) for text in texts):
        return sp.csr_matrix((len(texts), 1), dtype=np.float32)
    vectorizer = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, dtype=np.float32)
    return sp.csr_matrix(vectorizer.fit_transform(texts))


def ease(purchases: sp.csr_matrix, words: sp.csr_matrix, ridge: float, content: float) -> Block:
    """EASE^R (arXiv:1905.03375) with the descriptions as further rows of the Gram matrix.

    `ridge` and `content` (how much the descriptions count) are in buyers of the average product, so that they mean
    the same in a shop of any size. Returns each product's voters and their votes, one row a product.
    """
    average = purchases.nnz / purchases.shape[1]
    gram = np.asarray((purchases.T @ purchases).todense(), dtype=np.float32, order="F")
    if content:
        gram += content * average * (words @ words.T).todense()
    gram[np.diag_indices_from(gram)] += ridge * average
    # On shared cores several BLAS threads wait for each other: one is up to four times as fast.
    with threadpool_limits(limits=1, user_api="blas"):
        factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    # B[i, j] = -P[i, j] / P[j, j]; as P is symmetric, row j of this one holds the votes for product j.
    inverse /= -np.diag(inverse).copy()[:, None]
    np.fill_diagonal(inverse, 0)
    return _strongest(inverse, LIST_LENGTH)


def cosine(purchases: sp.csr_matrix) -> Block:
    """Damped cosine: co-buyers over the root of both products' buyers plus a constant, block by block."""
    buyers = np.asarray(purchases.sum(axis=0)).ravel()
    columns = sp.csc_matrix(purchases)

    def rows(start: int) -> NDArray[np.float32]:
        shared = np.asarray((columns[:, start : start + BLOCK].T @ purchases).todense())
        size = np.sqrt(buyers[start : start + BLOCK, None] * buyers[None, :]) + DAMPING
        return np.asarray(shared / size, dtype=np.float32)

    return _in_blocks(rows, purchases.shape[1], LIST_LENGTH)


def alike(words: sp.csr_matrix) -> Block:
    """Cosine of the descriptions, block by block."""

    def rows(start: int) -> NDArray[np.float32]:
        return np.asarray((words[start : start + BLOCK] @ words.T).todense(), dtype=np.float32)

    return _in_blocks(rows, words.shape[0], CONTENT_LENGTH)


def lists(block: Block) -> sp.csr_matrix:
    """A block as the matrix of votes, one row a voter, rounded to what the published lists keep."""
    voters, votes = block
    count, length = voters.shape
    products = np.repeat(np.arange(count), length)
    values = np.round(votes.astype(np.float64).ravel(), DECIMALS)
    matrix = sp.csr_matrix((values, (voters.ravel(), products)), shape=(count, count))
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _in_blocks(rows: Callable[[int], NDArray[np.float32]], count: int, length: int) -> Block:
    def blocks() -> Iterator[Block]:
        for start in range(0, count, BLOCK):
            similar = rows(start)
            similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = 0
            yield _strongest(similar, length)

    voters, votes = zip(*blocks(), strict=True)
    return np.concatenate(voters), np.concatenate(votes)


def _strongest(similar: NDArray[np.float32], length: int) -> Block:
    length = min(length, similar.shape[1])
    kept = np.argpartition(-similar, length - 1, axis=1)[:, :length]
    return kept, np.take_along_axis(similar, kept, axis=1)
