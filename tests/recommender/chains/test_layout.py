"""Where nodes stand: no two in one place, things flow to the right, few crossings, always the same."""

import random

import pytest

from recommender.chains.layout import COLUMN, HEAD, ROW, crossings, lay_out, ordered


def at(layout):
    return {place.node: place for place in layout.places}


def test_things_flow_from_left_to_right_within_a_segment_and_across():
    places = at(lay_out([[1], [2, 3], [4]], [(1, 2), (2, 3), (3, 4)], {}))
    assert [places[node].column for node in (1, 2, 3, 4)] == [0, 1, 2, 3]
    assert {place.y for place in places.values()} == {HEAD + ROW // 2}


def test_a_kind_stands_below_what_it_is_a_kind_of_and_is_indented():
    places = at(lay_out([[5, 6, 7]], [], {6: 7, 5: 6}))
    assert [places[node].depth for node in (7, 6, 5)] == [0, 1, 2]
    assert places[7].y < places[6].y < places[5].y
    assert places[7].x < places[6].x < places[5].x


def test_edges_that_cross_are_untangled():
    assert crossings([[1, 2], [3, 4]], [(1, 4), (2, 3)]) == 1
    assert crossings(ordered([[1, 2], [3, 4]], [(1, 4), (2, 3)]), [(1, 4), (2, 3)]) == 0


def test_crossings_are_counted_as_by_hand():
    edges = [(1, 6), (2, 5), (3, 4), (1, 4)]
    by_hand = sum(
        (a - c) * (b - d) < 0 for i, (a, b) in enumerate(edges) for c, d in edges[i + 1 :]
    )  # numbers are places here
    assert crossings([[1, 2, 3], [4, 5, 6]], edges) == by_hand == 3


@pytest.mark.parametrize(
    ("flows", "broader"),
    [([(1, 2), (2, 3), (3, 1)], {}), ([(1, 1)], {1: 1}), ([], {1: 2, 2: 3, 3: 1}), ([(1, 99)], {2: 99})],
)
def test_circles_loops_and_unknown_ends_still_give_each_node_one_place(flows, broader):
    layout = lay_out([[1, 2, 3], []], flows, broader)
    assert sorted(place.node for place in layout.places) == [1, 2, 3]
    assert layout.bands[1].width == 0


def test_two_hundred_nodes_do_not_overlap_and_stand_the_same_each_time():
    rng = random.Random(7)
    bands = [list(range(start, 200, 3)) for start in range(3)]
    flows = [(rng.randrange(200), rng.randrange(200)) for _ in range(300)]
    broader = {node: rng.randrange(200) for node in range(0, 200, 4)}
    layout = lay_out(bands, flows, broader)
    places = layout.places
    assert sorted(place.node for place in places) == list(range(200))
    assert len({(place.column, place.y) for place in places}) == 200
    assert all(0 < place.x < layout.width - COLUMN // 2 and 0 < place.y < layout.height for place in places)
    for number, band in enumerate(layout.bands):
        inside = [place for place in places if place.node % 3 == number]
        assert all(band.x <= place.x < band.x + band.width for place in inside)
    assert lay_out(bands, list(reversed(flows)), broader) == layout


def test_a_chain_of_thousands_is_no_burden_to_the_stack():
    nodes = list(range(3000))
    layout = lay_out([nodes], [(n, n + 1) for n in range(1500)], {n + 1: n for n in range(1500, 2999)})
    assert len(layout.places) == 3000


def test_nothing_gives_an_empty_picture():
    assert lay_out([[], [], []], [], {}).places == ()
