from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import InputError
from recommender.catalogue.domain import Certification
from recommender.intake import dates

DAYS = st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026年08月11日09时30分", "2026-08-11T09:30"),
        ("2026-07-03 09:00", "2026-07-03T09:00"),
        ("2026年5月28日09时", "2026-05-28T09:00"),
        ("2026年5月28日9时5分", "2026-05-28T09:05"),
        ("2026年5月28日", "2026-05-28T00:00"),
        ("2026年08月11日09时30分至2026年08月12日17时00分", "2026-08-12T17:00"),
        ("2026年5月28日至2026年6月4日", "2026-06-04T00:00"),
        ("2026-07-03~2026-07-05", "2026-07-05T00:00"),
        ("2026/7/3", "2026-07-03T00:00"),
        ("2026.7.3", "2026-07-03T00:00"),
        ("２０２６－０７－０３", "2026-07-03T00:00"),
        ("20260703", "2026-07-03T00:00"),
        ("202607030930", "2026-07-03T09:30"),
        ("2026-07-03T09:00:00.123+08:00", "2026-07-03T09:00"),
        ("2026-07-03T01:00:00Z", "2026-07-03T09:00"),
        ("2026年7月3日（星期五）下午3:30", "2026-07-03T15:30"),
        ("2026年7月3日24时00分", "2026-07-04T00:00"),
        ("截至2026年8月11日09时30分（北京时间）", "2026-08-11T09:30"),
        ("2026年12月", "2026-12-01T00:00"),
        (46206, "2026-07-03T00:00"),
        (46206.375, "2026-07-03T09:00"),
        ("46206", "2026-07-03T00:00"),
        (2015, "2015-01-01T00:00"),
        (date(2026, 7, 3), "2026-07-03T00:00"),
    ],
)
def test_the_spellings_that_notices_have_are_read(text: object, expected: str) -> None:
    assert dates.moment(text) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "7/3/2026",
        "26-7-3",
        "2026-13-01",
        "2026-02-30",
        "9999-01-01",
        "1066-10-14",
        "明天",
        "2026-07-03 25:00",
        12,
        True,
        "1e5",
        [],
        "至",
        "",
    ],
)
def test_what_is_no_day_or_could_be_several_is_refused(text: object) -> None:
    with pytest.raises(InputError):
        dates.moment(text)


def test_a_month_ends_on_its_last_day_where_the_end_is_asked_for() -> None:
    assert dates.day("2028年2月", late=True) == date(2028, 2, 29)
    assert dates.day("2026年", late=True) == date(2026, 12, 31)
    assert dates.last_day("长期有效") is None


@given(DAYS)
def test_every_day_reads_back_from_each_spelling(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month:02d}.{day.day:02d}",
    ):
        assert dates.day(text) == day


@given(
    st.one_of(
        st.text(max_size=30),
        st.text(alphabet="0123456789年月日时分至-/.: TZ+午上下", max_size=25),
        st.floats(),
        st.integers(),
    )
)
def test_nothing_but_an_input_error_is_ever_raised_for_a_date(cell: object) -> None:
    with suppress(InputError):
        assert 1800 <= dates.moment(cell).year <= 2201


@pytest.mark.parametrize(
    "text",
    [
        "IATF 16949@2027-03-01",
        "IATF 16949 @ 2027年3月1日",
        "IATF 16949（有效期至2027年3月1日）",
        "IATF 16949 有效期：2024-03-02至2027-03-01",
        "IATF 16949(2027.3.1到期)",
    ],
)
def test_a_certificate_states_its_expiry_in_several_ways(text: str) -> None:
    assert dates.certification(text) == Certification("IATF 16949", date(2027, 3, 1))


@pytest.mark.parametrize("text", ["ISO 9001:2015", "GB/T 19001（设计、生产）", "ISO 9001 (2015版)", "有效"])
def test_a_certificate_without_expiry_keeps_its_name(text: str) -> None:
    assert dates.certification(text) == Certification(text)


def test_a_certificate_that_never_ends_has_no_expiry() -> None:
    assert dates.certification("安全生产许可证（长期有效）") == Certification("安全生产许可证")


@pytest.mark.parametrize("text", ["ISO 9001@soon", "@2027-01-01", "ISO 9001@2027-02-30"])
def test_a_certificate_with_an_unreadable_expiry_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        dates.certification(text)


@given(st.text(max_size=60))
def test_nothing_but_an_input_error_is_ever_raised_for_a_certificate(text: str) -> None:
    with suppress(InputError):
        dates.certification(text)
