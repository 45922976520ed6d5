"""The chance of a printed coefficient under no association, by each test that r and n allow.

Every test here needs nothing but the coefficient and n. A permutation test of Pearson's r needs
the records and is therefore none of them. The rank tests are those without ties: what ties do
to them hangs on records that are not printed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from medlead.performance.significance import Tail

# Up to this n every ordering is counted; beyond it the series of Best and Roberts stands in.
LARGEST_COUNTED_SPEARMAN = 9
_SAME = 1e-9


@dataclass(frozen=True)
class NullTest:
    """One test: `upper(r, n)` is P(R ≥ r) for r ≥ 0, `steps(n)` the values R can take.

    `steps` is the number of equal steps from -1 to 1, or 0 where R is continuous.
    """

    name: str
    upper: Callable[[float, int], float]
    steps: Callable[[int], int] = lambda n: 0
    smallest_n: int = 3

    def p(self, r: float, n: int, tail: Tail = "two-sided") -> float:
        """The p-value of r from n pairs; `one-sided` is the tail on the side of r's sign.

        Between two values that the coefficient can take, r counts as the nearest one.
        Raises ValueError for |r| > 1, another tail or too small an n.
        """
        if tail not in ("two-sided", "one-sided"):
            raise ValueError(f"the tail must be two-sided or one-sided, not '{tail}'")
        if abs(r) > 1:
            raise ValueError("a correlation must lie between -1 and 1")
        if n < self.smallest_n:
            raise ValueError(f"{self.name} needs n of at least {self.smallest_n}")
        above = self.upper(self.attainable(abs(r), n), n)
        return min(1.0, 2 * above) if tail == "two-sided" else above

    def attainable(self, r: float, n: int, towards: str = "nearest") -> float:
        """The value next to r that the coefficient can take: the nearest, one `up` or `down`.

        A value within 1e-9 of r is r. Beyond 1 there is none: it stays at 1.
        """
        count = self.steps(n)
        if not count:
            return r
        place = (r + 1) * count / 2
        if towards == "nearest":
            whole = math.floor(place + 0.5)
        else:
            whole = (
                math.ceil(place - _SAME * count)
                if towards == "up"
                else math.floor(place + _SAME * count)
            )
        return min(1.0, 2 * whole / count - 1)

    def p_range(self, r_low: float, r_high: float, n: int, tail: Tail) -> tuple[float, float]:
        """The smallest and the largest p over the attainable r in [r_low, r_high].

        Raises ValueError where the interval holds no value that the coefficient can take.
        """
        low, high = max(r_low, -1.0), min(r_high, 1.0)
        if not low <= high:
            raise ValueError(f"[{r_low}, {r_high}] holds no correlation")
        weak, strong = sorted((abs(low), abs(high)))
        if low < 0 < high:
            weak = 0.0
        weak, strong = self.attainable(weak, n, "up"), self.attainable(strong, n, "down")
        if weak > strong + _SAME:
            raise ValueError(f"no coefficient from {n} pairs lies in [{r_low}, {r_high}]")
        return self.p(strong, n, tail), self.p(weak, n, tail)

    def strength_at(self, alpha: float, n: int, tail: Tail) -> float:
        """The least |r| from which p < alpha; infinity where no r from n pairs is that rare.

        For a test with steps it is the least value that the coefficient can take.
        """
        if not self.p(1.0, n, tail) < alpha:
            return math.inf
        count = self.steps(n)
        if count:
            low, high = 0, count  # steps below 1, from the strongest value downwards
            while high - low > 1:
                middle = (low + high) // 2
                strength = 1 - 2 * middle / count
                below = strength >= 0 and self.p(strength, n, tail) < alpha
                low, high = (middle, high) if below else (low, middle)
            return 1 - 2 * low / count
        weak, strong = 0.0, 1.0
        for _ in range(60):
            half = (weak + strong) / 2
            weak, strong = (weak, half) if self.p(half, n, tail) < alpha else (half, strong)
        return strong


def _student(r: float, n: int) -> float:
    if r >= 1:
        return 0.0
    t = r * math.sqrt((n - 2) / (1 - r * r))
    return float(special.stdtr(n - 2, -t))


def _fisher(r: float, n: int) -> float:
    return float(special.ndtr(-math.atanh(r) * math.sqrt(n - 3))) if r < 1 else 0.0


def _spearman(r: float, n: int) -> float:
    # The sum of squared rank differences is even and runs from 0 (r = 1) to (n³ - n)/3.
    squares = 2 * math.floor((1 - r) * (n**3 - n) / 12 + _SAME * n**3)
    if n <= LARGEST_COUNTED_SPEARMAN:
        counts = _square_counts(n)
        return sum(counts[: squares + 1]) / math.factorial(n)
    return best_roberts((n**3 - n) // 3 - squares, n)


def best_roberts(squares: int, n: int) -> float:
    """P(S ≥ `squares`) for the sum S of squared rank differences of n pairs without ties.

    The Edgeworth series to order 1/n² of Best and Roberts (1975), algorithm AS 89, Applied
    Statistics 24, 377-379.
    """
    b = 1 / n
    x = (6 * (squares - 1) * b / (n * n - 1) - 1) * math.sqrt(1 / b - 1)
    y = x * x
    inner = 0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y)
    series = (
        0.2274
        + b * (0.2531 + 0.1745 * b)
        + y * (-0.0758 + b * (0.1033 + 0.3932 * b) - y * b * (0.0879 + 0.0151 * b - y * inner))
    )
    chance = x * b * series / math.exp(y / 2) + float(special.ndtr(-x))
    return min(1.0, max(0.0, chance))


@lru_cache(maxsize=16)
def _square_counts(n: int) -> tuple[int, ...]:
    """How many of the n! orderings have each sum of squared rank differences."""
    length = (n**3 - n) // 3 + 1
    # Position by position: which ranks are used is a set, and the sums it allows are counts.
    ways: dict[int, list[int]] = {0: [1] + [0] * (length - 1)}
    for position in range(n):
        following: dict[int, list[int]] = {}
        for used, counts in ways.items():
            for rank in (k for k in range(n) if not used >> k & 1):
                shift = (rank - position) ** 2
                into = following.setdefault(used | 1 << rank, [0] * length)
                for total, count in enumerate(counts[: length - shift]):
                    if count:
                        into[total + shift] += count
        ways = following
    (counts,) = ways.values()
    return tuple(counts)


def _kendall(tau: float, n: int) -> float:
    pairs = n * (n - 1) // 2
    discordant = math.floor((1 - tau) * pairs / 2 + _SAME * pairs)
    cumulative, total = _inversions(n)
    return cumulative[min(discordant, pairs)] / total


@lru_cache(maxsize=256)
def _inversions(n: int) -> tuple[tuple[int, ...], int]:
    """The number of orderings with at most 0, 1, 2, ... discordant pairs, and of all."""
    counts = [1]
    for size in range(2, n + 1):
        running, longer = 0, []
        for total in range(len(counts) + size - 1):
            running += counts[total] if total < len(counts) else 0
            running -= counts[total - size] if 0 <= total - size < len(counts) else 0
            longer.append(running)
        counts = longer
    cumulative = tuple(int(c) for c in np.cumsum(np.array(counts, dtype=object)))
    return cumulative, math.factorial(n)


TESTS: dict[str, NullTest] = {
    test.name: test
    for test in (
        NullTest("pearson-t", _student),
        NullTest("fisher-z", _fisher, smallest_n=4),
        # The approximation takes Spearman's coefficient for Pearson's, so the p are the same.
        NullTest("spearman-t", _student),
        NullTest("spearman-permutation", _spearman, lambda n: (n**3 - n) // 6),
        NullTest("kendall-permutation", _kendall, lambda n: n * (n - 1) // 2),
    )
}
