"use strict";
// The whole page. Text from the server only ever enters through textContent.

const byId = (id) => document.getElementById(id);

/** An element: make("p", {class: "say", lang: "en"}, "text", child …). Strings become text nodes. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") element.append(child);
  }
  return element;
}
const english = (text) => make("span", { class: "en", lang: "en" }, text);
const both = (zh, en) => [zh, " ", en ? english(en) : ""];

const DIRECTIONS = {
  suppliers: {
    label: ["需要什么？", "What is needed?"],
    help: "写清用途、规格、认证和数量，结果更准。可以粘贴整段采购文件。 Use, specification, certificates and quantity make it sharper.",
    placeholder: "例如：高铁转向架用轴箱轴承，寿命不低于 240 万公里，供应商须通过 ISO/TS 22163",
    go: ["推荐供应商", "Find suppliers"],
    title: ["供应商", "Suppliers"],
    id: "need_id",
    picked: "需求",
    examples: [
      "高铁转向架用轴箱轴承，须通过 ISO/TS 22163",
      "新能源汽车电驱系统高速齿轮，IATF 16949",
      "锂电池隔膜涂覆用高纯氧化铝，年需 800 吨",
      "碳纤维复合材料机身壁板加工",
      "晶圆厂用高纯湿电子化学品，G5 等级",
      "订单融资：核心企业订单，账期 90 天",
    ],
  },
  buyers: {
    label: ["贵企业能做什么？", "What does your enterprise make?"],
    help: "写产品、工艺、认证、产能和用过的场合。 Products, processes, certificates, capacity, past use.",
    placeholder: "例如：我们生产精密锻件和齿轮，有 IATF 16949 认证，年产能 20 万件",
    go: ["推荐买家", "Find buyers"],
    title: ["需求与买家", "Needs and their buyers"],
    id: "enterprise_id",
    picked: "企业",
    examples: [
      "精密锻件与齿轮加工，IATF 16949，年产能 20 万件",
      "工业相机视觉检测软件与数据采集网关",
      "特种电缆，阻燃低烟无卤，轨道交通业绩",
      "农机用液压阀与液压缸",
      "第三方检测：金属材料力学性能与无损探伤",
      "水稻杂交制种与种子加工",
    ],
  },
};
const PROVINCES = ("北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 " +
  "广东 广西 海南 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆").split(" ");
const CERTIFICATES = ["ISO 9001", "ISO 14001", "ISO 45001", "IATF 16949", "ISO/TS 22163", "AS9100", "EN 15085", "CRCC", "GJB 9001C", "ISO 13485"];
const MARKS = { met: "✓", missing: "✗", unknown: "?", conflict: "!" };
const OPEN_AT_FIRST = 3;
const AROUND = 16; // characters shown on either side of quoted words

let direction = "suppliers";
let picked = { suppliers: null, buyers: null }; // {id, name}: asked by id instead of by text
let texts = { suppliers: "", buyers: "" };
let words = { features: {}, links: {}, tiers: {}, sizes: {}, reserved: {}, statuses: {}, kinds: {}, fields: {} };
let running = null;
let last = null; // the question that the list answers

const word = (table, key) => (words[table] && words[table][key]) || { zh: String(key), en: "" };

// ---- asking -------------------------------------------------------------------------------------

function question() {
  const body = { top_k: Number(byId("top").value), explain: true };
  const choice = picked[direction];
  if (choice) body[DIRECTIONS[direction].id] = choice.id;
  else body.text = byId("text").value.trim();
  if (byId("link").value) body.link = byId("link").value;
  const filters = {};
  for (const name of ["region", "certification"]) {
    const values = byId(name).value.split(/[,，;；、]/).map((v) => v.trim()).filter(Boolean);
    if (values.length) filters[name] = values;
  }
  const tiers = [...document.querySelectorAll("#tiers input:checked")].map((box) => box.value);
  if (tiers.length && direction === "suppliers") filters.tier = tiers;
  if (Object.keys(filters).length) body.filters = filters;
  if (byId("strict").checked) body.policy = "strict";
  if (byId("by-score").checked && direction === "suppliers") body.exposure = false;
  return body;
}

async function ask(event) {
  if (event) event.preventDefault();
  const body = question();
  const empty = !picked[direction] && !body.text;
  fieldError(empty ? "请先写下内容。 Please write something first." : "");
  if (empty) return byId("text").focus();
  if (running) running.abort();
  const mine = (running = new AbortController());
  const asked = direction;
  loading();
  try {
    const answer = await fetchJson(`/v1/recommendations/${asked}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: mine.signal,
    });
    if (running === mine) {
      last = body;
      show(answer, asked, picked[asked] ? picked[asked].name : body.text);
    }
  } catch (problem) {
    if (running === mine) fail(problem);
  } finally {
    if (running === mine) {
      running = null;
      byId("go").removeAttribute("aria-disabled");
      byId("results").removeAttribute("aria-busy");
    }
  }
}

/** The JSON answer; throws the problem document (RFC 9457), or one made up here where none came. */
async function fetchJson(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { status: 0, detail: "无法连接服务器。", mend: "请检查服务是否在运行，然后重试。 The server cannot be reached." };
  }
  let content;
  try {
    content = await response.json();
  } catch {
    throw { status: response.status, detail: "服务器的回答无法读取。", mend: "The answer could not be read." };
  }
  if (!response.ok) throw content;
  const decision = response.headers.get("X-Decision-Id");
  return decision ? { ...content, decision } : content;
}

// ---- states -------------------------------------------------------------------------------------

function fieldError(text) {
  byId("text-error").textContent = text;
  byId("text-error").hidden = !text;
  byId("text").setAttribute("aria-invalid", String(Boolean(text)));
}

function loading() {
  byId("go").setAttribute("aria-disabled", "true");
  byId("results").setAttribute("aria-busy", "true");
  byId("results-head").hidden = true;
  byId("cards").replaceChildren();
  byId("left-out").replaceChildren();
  byId("why").hidden = true;
  byId("complete").replaceChildren();
  byId("state").replaceChildren(make("div", { class: "loading", "aria-hidden": "true" }, [0, 1, 2].map(() => make("div", { class: "ghost" }))));
  byId("status").textContent = "正在查找…… Searching…";
}

function notice(kind, title, titleEn, ...rest) {
  return make("div", { class: `notice ${kind}` }, make("h3", {}, both(title, titleEn)), rest);
}

function fail(problem) {
  if (problem.name === "AbortError") return;
  byId("status").textContent = "";
  byId("results-head").hidden = true;
  byId("cards").replaceChildren();
  byId("left-out").replaceChildren();
  const noRelease = String(problem.type || "").endsWith(":no-release");
  const title = noRelease ? ["还没有可用的版本", "No release yet"] : ["没有成功", "That did not work"];
  byId("state").replaceChildren(
    notice(
      noRelease ? "notice-warn" : "notice-bad",
      ...title,
      ...problemWords(problem),
      problem.request_id ? make("p", { class: "small" }, `request ${problem.request_id}`) : null,
    ),
  );
  byId("status").textContent = `${title.join(" ")}: ${inChinese(problem) || problem.detail || ""}`;
}

function show(answer, asked, what) {
  const { title } = DIRECTIONS[asked];
  const count = answer.results.length;
  byId("results-head").hidden = false;
  byId("results-title").replaceChildren(...both(title[0], title[1]));
  byId("asked").textContent = what;
  byId("asked").title = what;
  byId("state").replaceChildren(
    count ? "" : notice("notice-warn", "没有匹配的结果", "Nothing matches",
      make("p", {}, "请放宽筛选条件，或换一种说法。 Try fewer filters or other words.")),
    ...(answer.notes || []).map((note) => notice("notice-warn", ...note.split(" / "))),
  );
  byId("left-out").replaceChildren(leftOut(answer.left_out));
  const need = asked === "suppliers" ? answer.query : {};
  byId("cards").replaceChildren(...answer.results.map((result, place) => card(result, place, asked, need)));
  byId("why").hidden = asked !== "suppliers";
  offerCompletion(asked, answer);
  byId("why-answer").replaceChildren();
  byId("status").textContent = count ? `找到 ${count} 条结果。 ${count} results.` : "没有匹配的结果。 Nothing matches.";
  byId("release").textContent = `数据版本 Release ${answer.release}${answer.decision ? ` · 决策编号 Decision ${answer.decision}` : ""}`;
  byId("results").focus({ preventScroll: true });
  byId("results").scrollIntoView({ behavior: "smooth", block: "start" });
}

/** Whom the strict rule kept out: how many, what they fail, and the best of them. */
function leftOut(found) {
  if (!found || !found.count) return "";
  const reasons = Object.entries(found.reasons).map(([name, count]) => `${requirementName(name)}（${count}）`).join("、");
  return make("details", { class: "left-out" },
    make("summary", {}, `已排除 ${found.count} 个不满足必备要求的候选：${reasons} `, english(`${found.count} left out`)),
    make("ul", {}, found.best.map((each) => make("li", {},
      make("strong", {}, each.title || each.name), each.title ? ` ${each.name}` : "",
      ` · 评分 ${Math.round(each.score * 100)}%，按评分第 ${each.rank} 名 `, english(`rank ${each.rank} by score`),
      each.requirements.map((verdict) => make("span", { class: "from" },
        `${MARKS[verdict.status] || "?"} ${requirementWords(verdict)} ${word("statuses", verdict.status).zh}`, verdict.note ? `：${verdict.note}` : ""))))));
}

/** What must be said of a result before any reason: that it was moved, and what it fails. */
function remarks(result) {
  const said = [];
  if (result.moved) said.push(make("li", { class: "moved" }, `按评分为第 ${result.moved.from} 名 `, english(`rank ${result.moved.from} by score`), `：${result.moved.reason}`));
  if (result.fails) said.push(make("li", { class: "fails" }, "不满足必备要求 ", english("fails"), `：${result.fails.map(requirementName).join("、")}`));
  if (result.unproven) said.push(make("li", {}, "待核实 ", english("unproven"), `：${result.unproven.map(requirementName).join("、")}`));
  return said.length ? make("ul", { class: "remarks", "aria-label": "名次说明 About the rank" }, said) : null;
}

// ---- one result ---------------------------------------------------------------------------------

function card(result, place, asked, need) {
  const percent = Math.round(result.score * 100);
  const meter = make("i");
  meter.style.width = `${Math.max(2, percent)}%`;
  const heading = asked === "buyers" ? result.title || result.need_id : result.name;
  const [first, second] = asked === "suppliers" ? [result.for_buyer, result.for_supplier] : [result.for_supplier, result.for_buyer];
  const item = make("li", { class: "card" },
    make("div", { class: "card-head" },
      make("span", { class: "rank", "aria-label": `第 ${result.rank} 名` }, String(result.rank)),
      make("div", {},
        make("h3", {}, heading),
        asked === "buyers" && result.name ? make("p", { class: "buyer" }, result.name) : null,
        make("div", { class: "tags" }, facts(result)),
      ),
      make("div", { class: "score", title: `score ${result.score}` },
        make("span", { class: "score-number" }, `${percent}%`),
        make("span", { class: "score-label" }, "匹配度 ", make("span", { lang: "en" }, "match")),
        make("div", { class: "meter", "aria-hidden": "true" }, meter),
      ),
    ),
    remarks(result),
    first ? make("p", { class: "say" }, first) : null,
    (result.cautions || []).length
      ? make("ul", { class: "cautions", "aria-label": "提醒 Cautions" }, result.cautions.map((c) => make("li", {}, c))) : null,
    reasons(result, place, asked, need, second),
  );
  return item;
}

function facts(result) {
  const shown = [];
  const given = result.facts || {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === "" || (Array.isArray(value) && !value.length) || `${name}_name` in given) continue;
    const table = { tier: "tiers", size: "sizes", link: "links" }[name];
    if ((name === "tier" && value === "none") || name === "industry") continue;
    if (table) shown.push(make("span", { class: `tag tag-${name}` }, word(table, value).zh));
    else if (Array.isArray(value)) shown.push(make("span", { class: "tag" }, value.slice(0, 5).join("、")));
    else if (name.endsWith("_name") || name === "region") shown.push(make("span", { class: "tag" }, String(value)));
    else {
      const text = typeof value === "number" ? value.toLocaleString("zh-CN") : moment(String(value));
      shown.push(make("span", { class: "tag" }, `${word("fields", name).zh} ${text}`));
    }
  }
  return shown;
}

/** 2026-12-02T15:00:00 as people write it; midnight stands for a day without a time. */
function moment(text) {
  return text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?$/, "$1 $2").replace(/ 00:00$/, "");
}

function reasons(result, place, asked, need, otherSide) {
  const tally = {};
  for (const each of result.requirements || []) tally[each.status] = (tally[each.status] || 0) + 1;
  const verdicts = Object.keys(MARKS).filter((status) => tally[status]).map((status) =>
    make("span", { class: `verdicts verdict-${status}` }, `${MARKS[status]} ${tally[status]} ${word("statuses", status).zh}`));
  return make("details", { class: "reasons", open: place < OPEN_AT_FIRST },
    make("summary", {}, both("理由", "Reasons"), verdicts),
    make("div", { class: "reason-grid" },
      make("div", {},
        block("原文对照", "Quoted words", evidence(result.evidence || [], need)),
        block("要求核对", "Requirements", checklist(result.requirements || [])),
        result.cross_chain ? block("跨链路径", "Across chains", crossing(result.cross_chain)) : null,
      ),
      make("div", {},
        block("分数构成", "What makes the score", bars(result)),
        otherSide ? make("p", { class: "say-other" }, asked === "suppliers" ? "对供应商 " : "对买家 ", english(asked === "suppliers" ? "for the supplier" : "for the buyer"), "：", otherSide) : null,
        follow(result, asked),
      ),
    ),
  );
}

function block(zh, en, content) {
  return content ? make("div", { class: "block" }, make("h4", {}, both(zh, en)), content) : null;
}

/** The quoted words, marked; where the whole text is at hand, among the words that stand around them. */
function marked(span, text) {
  const at = (text || "").indexOf(span);
  if (at < 0) return make("q", {}, make("mark", {}, span));
  const before = text.slice(Math.max(0, at - AROUND), at);
  const after = text.slice(at + span.length, at + span.length + AROUND);
  return make("q", {},
    at > AROUND ? `…${before}` : before, make("mark", {}, span), at + span.length + AROUND < text.length ? `${after}…` : after);
}

function evidence(pairs, need) {
  if (!pairs.length) return null;
  return make("div", {}, pairs.map((pair) =>
    make("div", { class: "pair" },
      make("div", { class: "quote quote-need" }, make("small", {}, `需求 · ${word("fields", pair.need.field).zh}`), marked(pair.need.span, need[pair.need.field])),
      make("span", { class: "arrow", "aria-label": "对应" }, "↔"),
      make("div", { class: "quote quote-offer" }, make("small", {}, `供给 · ${word("fields", pair.offer.field).zh}`), marked(pair.offer.span)),
      make("span", { class: "alike" }, `相似度 ${pair.similarity.toFixed(2)}`, pair.offer.offering_id ? ` · ${pair.offer.offering_id}` : ""),
    )));
}

/** A requirement by its name alone; codes of tiers and sizes in words. */
function requirementName(name) {
  return name.split("|").map((part) => {
    const holder = ["tiers", "sizes", "reserved"].find((table) => words[table] && words[table][part]);
    return holder ? words[holder][part].zh : part;
  }).join(" / ");
}

function requirementWords(each) {
  const table = { tier: ["tiers"], size: ["reserved", "sizes"] }[each.kind];
  if (!table) return each.requirement;
  return each.requirement.split("|").map((part) => {
    const holder = table.find((name) => words[name] && words[name][part]);
    return holder ? words[holder][part].zh : part;
  }).join(" / ");
}

/** A quoted source: field and words; a stored code like little_giant in words. */
function quoted(lead, source) {
  const table = { tier: "tiers", required_tiers: "tiers", size: "sizes", reserved_for: "reserved", region: "regions" }[source.field];
  const span = table ? word(table, source.span).zh : source.span;
  return make("span", { class: "from" }, `${lead}：${word("fields", source.field).zh}“${span}”${source.inferred ? "（推断 inferred）" : ""}`);
}

function checklist(requirements) {
  if (!requirements.length) return null;
  return make("ul", { class: "checklist" }, requirements.map((each) =>
    make("li", {},
      make("span", { class: `mark mark-${each.status}`, "aria-hidden": "true" }, MARKS[each.status] || "?"),
      make("span", {},
        make("strong", {}, requirementWords(each)), " ",
        word("kinds", each.kind).zh === each.requirement ? "" : english(`${word("kinds", each.kind).zh} `),
        make("span", { class: `verdict-${each.status}` }, word("statuses", each.status).zh), " ",
        english(word("statuses", each.status).en),
        each.asked && each.asked.inferred && each.asked.span ? quoted("要求", each.asked) : null,
        each.source && each.source.span ? quoted("依据", each.source) : null,
        each.note ? make("span", { class: "from" }, each.note) : null,
      ),
    )));
}

function bars(result) {
  const parts = [...(result.contributions || [])].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  if (!parts.length) return null;
  const largest = Math.max(...parts.map((p) => Math.abs(p.contribution))) || 1;
  const rows = parts.filter((part) => Math.abs(part.contribution) >= 0.005)
    .map((part) => bar(part.feature, part.contribution, largest, `${part.feature} = ${part.value.toFixed(2)}`));
  rows.push(make("tr", { class: "base" }, make("th", { scope: "row" }, "起点 ", english("base")), make("td"), make("td", { class: "number" }, signed(result.base))));
  return make("table", { class: "bars" }, make("tbody", {}, rows));
}

const signed = (value) => (value >= 0 ? "+" : "−") + Math.abs(value).toFixed(2);

// ---- why not ------------------------------------------------------------------------------------

async function askWhy(event) {
  event.preventDefault();
  const id = byId("why-id").value.trim();
  if (!id || !last) return byId("why-id").focus();
  const { need_id, text, filters, link, policy } = last;
  byId("why-answer").replaceChildren(make("p", { class: "small" }, "正在计算…… Computing…"));
  try {
    const found = await fetchJson("/v1/recommendations/why", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ need_id, text, filters, link, policy, enterprise_id: id }),
    });
    byId("why-answer").replaceChildren(whyNot(found));
  } catch (problem) {
    byId("why-answer").replaceChildren(notice("notice-bad", "没有成功", "That did not work", ...problemWords(problem)));
  }
}

/** Where an enterprise stands, feature by feature beside the tenth, and what would lift it. */
function whyNot(found) {
  return make("div", { class: "why-found" },
    make("p", { class: "why-place" }, make("strong", {}, `第 ${found.rank} 名`), ` / ${found.candidates} · ${found.name} `,
      english(`rank ${found.rank} of ${found.candidates}`)),
    make("p", { class: "why-say" }, found.for_supplier),
    found.kept_out.length ? make("ul", { class: "cautions" }, found.kept_out.map((each) => make("li", {}, both(each.zh, each.en)))) : null,
    make("div", { class: "why-grid" },
      block("与第十名相比", "Beside the tenth", differences(found.differences)),
      make("div", {}, block("可以改变的", "What could change", changes(found.changes)), block("要求核对", "Requirements", checklist(found.requirements))),
    ),
  );
}

function differences(parts) {
  const shown = parts.filter((part) => Math.abs(part.difference) >= 0.005).sort((a, b) => a.difference - b.difference);
  const largest = Math.max(...shown.map((part) => Math.abs(part.difference)), 0.01);
  return make("table", { class: "bars" }, make("tbody", {}, shown.map((part) => bar(part.feature, part.difference, largest,
    `${signed(part.contribution)} / ${signed(part.tenth_contribution)}`))));
}

function changes(several) {
  if (!several.length) return null;
  return make("ul", { class: "changes" }, several.map((change) =>
    make("li", { class: change.enough ? "enough" : null },
      make("span", {}, change.steps.map((step) => step.zh).join("，并"), " ", english(change.steps.map((step) => step.en).join(" and "))),
      make("span", { class: "from" }, `→ 第 ${change.rank} 名 · ${(change.score * 100).toFixed(change.score < 0.1 ? 1 : 0)}%（${signed(change.gain)}）`))));
}

/** A row of a table of bars: what, how much to either side, the number. */
function bar(feature, amount, largest, title) {
  const length = make("i", { class: amount >= 0 ? "plus" : "minus" });
  length.style.width = `${(Math.abs(amount) / largest) * 50}%`;
  const name = word("features", feature);
  return make("tr", { title },
    make("th", { scope: "row" }, name.zh, name.en ? english(name.en) : ""),
    make("td", {}, make("div", { class: "axis", "aria-hidden": "true" }, length)),
    make("td", { class: "number" }, signed(amount)));
}

function crossing(path) {
  const steps = Array.isArray(path.path) && path.path.length ? path.path : [path.from, path.to];
  const walked = path.steps || [];
  const quotes = (each) => (each.quotes || []).map((quote) => `“${quote.span}”`).join(" ");
  const step = (each) => make("li", {}, each.zh, " ", english(each.en), " ", quotes(each),
    walked.length > 1 && path.weakest && each.zh === path.weakest.zh ? make("strong", {}, " ← ", both("最弱一环", "weakest step")) : null);
  const left = (path.to_prove || []).map((each) => make("li", {}, each.zh, " ", english(each.en)));
  return make("div", { class: "cross" },
    make("p", {}, steps.filter(Boolean).join(" → ")),
    path.offering && path.need ? make("p", {}, both("依据", "by the words"), `：“${path.offering.span}” ↔ “${path.need.span}”`) : null,
    walked.length ? make("ul", {}, walked.map(step)) : null,
    left.length ? make("p", {}, both("尚待证明", "Still to prove"), "：") : null,
    left.length ? make("ul", {}, left) : null);
}

/** Turning the question round: who needs this enterprise, or who can supply this need. */
function follow(result, asked) {
  const other = asked === "suppliers" ? "buyers" : "suppliers";
  const choice = asked === "suppliers" ? { id: result.enterprise_id, name: result.name } : { id: result.need_id, name: result.title };
  if (!choice.id) return null;
  const label = asked === "suppliers" ? both("谁需要这家企业？", "Who needs this enterprise?") : both("谁能供应？", "Who can supply this?");
  const button = make("button", { type: "button", class: "plain" }, label);
  button.addEventListener("click", () => {
    turn(other);
    pick(choice);
    ask();
  });
  return make("p", { class: "next" }, button);
}

// ---- the form -----------------------------------------------------------------------------------

function turn(to) {
  texts[direction] = byId("text").value;
  direction = to;
  const words = DIRECTIONS[to];
  for (const name of Object.keys(DIRECTIONS)) {
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === to));
    tab.tabIndex = name === to ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${to}`);
  byId("text-label").textContent = words.label[0];
  byId("text-label-en").textContent = words.label[1];
  byId("text-help").textContent = words.help;
  byId("text").placeholder = words.placeholder;
  byId("text").value = texts[to];
  byId("go-label").textContent = words.go[0];
  byId("go-label-en").textContent = words.go[1];
  byId("tier-field").hidden = to === "buyers";
  byId("by-score-field").hidden = to === "buyers";
  byId("examples").replaceChildren(...words.examples.map((example) => {
    const chip = make("button", { type: "button" }, example);
    chip.addEventListener("click", () => {
      byId("text").value = example;
      ask();
    });
    return make("li", {}, chip);
  }));
  fieldError("");
  pick(picked[to]);
  countFilters();
}

function pick(choice) {
  picked[direction] = choice;
  byId("picked").hidden = !choice;
  byId("typed").hidden = Boolean(choice);
  if (choice) {
    byId("picked-kind").textContent = DIRECTIONS[direction].picked;
    byId("picked-name").textContent = choice.name;
    byId("picked-id").textContent = choice.id;
  }
}

function countFilters() {
  const { filters = {}, link, policy, exposure } = question();
  const number = Object.keys(filters).length + [link, policy, exposure === false].filter(Boolean).length;
  byId("filters-count").textContent = String(number);
  byId("filters-count").hidden = !number;
}

function fill() {
  byId("regions").replaceChildren(...PROVINCES.map((name) => make("option", { value: name })));
  byId("certificates").replaceChildren(...CERTIFICATES.map((name) => make("option", { value: name })));
  byId("link").append(...Object.entries(words.links).map(([name, label]) => make("option", { value: name }, `${label.zh} ${label.en}`)));
  byId("tiers").replaceChildren(...Object.entries(words.tiers).filter(([name]) => name !== "none").map(([name, label]) =>
    make("label", {}, make("input", { type: "checkbox", name: "tier", value: name }), label.zh, " ", english(label.en))));
}

/** A link may ask: /?text=… or /?need=ID for suppliers, /?enterprise=ID for the buyers of a firm. */
function followLink() {
  const link = new URLSearchParams(location.search);
  if (link.get("enterprise")) {
    turn("buyers");
    pick({ id: link.get("enterprise"), name: link.get("enterprise") });
    ask();
  } else if (link.get("need")) {
    pick({ id: link.get("need"), name: link.get("need") });
    ask();
  } else if (link.get("text")) {
    byId("text").value = link.get("text");
    ask();
  }
}

async function start() {
  turn("suppliers");
  byId("form").addEventListener("submit", ask);
  byId("form").addEventListener("input", countFilters);
  byId("why").addEventListener("submit", askWhy);
  byId("text").addEventListener("input", () => fieldError(""));
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
  });
  byId("clear").addEventListener("click", () => {
    byId("form").reset();
    pick(null);
    fieldError("");
    countFilters();
    byId("text").focus();
  });
  byId("unpick").addEventListener("click", () => {
    pick(null);
    byId("text").focus();
  });
  const tabs = Object.keys(DIRECTIONS);
  for (const name of tabs) {
    byId(`tab-${name}`).addEventListener("click", () => turn(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[(tabs.indexOf(name) + 1) % tabs.length];
      turn(other);
      byId(`tab-${other}`).focus();
    });
  }
  const openAll = (open) => document.querySelectorAll(".reasons").forEach((each) => { each.open = open; });
  byId("open-all").addEventListener("click", () => openAll([...document.querySelectorAll(".reasons")].some((each) => !each.open)));
  byId("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => openAll(true));
  try {
    words = await fetchJson("/v1/vocabulary");
  } catch (problem) {
    fail(problem);
  }
  fill();
  followLink();
  try {
    const ready = await fetchJson("/readyz");
    byId("release").textContent = `数据版本 Release ${ready.release} · 模型 Encoder ${ready.encoder}`;
  } catch (problem) {
    byId("release").textContent = "尚未就绪 Not ready";
    fail(problem);
  }
}

start();
