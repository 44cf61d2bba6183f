"use strict";
// The page /ranking. Text from the server only ever enters through textContent and setAttribute.

const byId = (id) => document.getElementById(id);
const DIRECTIONS = {
  more_helps: ["↑ 越多越好", "more helps"], more_hurts: ["↓ 越多越不利", "more hurts"], free: ["↕ 视数值而定", "depends on the value"],
};
const MODELS = {
  prior: ["出厂曲线：依据判断和历史合同设定", "The curves that ship: set from judgement and past contracts."],
  trained: ["训练曲线：依据本平台的对接结果调整", "Trained curves: fitted to the outcomes of this platform."],
};

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const english = (text) => make("span", { class: "en", lang: "en" }, text);
const both = ([zh, en]) => [zh, " ", english(en)];
const told = ({ zh, en }) => make("li", {}, ...both([zh, en]));
const signed = (number) => (number < 0 ? "−" : "+") + Math.abs(number).toFixed(2);
const times = (number) => `×${Number(Math.exp(number).toPrecision(2))}`;

function counted(each) {
  return make("li", {},
    make("h3", {}, ...both([each.label.zh, each.label.en])),
    make("p", { class: "reach" },
      make("span", { class: `direction ${each.direction}` }, ...both(DIRECTIONS[each.direction])),
      make("span", { class: "factor" }, `${times(each.smallest)} … ${times(each.largest)}`),
      english(`log-odds ${signed(each.smallest)} … ${signed(each.largest)}`)),
    make("p", {}, each.words.zh),
    make("p", { class: "en", lang: "en" }, each.words.en));
}

function show(ranking) {
  byId("model").replaceChildren(...both(MODELS[ranking.model]), ` · 底数 base ${signed(ranking.base)}`);
  byId("counts").replaceChildren(...ranking.counts.map(counted));
  byId("never").replaceChildren(...ranking.never.map(told));
  byId("rules").replaceChildren(...Object.values(ranking.rules).map(told));
  byId("release").textContent = `版本 release ${ranking.release}`;
  byId("status").textContent = "";
  byId("told").hidden = false;
}

function fail(problem) {
  byId("status").textContent = "";
  byId("state").replaceChildren(make("div", { class: "notice notice-bad", role: "alert" },
    make("h2", {}, ...both(["没有成功", "That did not work"])),
    ...problemWords(problem)));
}

async function start() {
  const answer = await fetch("/v1/ranking");
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw body;
  show(body);
}

start().catch(fail);
