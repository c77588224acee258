"""Steps: everybody adds up what their friends hold, on every processor that there is.

The one product that all ways from friend to friend repeat, made quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["step", "stepper"]


def step(friends: csr_array, scores: np.ndarray) -> np.ndarray:
    """Let everybody add up what their friends hold: one step from friend to friend.

    Parameters
    ----------
    friends : csr_array (n, m)
    scores : array (m,) or (m, k)
        Of the type of ``friends``; any other makes SciPy copy the matrix.

    Returns
    -------
    array (n,) or (n, k)
        Equal to ``friends @ scores`` to the bit; see `stepper`.
    """
    return stepper(friends)(scores)


def stepper(friends: csr_array) -> Callable[..., np.ndarray]:
    """Prepare many steps over the same friends: the rows are cut into one block a processor.

    SciPy's product lets other threads work meanwhile, and each row is added up in the same order
    as without them. What is returned takes scores, and writes to the rows ``at`` of ``into``.
    """
    from scipy.sparse import csr_array

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if friends.nnz < 500_000:  # a thread would cost more than it saves
        threads = 1
    start, blocks = friends.indptr, []
    cuts = np.searchsorted(start, np.linspace(0, friends.nnz, threads + 1)[1:-1])
    for low, high in zip([0, *cuts], [*cuts, friends.shape[0]], strict=True):
        own = slice(start[low], start[high])
        block = friends.data[own], friends.indices[own], start[low : high + 1] - start[low]
        blocks.append((slice(low, high), csr_array(block, shape=(high - low, friends.shape[1]))))
    spread = ThreadPoolExecutor(threads).map if threads > 1 else map

    def take(
        scores: np.ndarray, into: np.ndarray | None = None, at: np.ndarray | None = None
    ) -> np.ndarray:
        shape = (friends.shape[0], *scores.shape[1:])
        made = np.empty(shape, np.result_type(friends, scores)) if into is None else into

        def one(rows: slice, block: csr_array) -> None:
            made[rows if at is None else at[rows]] = block @ scores

        list(spread(one, *zip(*blocks, strict=True)))
        return made

    return take
