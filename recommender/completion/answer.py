"""From a need, or a need and a chosen supplier, to partners on the other links."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from datetime import date

from indexes.errors import InputError
from recommender.catalogue.domain import Enterprise, Link, Need, Offering
from recommender.completion.facts import Case
from recommender.completion.results import Completion, Partner, Suggestion
from recommender.completion.table import rows
from recommender.completion.triggers import Called, called
from recommender.places import places_of
from recommender.query import Filters, SupplierQuery
from recommender.requirements import demands, judge
from recommender.results import Result
from recommender.snapshot import Snapshot

MAX_PARTNERS = 100
_SPARE = 4  # results that may turn out to be no partner
_SAYS = 0.5  # cosine from which words say the kind, where a firm may be found for the deal's thing alone
_FORESEEN = 6  # of a kind: near other places, others come first
_LEAST = 0.45  # the score below which words alone, no link being stated, make no partner
Search = Callable[[SupplierQuery, int, Callable[[Result], bool]], list[Result]]


@dataclass(frozen=True, slots=True)
class CompletionQuery:
    """Whom else does the deal need? *need* alone, or with the chosen *enterprise* and its *offerings*.

    ``top_k`` partners of each kind; ``filters`` are those of the partners, and their ``link`` says which
    links to complete (default: all). Raises InputError where ``top_k`` is out of range.
    """

    need: Need
    as_of: date
    top_k: int = 3
    filters: Filters = field(default_factory=Filters)
    enterprise: Enterprise | None = None
    offerings: tuple[Offering, ...] = ()
    explain: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.top_k <= MAX_PARTNERS:
            mend = f"a whole number from 1 to {MAX_PARTNERS}"
            raise InputError("Out of range.", field="top_k", value=self.top_k, mend=mend)


def complete(query: CompletionQuery, snapshot: Snapshot, search: Search) -> Completion:
    """The partners that *query* calls for; *search* is :meth:`recommender.matching.partners.Partners.best`,
    asked once for each kind."""
    case = case_of(query)
    links = [link for link in Link if not query.filters.link or link.value in query.filters.link]
    wanted, without = called(case, links)
    stated = _stated(snapshot, {each.row.partner.link for each in wanted}, query.as_of)
    found = []
    for each in wanted:
        partner = each.row.partner
        sought, results = _searched(query, case, partner, partner.link in stated, search)
        partners = tuple(_partner(case, each, result, rank) for rank, result in enumerate(results, 1))
        found.append(Suggestion(partner, each.triggers, sought, partners, partner.link in stated))
    return Completion(snapshot.release, _echo(query), tuple(found), tuple(without), query.explain)


def foresee(snapshot: Snapshot, search: Search, as_of: date) -> None:
    """Seek each kind of partner once, as for a deal of which nothing is known, so that *search* has at hand
    what the first needs ask of it."""
    query = CompletionQuery(Need("", ""), as_of, top_k=_FORESEEN)
    case, stated = case_of(query), _stated(snapshot, set(Link), as_of)
    for row in rows():
        _searched(query, case, row.partner, row.partner.link in stated, search)


def _stated(snapshot: Snapshot, links: Set[Link], as_of: date) -> Set[Link]:
    """Those of *links* on which anything is offered."""
    return {link for link in links if snapshot.offerings_within((link.value,), as_of).any()}


def _searched(
    query: CompletionQuery, case: Case, partner: Partner, stated: bool, search: Search
) -> tuple[Need, list[Result]]:
    """What is sought of *partner*, and who offers it. Where no offering states the link, words alone must
    make partners."""
    asked = SupplierQuery(
        need=_sought(case, partner, product=stated),
        as_of=query.as_of,
        top_k=2 * query.top_k + _SPARE,
        filters=replace(query.filters, link=()),
        link=partner.link if stated else None,
    )
    least, says = 0.0 if stated else _LEAST, _SAYS if asked.need.description else 0.0
    return asked.need, search(asked, query.top_k, lambda result: _fits(case, result, least, says))


def case_of(query: CompletionQuery) -> Case:
    """The need of *query* read, and the chosen enterprise judged."""
    need, enterprise = query.need, query.enterprise
    asked = demands(need)
    verdicts = judge(asked, need, enterprise, query.offerings, query.as_of) if enterprise else ()
    return Case(need, asked, places_of(need), query.as_of, enterprise, verdicts)


def _sought(case: Case, partner: Partner, *, product: bool) -> Need:
    """The need that is searched: what the partner offers, in its words, near where the deal is."""
    need = case.need
    about = case.thing if partner.product and product else ""
    return Need(
        need_id="",
        title=partner.offer,
        description=about,
        # keeps the buyer out of the list; its name says nothing about the partner
        buyer_id=need.buyer_id or need.buyer_name,
        link=partner.link,
        industry_chain=need.industry_chain,
        region=case.places.site or case.places.seat,
    )


def _fits(case: Case, result: Result, least: float, says: float) -> bool:
    """Whether *result* scores *least* and has words to quote, *says* alike, that offer what is sought.

    Who makes the product of the deal is no laboratory for it, and the chosen supplier no partner of itself.
    """
    chosen = case.enterprise.enterprise_id if case.enterprise else None
    pairs = [pair for pair in result.evidence if pair.need.field == "title"]
    offers = any(pair.similarity >= says for pair in pairs)
    return result.score >= least and result.enterprise_id != chosen and offers


def _offered(result: Result) -> str:
    """The words of the offer that answer the title of what is sought; "" where none do."""
    return next((pair.offer.span for pair in result.evidence if pair.need.field == "title"), "")


def _partner(case: Case, each: Called, result: Result, rank: int) -> Result:
    for_buyer, for_supplier = _sentences(case.thing, each, result.name, _offered(result))
    return replace(result, rank=rank, for_buyer=for_buyer, for_supplier=for_supplier)


def _sentences(thing: str, each: Called, name: str, offer: str) -> tuple[str, str]:
    """What is said to either side: who the partner is for this deal, and by which words."""
    partner, trigger = each.row.partner, each.triggers[0]
    quoted = f"“{trigger.source.span}”"
    chinese, _, english = trigger.note.partition(" / ") if trigger.note else (quoted, "", quoted)
    return (
        f"{name}可为“{thing}”提供{partner.zh}：{partner.why_zh}（{chinese}），其“{offer}”与之对应。\n"
        f"{name} for {partner.en}: {partner.why_en} ({english}); it offers “{offer}”.",
        f"“{thing}”这笔交易需要{partner.zh}（{chinese}），贵企业的“{offer}”与之对应。\n"
        f"The deal “{thing}” needs {partner.en} ({english}), which your “{offer}” answers.",
    )


def _echo(query: CompletionQuery) -> dict[str, object]:
    need, enterprise = query.need, query.enterprise
    return {
        "need_id": need.need_id,
        "title": need.title,
        "description": need.description,
        "qualification": need.qualification,
        "enterprise_id": enterprise.enterprise_id if enterprise else None,
        "filters": query.filters.to_json(),
        "top_k": query.top_k,
        "as_of": query.as_of.isoformat(),
    }
