"""Settings that make floats the same from run to run and from processor to processor."""

import platform
from collections.abc import Mapping, MutableMapping

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# On x86, one set of instructions that every processor of the last decade has.
X86 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_ENABLE_CPU_FEATURES": "X86_V3",
    "ARROW_USER_SIMD_LEVEL": "AVX2",
}


def steady_numbers(
    environment: MutableMapping[str, str], outer: Mapping[str, str] | None = None
) -> None:
    """Set one thread, and one set of instructions unless `outer` already names another.

    A user whose processor lacks these instructions sets other ones before the
    build; `outer` is the environment itself unless given.
    """
    environment.update(dict.fromkeys(ONE_THREAD, "1"))
    if platform.machine().lower() in {"x86_64", "amd64"}:
        told = environment if outer is None else outer
        environment.update({name: told.get(name, value) for name, value in X86.items()})
