"use strict";
// The pages /chains and /chains/{name}. Text from the server only ever enters through textContent and setAttribute.

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const SEGMENTS = { upstream: ["上游", "Upstream"], midstream: ["中游", "Midstream"], downstream: ["下游", "Downstream"] };
const LEVELS = { high: ["高", "high"], medium: ["中", "medium"], low: ["低", "low"] };
const FACTS = {
  offerings: ["目录中的供给", "offerings"], broader: ["上位产品有供给", "the broader thing is offered"], offering: ["供给", "offering"],
  region: ["地区", "region"], credit_rating: ["信用等级", "credit rating"], track_record: ["履约记录", "track record"],
  certifications: ["证书", "certificate"], booked: ["在手订单（元）", "booked, CNY"],
};
const SHEET = 6; // columns on a printed page
const SHEET_ROWS = 19;
const COLUMN = 240; // see recommender/chains/layout.py
const EDGE = 24;
const ZOOMS = [0.25, 0.35, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2];

let picture = null; // the document that is drawn
let nodes = new Map(); // number → node
let marks = new Map(); // number → its element
let scale = 1;
let opened = null; // number of the node whose panel is open
const nearest = new Map(); // name of a node → promise of the firms closest to filling it

function put(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const make = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);
const english = (text) => make("span", { class: "en", lang: "en" }, text);
const both = ([zh, en]) => [zh, " ", english(en)];
const inferred = (yes) => (yes ? make("span", { class: "tag" }, "推断 inferred") : null);

async function fetchJson(path) {
  const answer = await fetch(path);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw body;
  return body;
}

function fail(problem) {
  byId("status").textContent = "";
  byId("state").replaceChildren(make("div", { class: "notice notice-bad", role: "alert" },
    make("h3", {}, both(["没有成功", "That did not work"])),
    ...problemWords(problem),
    make("p", { class: "small" }, make("a", { href: "/chains" }, "全部产业链 All chains"))));
}

// ---- drawing ------------------------------------------------------------------------------------

/** What a node's mark says: a gap, a single source, a kind that nobody states, another weakness, or none. */
function weakness(node) {
  const found = node.weak.map((each) => each.weakness);
  if (found.includes("gap")) return "gap";
  if (found.includes("single_source")) return "single_source";
  if (found.length && found.every((each) => each === "unstated_kind")) return "unstated";
  return found.length ? "other" : "";
}

function mark(kind, x, y, r) {
  const attributes = { class: kind ? `sign sign-${kind}` : "sign" };
  if (kind === "gap") return draw("path", { ...attributes, d: `M${x} ${y - r - 3}L${x + r + 3} ${y}L${x} ${y + r + 3}L${x - r - 3} ${y}Z` });
  if (kind === "single_source") return draw("path", { ...attributes, d: `M${x} ${y - r - 2}L${x + r + 2} ${y + r}L${x - r - 2} ${y + r}Z` });
  if (kind === "unstated") return draw("circle", { ...attributes, cx: x, cy: y, r });
  if (kind === "other") return draw("path", { ...attributes, d: `M${x - r} ${y - r}H${x + r}V${y + r}H${x - r}Z` });
  return draw("circle", { ...attributes, cx: x, cy: y, r });
}

function said(node) {
  const kind = weakness(node);
  const firms = node.suppliers ? `${node.suppliers} 家 firms` : "";
  if (kind === "gap") return "◇ 无人供给 gap";
  if (kind === "single_source") return "▲ 独家 single source";
  if (kind === "unstated") return "○ 未写明 unstated";
  if (kind === "other") return `■ ${firms} · ${node.weak[0].zh}`;
  return firms;
}

function nodeElement(node) {
  const kind = weakness(node);
  const weak = node.weak.map((each) => `${each.zh} ${each.en}`).join("，");
  return draw("g", {
    class: "node", role: "button", tabindex: -1, "data-node": node.node, "aria-expanded": "false",
    "aria-label": `${node.name}，${SEGMENTS[node.segment].join(" ")}，${node.suppliers} 家供方 suppliers${weak ? `，${weak}` : ""}`,
  },
  draw("title", {}, node.name),
  draw("rect", { class: "hit", x: node.x - 18, y: node.y - 18, width: picture.right(node) - node.x + 12, height: 36, rx: 7 }),
  mark(kind, node.x, node.y, kind === "gap" ? 6 : node.radius),
  draw("text", { class: "name", x: node.x + 22, y: node.y - 1 }, node.label),
  draw("text", { class: `note ${kind ? `note-${kind}` : ""}`, x: node.x + 22, y: node.y + 13 }, said(node) + (node.inferred_segment ? " *" : "")));
}

function edgePath(edge, from, to) {
  if (edge.relation === "has_kind" && from.column === to.column) {
    return `M${from.x} ${from.y + from.radius}V${to.y}H${to.x - to.radius}`;
  }
  const right = to.x >= from.x;
  const start = from.x + (right ? from.radius : -from.radius);
  const end = to.x - (right ? to.radius + 4 : -to.radius - 4);
  const bend = Math.max(40, Math.abs(end - start) / 2) * (right ? 1 : -1);
  if (from.column === to.column) return `M${from.x - from.radius} ${from.y}C${from.x - 46} ${from.y} ${to.x - 46} ${to.y} ${to.x - to.radius - 4} ${to.y}`;
  return `M${start} ${from.y}C${start + bend} ${from.y} ${end - bend} ${to.y} ${end} ${to.y}`;
}

function edgeElement(edge) {
  const from = nodes.get(edge.source);
  const to = nodes.get(edge.target);
  const flows = edge.relation === "needs_material" || edge.relation === "used_in";
  return draw("path", {
    class: `edge edge-${edge.relation}${edge.inferred ? " edge-inferred" : ""}`,
    d: edgePath(edge, from, to), "data-source": edge.source, "data-target": edge.target,
    "marker-end": flows ? "url(#arrow)" : null,
  });
}

function drawing() {
  const bands = picture.bands.filter((band) => band.width).map((band, number) => [
    draw("rect", { class: number % 2 ? "band band-odd" : "band", x: band.x, y: 8, width: band.width - 8, height: picture.height - 16, rx: 10 }),
    draw("text", { class: "band-name", x: band.x + 16, y: 34 }, SEGMENTS[band.segment][0], " ",
      draw("tspan", { class: "band-en" }, SEGMENTS[band.segment][1])),
  ]);
  const root = draw("g", { id: "drawing" }, bands.flat(),
    draw("g", { "aria-hidden": "true" }, picture.edges.map(edgeElement)),
    draw("g", {}, picture.nodes.map((node) => {
      const element = nodeElement(node);
      marks.set(node.node, element);
      return element;
    })));
  return draw("svg", {
    id: "svg", viewBox: `0 0 ${picture.width} ${picture.height}`, width: picture.width, height: picture.height, role: "group",
    "aria-label": `${picture.chain}：产业链图 chain picture`, "aria-describedby": "keys",
  },
  draw("defs", {}, draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    draw("path", { class: "arrow-head", d: "M0 0L8 4L0 8Z" }))), root);
}

/** For paper: the same drawing in tiles of a few columns and rows; tiles without nodes are left out. */
function sheets() {
  const across = Math.ceil((picture.width - 2 * EDGE) / (SHEET * COLUMN));
  const rows = Math.ceil((picture.height - picture.head) / picture.row);
  const down = Math.ceil(rows / SHEET_ROWS);
  const width = SHEET * COLUMN;
  const height = Math.ceil(rows / down) * picture.row;
  const tiles = [];
  for (let column = 0; column < across; column += 1) {
    for (let row = 0; row < down; row += 1) {
      const x = EDGE / 2 + column * width;
      const y = row ? picture.head + row * height : 0;
      const tall = row ? height : height + picture.head;
      if (picture.nodes.some((node) => node.x >= x && node.x < x + width && node.y >= y && node.y < y + tall)) tiles.push([x, y, width, tall]);
    }
  }
  return tiles.map(([x, y, wide, tall], number) => make("figure", {},
    draw("svg", { viewBox: `${x} ${y} ${wide} ${tall}` },
      draw("svg", { x, y, width: wide, height: tall, viewBox: `${x} ${y} ${wide} ${tall}` }, draw("use", { href: "#drawing" }))),
    make("figcaption", {}, `${picture.chain} ${number + 1} / ${tiles.length}`)));
}

function legend() {
  const line = (kind) => draw("svg", { width: 34, height: 14, "aria-hidden": "true" }, draw("path", { class: `edge ${kind}`, d: "M2 7H32" }));
  const shape = (kind, r) => draw("svg", { width: 26, height: 26, "aria-hidden": "true" }, mark(kind, 13, 13, r));
  const items = [
    [shape("", 9), ["供方越多越大", "size: number of suppliers"]],
    [shape("gap", 6), ["无人供给", "gap: nobody fills it"]],
    [shape("single_source", 8), ["独家供给", "single source"]],
    [shape("unstated", 6), ["无人写明供给此品种，有人供给其上位品", "nobody says that it makes this kind; some make the broader thing"]],
    [shape("other", 7), ["其他薄弱（证书、地区、订单、信用）", "other weakness: certificate, region, orders, credit"]],
    [line("edge-used_in"), ["流向（原料到产品）", "goes into"]],
    [line("edge-has_kind"), ["品种（缩进）", "kind, indented"]],
    [line("edge-substitutes"), ["可替代", "can stand in"]],
    [line("edge-used_in edge-inferred"), ["虚线：推断", "dashed: inferred"]],
  ];
  const star = picture.nodes.some((node) => node.inferred_segment);
  byId("legend").replaceChildren(...items.map(([sign, words]) => make("li", {}, sign, make("span", {}, both(words)))),
    ...(star ? [make("li", {}, make("span", {}, both(["* 位置由流向推断", "place inferred from the flow"])))] : []));
}

function tables() {
  const row = (node) => make("tr", {},
    make("th", { scope: "row" }, node.name),
    make("td", {}, said(node) || "—"),
    make("td", {}, node.fillers.slice(0, 3).map((each) => each.name).join("；") + (node.suppliers > 3 ? ` …` : "")));
  return Object.entries(SEGMENTS).map(([segment, words]) => {
    const here = picture.nodes.filter((node) => node.segment === segment);
    if (!here.length) return "";
    return make("section", {}, make("h2", {}, both(words), ` ${here.length}`),
      make("table", {}, make("thead", {}, make("tr", {}, ["环节 Node", "供给 Supply", "企业 Firms"].map((each) => make("th", { scope: "col" }, each)))),
        make("tbody", {}, here.map(row))));
  }).filter(Boolean);
}

function zoomTo(next) {
  const box = byId("picture");
  const centre = [(box.scrollLeft + box.clientWidth / 2) / scale, (box.scrollTop + box.clientHeight / 2) / scale];
  scale = Math.min(Math.max(next, 0.15), 3);
  byId("svg").setAttribute("width", picture.width * scale);
  byId("svg").setAttribute("height", picture.height * scale);
  byId("zoom").textContent = `${Math.round(scale * 100)}%`;
  box.scrollTo(centre[0] * scale - box.clientWidth / 2, centre[1] * scale - box.clientHeight / 2);
}
const zoomBy = (way) => zoomTo(way > 0 ? ZOOMS.find((each) => each > scale + 0.01) || 3 : [...ZOOMS].reverse().find((each) => each < scale - 0.01) || 0.15);

// ---- moving and opening -------------------------------------------------------------------------

function current() {
  const at = document.activeElement && document.activeElement.closest ? document.activeElement.closest(".node") : null;
  return at ? nodes.get(Number(at.dataset.node)) : null;
}

function goTo(node) {
  marks.forEach((element) => element.setAttribute("tabindex", -1));
  const element = marks.get(node.node);
  element.setAttribute("tabindex", 0);
  element.focus({ preventScroll: true });
  const box = byId("picture");
  const x = node.x * scale;
  const y = node.y * scale;
  if (x < box.scrollLeft + 30 || x > box.scrollLeft + box.clientWidth - 210 * scale) box.scrollLeft = x - 60;
  if (y < box.scrollTop + 50 || y > box.scrollTop + box.clientHeight - 40) box.scrollTop = y - box.clientHeight / 2;
}

/** The node that an arrow key leads to: next in the column, or the one level with it in the next column. */
function neighbour(node, key) {
  if (key === "Home") return picture.nodes[0];
  if (key === "End") return picture.nodes[picture.nodes.length - 1];
  const vertical = key === "ArrowUp" || key === "ArrowDown";
  const way = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1;
  const there = picture.nodes.filter((each) => vertical
    ? each.column === node.column && (each.y - node.y) * way > 0
    : each.column === node.column + way);
  return there.sort((a, b) => Math.abs(a.y - node.y) - Math.abs(b.y - node.y))[0];
}

function keys(event) {
  const node = current();
  if (event.key === "Escape" && opened !== null) return close();
  if (!node) return undefined;
  if (["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
    event.preventDefault();
    const next = neighbour(node, event.key);
    if (next) goTo(next);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open(node);
  } else if (event.key === "+" || event.key === "=") zoomBy(1);
  else if (event.key === "-") zoomBy(-1);
  return undefined;
}

function trace(number) {
  byId("svg").classList.toggle("traced", number !== null);
  document.querySelectorAll("#svg .edge").forEach((edge) => edge.classList.toggle("edge-near",
    number !== null && (Number(edge.dataset.source) === number || Number(edge.dataset.target) === number)));
}

function close() {
  const node = nodes.get(opened);
  marks.get(opened).setAttribute("aria-expanded", "false");
  opened = null;
  byId("panel").hidden = true;
  byId("picture").classList.remove("beside");
  trace(null);
  goTo(node);
}

function fact(each) {
  const [zh, en] = FACTS[each.field] || [each.field, ""];
  const value = each.place ? `${each.place}（${each.value}）` : each.value;
  return make("small", {}, `${each.name ? `${each.name} · ` : ""}${zh} ${en}：${value}${each.suppliers ? `（${each.suppliers} 家 firms）` : ""}`);
}

function weakItem(each) {
  const kind = each.weakness === "gap" || each.weakness === "single_source" ? each.weakness : each.weakness === "unstated_kind" ? "unstated" : "other";
  return make("li", { class: `weak weak-${kind}` }, make("strong", {}, each.zh), " ", english(each.en), " · ",
    `严重程度 severity ${LEVELS[each.level].join(" ")} ${each.severity.toFixed(2)} `, inferred(each.inferred), each.evidence.map(fact));
}

const firmLink = (each) => make("a", { href: `/?enterprise=${encodeURIComponent(each.enterprise_id)}` }, each.name);

function filler(node, each) {
  return make("li", {}, firmLink(each),
    make("small", {}, `${each.title} · ${each.offering_id} · 可信度 confidence ${each.confidence.toFixed(2)}`,
      each.node === node.name ? "" : ` · 经品种 through the kind ${each.node}`, each.how === "name" ? "" : " · 推断 inferred"));
}

function nearItem(each) {
  const lacks = [...each.lacks.materials, ...each.lacks.processes, ...each.lacks.certificates];
  return make("li", {}, firmLink(each), " ", inferred(each.inferred), make("small", {}, `${each.title} · ${each.confidence.toFixed(2)}`),
    make("small", {}, each.zh, " ", each.en),
    make("small", {}, lacks.length ? `还缺 lacks：${lacks.join("、")}` : "未见缺项，须核实 nothing known to be lacking; ask"));
}

async function showNearest(node, place) {
  const chain = encodeURIComponent(picture.chain);
  if (!nearest.has(node.name)) nearest.set(node.name, fetchJson(`/v1/chains/${chain}/closest?node=${encodeURIComponent(node.name)}`));
  place.replaceChildren(make("p", { class: "help" }, "正在查找…… Searching…"));
  try {
    const near = (await nearest.get(node.name)).closest;
    place.replaceChildren(make("h3", {}, both(["最接近补上的企业", "Closest to filling it"])),
      near.length ? make("ul", {}, near.map(nearItem)) : make("p", { class: "help" }, "目录中没有接近的企业。 None in the catalogue."));
  } catch (problem) {
    nearest.delete(node.name);
    place.replaceChildren(...problemWords(problem));
  }
}

/** The opened node stands beside the panel, not behind it. */
function uncover(node) {
  const box = byId("picture");
  const panel = byId("panel").getBoundingClientRect();
  const hit = marks.get(node.node).getBoundingClientRect();
  if (getComputedStyle(byId("panel")).position === "fixed") {
    window.scrollBy(0, box.getBoundingClientRect().top - 8);
    box.scrollTop = node.y * scale - 90;
    box.scrollLeft = node.x * scale - 60;
  } else if (hit.right > panel.left) box.scrollLeft += hit.right - panel.left + 16;
}

function open(node) {
  if (opened !== null) marks.get(opened).setAttribute("aria-expanded", "false");
  opened = node.node;
  marks.get(node.node).setAttribute("aria-expanded", "true");
  trace(node.node);
  const shut = make("button", { type: "button", "aria-label": "关闭 Close" }, "✕");
  shut.addEventListener("click", close);
  const near = make("div", {});
  byId("panel").replaceChildren(
    make("div", { class: "panel-head" }, make("h2", { id: "panel-title", tabindex: -1 }, node.name), shut),
    make("p", {}, both(SEGMENTS[node.segment]), node.inferred_segment ? " *" : "", ` · ${node.suppliers} 家供方 `, english("suppliers")),
    node.weak.length ? make("ul", {}, node.weak.map(weakItem)) : "",
    node.processes.length ? make("p", { class: "help" }, `工艺 processes：${node.processes.join("、")}`) : "",
    node.fillers.length ? make("h3", {}, both(["由谁供给", "Who fills it"])) : "",
    node.fillers.length ? make("ul", {}, node.fillers.map((each) => filler(node, each))) : "",
    node.suppliers > node.fillers.length ? make("p", { class: "help" }, `还有 ${node.suppliers - node.fillers.length} 家 more`) : "",
    near,
    make("p", {}, make("a", { href: `/?text=${encodeURIComponent(node.name)}` }, "为它找供应商 ", english("Find suppliers for it"))));
  byId("panel").hidden = false;
  byId("picture").classList.add("beside");
  uncover(node);
  byId("panel-title").focus({ preventScroll: true });
  if (["gap", "single_source", "unstated"].includes(weakness(node))) showNearest(node, near);
}

// ---- the two pages ------------------------------------------------------------------------------

function summary() {
  const count = (kind) => picture.nodes.filter((node) => weakness(node) === kind).length;
  const more = picture.left_out ? `；另有 ${picture.left_out} 个未画 more are not drawn` : "";
  return `${picture.nodes.length} 个环节 nodes：${count("gap")} 个无人供给 gaps，${count("single_source")} 个独家 single sources，${count("unstated")} 个品种无人写明 kinds unstated，${count("other")} 个其他薄弱 other weaknesses${more}`;
}

async function showChain(name) {
  picture = await fetchJson(`/v1/chains/${encodeURIComponent(name)}/picture`);
  nodes = new Map(picture.nodes.map((node) => [node.node, node]));
  const ends = picture.bands.map((band) => band.x + band.width).concat(picture.width);
  picture.right = (node) => Math.min(EDGE + (node.column + 1) * COLUMN - 10, Math.max(...ends));
  document.title = `${picture.chain} · 产业链图 · 融通 Rongtong`;
  byId("title").replaceChildren(picture.chain, " ", english(picture.kind === "chain" ? "Industry chain" : "What lies around it"));
  byId("status").textContent = summary();
  byId("release").textContent = `数据版本 Release ${picture.release} · ${picture.as_of}`;
  byId("picture").replaceChildren(drawing());
  byId("sheets").replaceChildren(...sheets());
  byId("tables").replaceChildren(...tables());
  legend();
  byId("view").hidden = false;
  if (picture.nodes.length) marks.get(picture.nodes[0].node).setAttribute("tabindex", 0);
  if (window.innerWidth < 760) {
    zoomTo(0.8);
    byId("legend-box").open = false;
  }
  byId("picture").scrollTo(0, 0);
  byId("svg").addEventListener("click", (event) => {
    const element = event.target.closest(".node");
    if (!element) return;
    goTo(nodes.get(Number(element.dataset.node)));
    open(nodes.get(Number(element.dataset.node)));
  });
  byId("view").addEventListener("keydown", keys);
  // not on the SVG itself: listening for focus would make it a stop of the Tab key
  byId("picture").addEventListener("focusin", () => { if (opened === null && current()) trace(current().node); });
  byId("picture").addEventListener("focusout", () => { if (opened === null) trace(null); });
  byId("zoom-in").addEventListener("click", () => zoomBy(1));
  byId("zoom-out").addEventListener("click", () => zoomBy(-1));
  byId("zoom-fit").addEventListener("click", () => zoomTo(byId("picture").clientWidth / picture.width));
  byId("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => { byId("list").open = byId("legend-box").open = true; });
}

async function showIndex() {
  const found = await fetchJson("/v1/chains");
  byId("status").textContent = `${found.chains.length} 条产业链 chains · ${found.nodes} 个环节 nodes`;
  byId("release").textContent = `数据版本 Release ${found.release}`;
  byId("chains").replaceChildren(...found.chains.map((each) => make("li", {},
    make("a", { href: `/chains/${encodeURIComponent(each.chain)}` }, each.chain, " ", english(`${each.nodes} nodes`)))));
  byId("index").hidden = false;
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("name").value.trim();
    if (name) location.assign(`/chains/${encodeURIComponent(name)}`);
  });
}

async function start() {
  try {
    const name = decodeURIComponent(location.pathname.replace(/^\/chains\/?/, ""));
    await (name ? showChain(name) : showIndex());
  } catch (problem) {
    fail(problem);
  }
}

start();
