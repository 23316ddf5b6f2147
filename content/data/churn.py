"""Make the course's churn table: customers of an invented telephone company.

``python content/data/churn.py OUT_DIR`` writes two deliveries of the same table:

* ``churn.csv``: 5,000 customers, watched for one quarter each, in the four quarters of 2024;
* ``incoming/churn.csv``: the delivery of the next quarter, which holds the same 5,000 rows and
  then 1,500 new customers watched in 2025Q1, after prices rose by 15 %.

Columns:

* ``customer_id``: C00001 and so on, one row per customer;
* ``quarter``: the quarter in which the customer was watched, e.g. 2024Q3;
* ``age``: full years, 18-78;
* ``income``: per year before tax, in whole hundreds of the company's currency;
* ``tenure_months``: full months since the contract began, 0-72;
* ``plan``: basic, plus or premium;
* ``monthly_fee``: per month, two decimals;
* ``support_calls``: calls to the hotline in the quarter;
* ``late_payments``: bills paid late in the last six months;
* ``churned``: 1 if the customer had left by the end of the quarter, else 0.

Every value comes from whole-number arithmetic on seeded whole-number draws, so the files have
the same bytes on every machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

SEED = 2024
CUSTOMERS_PER_QUARTER = 1_250
NEW_CUSTOMERS = 1_500
PRICE_RISE = 15  # per cent
PLANS = np.array(["basic", "plus", "premium"])
BASE_FEES = np.array([1_900, 3_400, 5_400])  # cents
# Of 1,000 customers with a reason to leave, and without one, as many leave within the quarter.
LEAVE_WITH_REASON = 890
LEAVE_WITHOUT_REASON = 140


def make_quarter(rng: np.random.Generator, quarter: str, count: int, rise: int) -> pd.DataFrame:
    """Customers watched in one quarter, without their ids.

    Args:
        rng: where the draws come from; it moves on.
        quarter: goes into the column of that name.
        count: number of customers.
        rise: how much dearer all plans are than at first, in per cent.

    Returns:
        A row per customer, in the columns the module describes.
    """
    age: Ints = rng.integers(18, 80, (count, 3)).sum(axis=1) // 3
    spread: Ints = rng.integers(0, 26, (count, 2)).sum(axis=1)
    income: Ints = (150 + 20 * spread + rng.integers(0, 25, count) + 2 * age) * 100
    tenure: Ints = np.minimum(rng.integers(0, 73, count), rng.integers(0, 85, count))
    plan = choose_plan(rng, income)
    listed: Ints = BASE_FEES[plan] + 50 * rng.integers(0, 25, count)
    fee: Ints = listed * (100 + rise) // 100
    calls: Ints = np.minimum(rng.integers(0, 10, count), rng.integers(0, 13, count))
    late: Ints = np.minimum(rng.integers(0, 7, count), rng.integers(0, 7, count))

    reason = fed_up(tenure, calls) | strained(income, fee, late)
    if rise:
        reason |= put_off(income, tenure, fee)
    chance = np.where(reason, LEAVE_WITH_REASON, LEAVE_WITHOUT_REASON)
    return pd.DataFrame(
        {
            "quarter": quarter,
            "age": age,
            "income": income,
            "tenure_months": tenure,
            "plan": PLANS[plan],
            "monthly_fee": fee / 100,
            "support_calls": calls,
            "late_payments": late,
            "churned": (rng.integers(0, 1_000, count) < chance).astype(np.int64),
        }
    )


def choose_plan(rng: np.random.Generator, income: Ints) -> Ints:
    """Position in ``PLANS`` of each customer's plan: the better paid choose the dearer ones."""
    draw: Ints = rng.integers(0, 100, len(income))
    modest = income < 50_000
    return np.where(modest, draw >= 50, draw >= 30).astype(np.int64) + (
        np.where(modest, draw >= 85, draw >= 70).astype(np.int64)
    )


def fed_up(tenure: Ints, calls: Ints) -> Bools:
    """Who called the hotline too often; new customers lose patience sooner."""
    return (calls >= 7) | ((tenure < 15) & (calls >= 3))


def strained(income: Ints, fee: Ints, late: Ints) -> Bools:
    """Who pays a high fee (cents) from a modest income, and pays late."""
    return (income < 62_000) & (fee >= 3_500) & (late >= 2)


def put_off(income: Ints, tenure: Ints, fee: Ints) -> Bools:
    """Who looks for another company when prices rise, and would have stayed before."""
    return (fee >= 4_500) & ((income < 70_000) | (tenure >= 45))


def make_deliveries() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first delivery and the one a quarter later, which begins with the rows of the first."""
    rng = np.random.default_rng(SEED)
    quarters = [
        make_quarter(rng, f"2024Q{number}", CUSTOMERS_PER_QUARTER, rise=0)
        for number in (1, 2, 3, 4)
    ]
    quarters.append(make_quarter(rng, "2025Q1", NEW_CUSTOMERS, rise=PRICE_RISE))
    table = pd.concat(quarters, ignore_index=True)
    table.insert(0, "customer_id", [f"C{number:05d}" for number in range(1, len(table) + 1)])
    return table.iloc[: 4 * CUSTOMERS_PER_QUARTER], table


def write_deliveries(folder: Path) -> None:
    """Write both deliveries into a folder, which is made where it is missing.

    Raises:
        OSError: the folder cannot be written.
    """
    first, later = make_deliveries()
    for table, path in ((first, folder / "churn.csv"), (later, folder / "incoming" / "churn.csv")):
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False, lineterminator="\n", float_format="%.2f", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python content/data/churn.py OUT_DIR")
    write_deliveries(Path(sys.argv[1]))
