"use strict";
// Partners on the other links for the need that was asked, or for it and one of the suppliers found.
// Uses the helpers of app.js; text from the server only ever enters through textContent.

/** Under a list of suppliers: whom else the deal needs, asked for when somebody wants to know. */
function offerCompletion(asked, answer) {
  const place = byId("complete");
  if (asked !== "suppliers" || !last) return place.replaceChildren();
  const question = last;
  const pair = make("select", { id: "complete-pair" },
    make("option", { value: "" }, "只看需求 the need alone"),
    answer.results.slice(0, 10).map((each) => make("option", { value: each.enterprise_id }, `与 with ${each.name}`)));
  const button = make("button", { type: "button", class: "primary" }, "补齐配套 ", english("Complete"));
  const found = make("div", { id: "complete-answer", role: "status", "aria-live": "polite" });
  button.addEventListener("click", () => complete(question, pair.value, found));
  place.replaceChildren(
    make("div", { class: "complete-ask no-print" },
      make("label", { for: "complete-pair" }, both("成链配套：这笔交易还需要谁？", "Across the links: who else does the deal need?")),
      make("div", { class: "complete-row" }, pair, button)),
    found);
}

async function complete(question, enterprise, place) {
  const body = { need_id: question.need_id, text: question.text, top_k: 3 };
  if (enterprise) body.enterprise_id = enterprise;
  place.replaceChildren(make("p", { class: "help" }, "正在查找…… Searching…"));
  try {
    const answer = await fetchJson("/v1/recommendations/complete", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    place.replaceChildren(completed(answer));
  } catch (problem) {
    place.replaceChildren(notice("notice-bad", "没有成功", "That did not work", ...problemWords(problem)));
  }
}

function completed(answer) {
  const others = answer.without.map((each) => make("li", {},
    make("strong", {}, word("links", each.link).zh), ` ${each.zh}`, each.source ? `：“${each.source.span}” ` : " ", english(each.en)));
  return make("div", {},
    answer.suggestions.length
      ? make("ul", { class: "sought-list" }, answer.suggestions.map(sought))
      : make("p", { class: "help" }, "没有需要补齐的配套。 ", english("Nothing calls for a partner on another link.")),
    others.length ? make("details", { class: "without" },
      make("summary", {}, both("没有建议的链", "Links without a suggestion"), ` ${others.length}`), make("ul", {}, others)) : null);
}

/** A kind of partner: on which link, why, by which words, and who it could be. */
function sought(each) {
  return make("li", { class: "card sought" },
    make("h4", {}, make("span", { class: "tag tag-tier" }, word("links", each.link).zh), " ", both(each.sought.zh, each.sought.en)),
    make("p", { class: "sought-why" }, each.why.zh, " ", english(each.why.en)),
    make("ul", { class: "called" }, each.triggers.map(calling)),
    each.link_stated ? null : make("p", { class: "help" }, "目录中没有标明此链的供给，按文字查找。 ", english("No offering states this link; found by words.")),
    each.results.length
      ? make("ol", { class: "partners" }, each.results.map((result) => partner(result, each.sought)))
      : make("p", { class: "help" }, "目录中没有合适的伙伴。 ", english("No partner in the catalogue.")));
}

function calling(trigger) {
  const status = trigger.verdict ? word("statuses", trigger.verdict.status) : null;
  return make("li", {},
    make("small", {}, `${trigger.of === "need" ? "需求" : "企业"} · ${word("fields", trigger.field).zh} `),
    marked(trigger.span),
    status ? make("span", { class: `verdicts verdict-${trigger.verdict.status}` }, `${status.zh} ${status.en}`) : null,
    trigger.note || (trigger.verdict && trigger.verdict.note)
      ? make("span", { class: "from" }, trigger.note || trigger.verdict.note) : null);
}

function partner(result, need) {
  return make("li", {},
    make("details", {},
      make("summary", {}, make("strong", {}, result.name), ` ${Math.round(result.score * 100)}% `,
        make("span", { class: "tags" }, facts(result))),
      make("p", { class: "partner-say" }, result.for_buyer),
      make("div", { class: "partner-why" },
        block("原文对照", "Quoted words", evidence(result.evidence || [], need)),
        block("分数构成", "What makes the score", bars(result)))));
}
