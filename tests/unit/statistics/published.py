"""Data that published results were computed from. `reference/README.md` says where they come from."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "reference"

SCHOOLS = {"E": 4421, "H": 755, "M": 1018}  # of California, by type
TARGETS_MET = {"No": 1072, "Yes": 5122}  # of the same schools
DISTRICTS = 757

# Student (1908). The probable error of a mean. Biometrika 6(1), 1-25, section IX: hours of sleep gained, two drugs.
FIRST_DRUG = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND_DRUG = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)

# Davies, O. L., and Goldsmith, P. L. (1972). Statistical methods in research and production, 4th ed., Oliver and Boyd,
# section 6.4: yield of dyestuff by batch; `Dyestuff` in R's package lme4.
DYESTUFF = {
    "A": (1545, 1440, 1440, 1520, 1580),
    "B": (1540, 1555, 1490, 1560, 1495),
    "C": (1595, 1550, 1605, 1510, 1560),
    "D": (1445, 1440, 1595, 1465, 1545),
    "E": (1595, 1630, 1515, 1635, 1625),
    "F": (1520, 1455, 1450, 1480, 1445),
}


class Schools(NamedTuple):
    """stratified: by type. A sample of schools, one value each."""

    index: NDArray[np.float64]
    weight: NDArray[np.float64]
    type: NDArray[np.str_]
    target: NDArray[np.str_]
    district: NDArray[np.str_]


def schools(name: str) -> Schools:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Schools(
        index=np.array([float(row["api00"]) for row in rows]),
        weight=np.array([float(row["pw"]) for row in rows]),
        type=np.array([row["stype"] for row in rows]),
        target=np.array([row["sch.wide"] for row in rows]),
        district=np.array([row.get("dnum", "") for row in rows]),
    )


def attitude() -> NDArray[np.float64]:
    return np.loadtxt(FOLDER / "attitude.csv", delimiter=",", skiprows=1)


def attitude_with_holes() -> NDArray[np.float64]:
    """Some answers missing, as the references for missing answers have them: R's m[(i * 4) %% 30 + 1, i] <- NA for
    each column i, and m[c(9, 18, 27), 2] <- NA."""
    items = attitude()
    for column in range(7):
        items[((column + 1) * 4) % 30, column] = np.nan
    items[[8, 17, 26], 1] = np.nan
    return items


def dyestuff() -> tuple[list[float], list[str]]:
    """Yields, and the batch of each."""
    pairs = [(float(value), batch) for batch, values in DYESTUFF.items() for value in values]
    return [value for value, _ in pairs], [batch for _, batch in pairs]
