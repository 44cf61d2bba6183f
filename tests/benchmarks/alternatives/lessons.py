"""What is said of the tables: written after a run, to be read again after the next."""

INTRODUCTION = """\
{needs:,} development contracts, the winner's place among {suppliers:,} listed companies. Each need is
answered by vectors that learned from no contract of its winner's fold (five folds of winners), by the
shipped curves over best offering, profile, shared words and nearness; learned weights come from the other
folds. In brackets the difference from the first row of a group and the p of a paired randomisation test in
which the needs of one winner are swapped together (10,000 swaps: never below 0.0001). Of so many comparisons
one in twenty falls below 0.05 by chance, and the shipped settings were chosen on these contracts: a small
lead of theirs proves nothing. `python -m tests.benchmarks.alternatives DATA WORK` prints this page; material,
seed and settings are those of the shipped model, and the five fold models it trains are those that
`rongtong train encoder --folds` writes, to the bit."""

LESSONS = {
    "Vocabulary, every fourth text, before any contract": """\
Words were not the best on so little text: characters place more winners among ten and fewer among a hundred,
overlapping bigrams lead in all three measures, within chance. Neither was tried on all texts and with
contracts: an open lead.""",
    "Dimension": """\
256 is the most that 40 MB hold, and nothing wider did better; steps and rates were tuned at 256, so this is
no last word on wider vectors. The first 64 directions already carry most of it; float16 loses nothing and
remains open if the file must shrink.""",
    "Token weights, before any contract": """\
Learning the weights is worth a point or more of both recalls; from which weights it starts matters less, and
a / (a + f) is the better start.""",
    "Removal of common components, from what was learned": """\
What is common is worth keeping once it has been trained; to centre the profiles changes nothing that can be
told from chance.""",
    "Words outside the vocabulary, before any contract": """\
Falling apart is ahead in all three measures, but not beyond chance.""",
    "One vector or several, all weights learned": """\
The profile says most of it, no wonder where contracts were learned through it; the best offering beside it
adds a point of Recall@100, and what explains a match to a reader.""",
    "The same before any contract": """\
Without contracts, too, the profile alone is as good as both, and the best offering alone finds fewer within
the first hundred.""",
    "Offerings to one score, no profile, all weights learned": """\
The best offering alone is a poor reading of a list: a soft-max over all of it, by the root of revenue share,
is clearly better in Recall@100 and comes near the profile, which has the same weights; too warm and
unweighted, it is worse.""",
    "Fusion": """\
Shared words beside the dense half raise Recall@10 and MRR; learned and shipped weights are alike, reciprocal
rank and halves calibrated apart lose Recall@100, and nearness is worth more than any choice of fusion.""",
    "The product graph added to the need": """\
Nothing is gained by it, and the kinds at a heavier weight harm; its pairs are already among those that the
vectors are trained on.""",
    "The buyer's name": """\
A fifth finds a point of Recall@100 more than no name; a half costs nearly two points of Recall@10. The words
of the name, which the shipped lexical half does not read, find some more within the first hundred: a small
lead that is not shipped.""",
    "Contracts and counter-examples": """\
The contracts are worth five points of Recall@10, but only briefly: at 25 steps most is lost again, at 50 no
fold is answered better and all keep the vectors from before (a check that sees the fold left out). Mined
counter-examples change nothing that can be told from chance, and popularity learned beside the choice does
not help.""",
}

REMARKS = """\
A transformer is not in this table: `rongtong train encoder --architecture transformer` writes a card with its
figures. A trial of one of two layers of 192, with 120 masked-language and 300 contrast steps on a processor,
was behind the static model in every measure."""
