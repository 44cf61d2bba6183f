"""A made-up data folder, small enough to train on in seconds."""

from __future__ import annotations

import csv
import json
import lzma
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from recommender.encoder import load_encoder
from training.model_folder import write_model

TRADES = {
    "风电设备": ("塔筒", "叶片", "轮毂", "风机", "机舱罩", "变桨轴承", "风电法兰", "海上风电基础"),
    "轨道交通": ("信号系统", "转向架", "道岔", "接触网", "站台门", "轨道扣件", "车辆空调", "牵引变流器"),
    "环保工程": ("污水处理", "除尘器", "脱硫塔", "垃圾焚烧", "膜组件", "污泥干化", "渗滤液", "反渗透"),
    "食品加工": ("方便面", "调味品", "速冻水饺", "饼干", "果汁饮料", "酱油", "糕点", "罐头"),
    "医药制造": ("注射液", "疫苗", "胶囊", "原料药", "中药饮片", "输液器", "试剂盒", "抗生素"),
}
FRAMES = (
    "本公司采购{a}和{b}，用于{c}。",
    "{a}、{b}与{c}的生产线已经投产。",
    "招标范围包括{a}、{b}、{c}的供货和安装。",
)


def write_tiny_corpus(folder: Path, seed: int = 5) -> Path:
    """Texts, pairs and companies in which words of one trade stand together."""
    chance = random.Random(seed)
    for name in ("text", "catalogue", "eval"):
        (folder / name).mkdir(parents=True)
    news, pairs = [], []
    for _ in range(400):
        trade, words = chance.choice(sorted(TRADES.items()))
        a, b, c, d, e, f = chance.sample(words, 6)
        frame = chance.choice(FRAMES)
        news.append({"title": trade, "text": frame.format(a=a, b=b, c=c) + frame.format(a=d, b=e, c=f)})
        pairs.append({"kind": "made_up", "a": f"{a}{b}采购项目", "b": f"供应{d}、{e}与{f}"})
    _write_xz(folder / "text/news.jsonl.xz", news)
    _write_xz(folder / "text/pairs.jsonl.xz", pairs)
    enterprises, products = [], []
    for number in range(60):
        trade, words = sorted(TRADES.items())[number % len(TRADES)]
        identity = f"e{number:03}"
        enterprises.append({"enterprise_id": identity, "name": f"第{number}公司", "sw_industry": trade})
        for word in chance.sample(words, 4):
            products.append({"enterprise_id": identity, "product": word, "revenue_share": "0.2"})
    _write_csv(folder / "catalogue/enterprises_listed.csv", enterprises)
    _write_csv(folder / "catalogue/products_listed.csv", products)
    needs = [{"need_id": "n0", "buyer": "电厂", "title": "塔筒和叶片采购"}]
    _write_csv(folder / "eval/contracts_dev_needs.csv", needs)
    winner = next(row["enterprise_id"] for row in enterprises if row["sw_industry"] == "风电设备")
    _write_csv(
        folder / "eval/contracts_dev_qrels.csv", [{"need_id": "n0", "enterprise_id": winner, "grade": "1"}]
    )
    return folder


def add_contracts(folder: Path, winners: int = 30, each: int = 6) -> int:
    """Make the first companies of the corpus in *folder* win projects of their trade; how many projects."""
    trades = sorted(TRADES.items())
    won = [number for number in range(winners) for _ in range(each)]
    needs = [
        {"need_id": f"n{at}", "buyer": "电厂", "title": f"{trades[number % len(trades)][1][at % 8]}采购"}
        for at, number in enumerate(won)
    ]
    judgments = [
        {"need_id": f"n{at}", "enterprise_id": f"e{number:03}", "grade": "1"} for at, number in enumerate(won)
    ]
    _write_csv(folder / "eval/contracts_dev_needs.csv", needs)
    _write_csv(folder / "eval/contracts_dev_qrels.csv", judgments)
    return len(won)


def accuracy(folder: Path) -> float:
    """How often a product's nearest other product belongs to its own trade, by the encoder in *folder*."""
    words = [(trade, word) for trade, own in TRADES.items() for word in own]
    vectors = load_encoder(folder).encode([word for _, word in words])
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return float(np.mean([words[int(b)][0] == words[a][0] for a, b in enumerate(scores.argmax(axis=1))]))


def write_random_model(folder: Path, like: Path) -> Path:
    """A static model in *folder* with the tokenizer of the one in *like* and random vectors."""
    tokenizer = Tokenizer.from_file(str(like / "tokenizer.json"))
    chance = np.random.default_rng(1).standard_normal((tokenizer.get_vocab_size(), 16)).astype(np.float32)
    write_model(folder, tokenizer, chance)
    return folder


def _write_xz(path: Path, rows: list[dict[str, str]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8", preset=0) as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
