from datetime import date

import numpy as np

from indexes.release import EncoderEntry, Manifest
from recommender.catalogue import Need
from training.evaluation import Evaluation, Standing
from training.failures import CAUSES, Failure, Rival
from training.metrics import MEASURES, Interval
from training.report import Report, markdown, plain
from training.slices import SliceFigures

SURE = {m: Interval(0.5, 0.4, 0.6) for m in MEASURES}
FOUND = Evaluation(
    "r1",
    ("n1", "n2", "n3"),
    ("lexical", "full"),
    {},
    {"lexical": SURE, "full": SURE},
    {"full": {"nDCG@10": 0.0004, "MRR": 0.03, "R@10": 0.2, "R@100": 1.0}},
    {"n1": Standing("a", 2, ()), "n2": Standing(None, None, ()), "n3": Standing(None, None, ())},
)
FAILURE = Failure(
    Need("n2", "轴承<script>|采购\n# 标题", buyer_name="某车辆厂"),
    "e2",
    "湘江轴承",
    None,
    None,
    372,
    "轴承座",
    0.41,
    ("轴承",),
    "by meaning only",
)
RIVAL = Rival("*第一*公司", 0.912, "", float("nan"), ())


def page(**changes: object) -> str:
    given = {
        "found": FOUND,
        "manifest": Manifest(
            "r1",
            "2026-11-21T08:00:00+00:00",
            EncoderEntry("static", "f" * 64, 256),
            counts={"enterprises": 7},
        ),
        "as_of": date(2026, 11, 21),
        "slices": [SliceFigures("kind", "works", 12, {"lexical": SURE, "full": SURE}, {"MRR": 0.01})],
        "failed": [FAILURE],
        "worst": [(FAILURE, [RIVAL])],
        "absent": ["e9"],
        "lost": ["n3"],
        "files": ("needs.csv", "qrels.csv"),
    }
    return markdown(Report(**(given | changes)))


def test_the_first_lines_say_how_confidential_it_is_and_who_is_missing():
    first = page().splitlines()[:6]
    assert "保密" in first[2]
    assert "confidential" in first[2]
    assert "缺少评判中的 1 家企业（e9）" in first[4]
    assert "lacks 1 judged enterprises; 1 needs" in first[4]
    assert "holds every judged enterprise" in page(absent=(), lost=())


def test_what_was_measured_is_named():
    text = page()
    for words in (
        "r1（2026-11-21T08:00:00+00:00）",
        "static · ffffffffffff",
        "needs.csv、qrels.csv",
        "| 7 |",
    ):
        assert words in text
    assert "may know who won" not in text
    assert "outcomes of 2 of these needs: the ranking may know who won" in page(told=2)


def test_systems_have_intervals_and_p_values():
    text = page()
    assert "| lexical | 0.500 [0.400, 0.600] |" in text
    assert r"0.500 [0.400, 0.600]\*\* p = 0.0004 | 0.500 [0.400, 0.600]\* p = 0.03 |" in text


def test_a_small_slice_is_marked_and_shown_beside_the_first_system():
    assert r"| 工程 works | 12 † | 0.500 [0.400, 0.600] / 0.500 | 0.500 [0.400, 0.600]\* / 0.500 |" in page()
    assert "one slice" in page(slices=())


def test_every_need_is_counted_once_where_its_winner_stands():
    lines = page().splitlines()
    for row in ("| 2–3 | 1 | 33 % |", "| > 1000 | 1 | 33 % |", "| 1 | 0 | 0 % |"):
        assert row in lines
    assert "| 不在此版本中 not in this release | 1 | 33 % |" in lines


def test_a_failure_names_winner_rivals_and_a_guess():
    text = page()
    for words in (
        "不在前 1000 名 not in first 1000；语义 meaning 第 372 名 #372，字词 words —；",
        "“轴承座” 0.41；词 words：轴承",
        "某车辆厂",
        "0.912；没有产品 no offering；词 words：—",
        f"推测 guess** {CAUSES['by meaning only']}",
    ):
        assert words in text, words
    assert f"| {CAUSES['by meaning only']} | 0 | 0 | 1 | 1 | 100 % |" in text


def test_what_strangers_wrote_is_no_markup():
    text = page()
    assert "### 1. 轴承\\<script\\>\\|采购 \\# 标题\n" in text
    assert "\\*第一\\*公司" in text
    assert plain("长" * 500) == "长" * 119 + "…"


def test_nothing_failed_is_said_too():
    assert "nothing failed" in page(failed=(), worst=())
    assert np.isnan(RIVAL.cosine)
