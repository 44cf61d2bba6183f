"use strict";
// What went wrong, in Chinese by the type of the problem document (RFC 9457), and its own English words.
// Uses make() of the page's script; text from the server only ever enters through textContent.

const PROBLEMS = {
  "unknown-id": "没有这个编号或名称。",
  "no-release": "请先导入数据，再运行 rongtong refresh。",
  "request-entity-too-large": "内容太长，请缩短后再试。",
};

const FIELDS = {
  text: "文字", region: "地区", certification: "认证", top_k: "条数", need_id: "需求编号", enterprise_id: "企业编号", name: "名称",
};

function inChinese({ type, status }) {
  const known = PROBLEMS[String(type || "").split(":").pop()];
  if (known || !type) return known || "";
  return status < 500 ? "填写的内容无法采用，请按提示修改。" : "服务暂时无法回答，请稍后再试，或联系平台管理员。";
}

/** Paragraphs that tell of *problem*: what is wrong, which field, what to do about it. */
function problemWords(problem) {
  const chinese = inChinese(problem);
  const said = problem.detail || String(problem.message || problem);
  const field = problem.field && [FIELDS[problem.field], problem.field].filter(Boolean).join(" ");
  const asked = field && problem.value ? `${field}: ${problem.value}` : field;
  return [
    chinese ? make("p", {}, chinese) : null,
    make("p", chinese ? { class: "small", lang: "en" } : {}, said),
    asked ? make("p", { class: "small" }, asked) : null,
    problem.mend ? make("p", { class: "small", lang: chinese ? "en" : "zh" }, `→ ${problem.mend}`) : null,
  ].filter(Boolean);
}
