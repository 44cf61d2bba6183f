from datetime import date, datetime
from pathlib import Path

from recommender.catalogue import Enterprise, Kind, Offering, as_record, open_catalogue


def test_the_last_change_is_that_of_the_enterprise_or_of_an_offering_and_an_equal_row_is_none(tmp_path: Path):
    days = iter([datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2026, 3, 1)])

    def write(catalogue, *offerings: Offering) -> None:
        with catalogue.transaction() as transaction:
            for kind, values in (
                (Kind.ENTERPRISES, [Enterprise("a", "甲厂"), Enterprise("b", "乙厂")]),
                (Kind.OFFERINGS, offerings),
            ):
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())

    with open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}", now=lambda: next(days)) as catalogue:
        write(catalogue, Offering("a1", "a", "轴承"))
        write(catalogue, Offering("a1", "a", "滚动轴承"))
        assert catalogue.last_changes() == {"a": date(2026, 2, 1), "b": date(2026, 1, 1)}
        write(catalogue, Offering("a1", "a", "滚动轴承"))
        assert catalogue.last_changes()["a"] == date(2026, 2, 1)
