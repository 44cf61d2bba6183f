"""The tokenizer cuts at words it knows and falls back on characters."""

from __future__ import annotations

from training.vocabulary import UNKNOWN, build_tokenizer, choose_pieces, count_words, mix

COUNTS = count_words(["不锈钢阀门采购", "不锈钢管道", "110kv变压器 2300mw 20231115", "阀门和变压器"] * 5)


def test_words_codes_and_characters_are_counted() -> None:
    assert COUNTS["变压器"] == 10
    assert COUNTS["110kv"] == 5


def test_known_words_stay_whole_and_unknown_ones_fall_apart() -> None:
    tokenizer = build_tokenizer(choose_pieces(COUNTS, 400))
    assert tokenizer.encode("不锈钢阀门").tokens == ["不锈钢", "阀门"]
    assert tokenizer.encode("门阀").tokens == ["门", "阀"]


def test_spelling_and_punctuation_do_not_matter() -> None:
    tokenizer = build_tokenizer(choose_pieces(COUNTS, 400))
    assert tokenizer.encode("１１０ＫＶ，变压器！").tokens == ["110kv", "变压器"]
    assert tokenizer.encode("，。！ \n").ids == []


def test_what_no_piece_covers_is_unknown() -> None:
    tokenizer = build_tokenizer(choose_pieces(COUNTS, 400))
    assert tokenizer.encode("囍").ids == [0]
    assert tokenizer.id_to_token(0) == UNKNOWN


def test_bare_numbers_are_no_pieces() -> None:
    pieces = {piece for piece, _ in choose_pieces(COUNTS, 400)}
    assert "20231115" not in pieces
    assert {"2300mw", "2", "0"} <= pieces


def test_the_size_is_kept_and_the_choice_does_not_depend_on_order() -> None:
    backwards = dict(reversed(list(COUNTS.items())))
    assert len(choose_pieces(COUNTS, 20)) == 20
    assert choose_pieces(COUNTS, 20) == choose_pieces(backwards, 20)


def test_sources_are_mixed_by_weight() -> None:
    assert mix([({"甲": 2}, 0.5), ({"甲": 1, "乙": 1}, 3)]) == {"甲": 4.0, "乙": 3.0}
