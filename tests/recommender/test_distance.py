import csv
from importlib import resources

import numpy as np
import pytest

from recommender.distance import distances
from recommender.intake.codes import region_level, region_names


def kilometres(one: int, other: int) -> float:
    return float(distances(np.array([one]), np.array([other]))[0])


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [
        (110000, 310000, 1070),  # Beijing, Shanghai
        (330100, 310115, 160),  # Hangzhou, a district of Shanghai
        (320500, 310000, 85),  # Suzhou lies in another province
        (440100, 440300, 105),  # Guangzhou, Shenzhen
        (650100, 460100, 3400),  # Urumqi, Haikou
    ],
)
def test_distances_are_those_of_the_map(one: int, other: int, about: int):
    assert kilometres(one, other) == pytest.approx(about, rel=0.06)
    assert kilometres(other, one) == kilometres(one, other)


def test_counties_count_as_their_city_and_provinces_as_no_place():
    assert kilometres(330206, 330200) == 0.0
    assert np.isnan(kilometres(330000, 310000))
    assert np.isnan(kilometres(0, 310000))


def test_every_city_has_a_place_near_the_others_of_its_province():
    text = resources.files("recommender.intake").joinpath("codes", "coordinates.csv").read_text("utf-8")
    rows = {int(row["code"]): row for row in csv.DictReader(text.splitlines())}
    cities = {int(code) for codes in region_names().values() for code in codes if region_level(code) == 2}
    assert cities <= {*rows, *(code for code in cities if code // 10000 in (11, 12, 31, 50))}
    codes = np.array(sorted(rows))
    for code in codes:
        kin = codes[(codes // 10000 == code // 10000) & (codes != code)]
        apart = distances(np.full(len(kin), code), kin)
        # Ngari is the loneliest
        assert not len(kin) or apart.min() < (950 if code // 10000 == 54 else 450)
        assert 73 < float(rows[code]["longitude"]) < 136
        assert 16 < float(rows[code]["latitude"]) < 54
