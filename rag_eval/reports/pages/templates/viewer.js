"use strict";
// One run, or two side by side: which cases are listed, and what stands in an opened one. Texts that somebody wrote only
// ever become text nodes. The data lie deflated in three parts: the index (lists and filters), texts, and cases.

const byId = id => document.getElementById(id);
const EQUAL = 1e-9;               // differences no larger are none, as in the statistics
const FIRST = 60, MORE = 200;     // cases that are drawn at first, and at a time after
const MAX_EDITS = 1500;           // word differences beyond which two texts are called different as a whole

async function unpack(id) {
  const binary = atob(byId(id).textContent.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

// ---- data

let index, texts = null, cases = null, haystack = null;
const pairwise = () => index.sides.length === 2;
const sideName = side => pairwise() ? "AB"[side] : "";
const last = () => index.sides.length - 1;                      // the run in question
const scoreOf = (side, place, metric) => index.scores[side][metric][place];
const stateOf = (side, place) => index.states[side][place];     // "answered", "refused", "failed", or null: not asked

function differenceOf(place, metric) {
  const a = scoreOf(0, place, metric), b = scoreOf(1, place, metric);
  return typeof a === "number" && typeof b === "number" ? b - a : null;
}

function gainOf(place, metric) {
  const difference = differenceOf(place, metric);
  if (difference === null) return null;
  return Math.abs(difference) <= EQUAL ? 0 : difference * (index.metrics[metric].higher ? 1 : -1);
}

const failedIn = (side, place, metric) => stateOf(side, place) === "failed" || scoreOf(side, place, metric) === "failed";
const sides = () => index.sides.map((_, side) => side);

const PAIR_BUCKETS = {
  regressed: ["Regressed", (p, m) => gainOf(p, m) < 0],
  improved: ["Improved", (p, m) => gainOf(p, m) > 0],
  reworded: ["Same score, other words", (p, m) => gainOf(p, m) === 0 && !index.same[p]],
  unchanged: ["Unchanged", (p, m) => gainOf(p, m) === 0 && index.same[p]],
  unpaired: ["No pair of scores", (p, m) => gainOf(p, m) === null],
  onesided: ["Answered by one alone", p => (stateOf(0, p) === "failed") !== (stateOf(1, p) === "failed")],
  failed: ["Failed", (p, m) => sides().some(side => failedIn(side, p, m))],
  refusal: ["Refused by one alone", p => (stateOf(0, p) === "refused") !== (stateOf(1, p) === "refused")],
  all: ["All", () => true],
};
const RUN_BUCKETS = {
  failed: ["Failed", (p, m) => failedIn(0, p, m)],
  refused: ["Refused", p => stateOf(0, p) === "refused"],
  low: ["Under half", (p, m) => index.metrics[m].bounded && scoreOf(0, p, m) < .5],
  high: ["At least half", (p, m) => index.metrics[m].bounded && scoreOf(0, p, m) >= .5],
  unscored: ["Without a score", (p, m) => typeof scoreOf(0, p, m) !== "number"],
  all: ["All", () => true],
};
const REFUSAL = /^([01])-(answered|refused)-(answered|refused)$/;   // answerable, A, B: a cell of the table of refusals
const buckets = () => pairwise() ? PAIR_BUCKETS : RUN_BUCKETS;

function predicate(bucket) {
  const cell = REFUSAL.exec(bucket);
  if (cell && pairwise()) return p => index.answerable[p] === (cell[1] === "1") && stateOf(0, p) === cell[2] && stateOf(1, p) === cell[3];
  return (buckets()[bucket] || buckets().all)[1];
}

const worstFirst = (p, m) => {
  if (pairwise()) return -Math.abs(gainOf(p, m) || 0);
  const score = scoreOf(0, p, m);
  if (failedIn(0, p, m)) return -Infinity;
  return typeof score === "number" ? score * (index.metrics[m].higher ? 1 : -1) : Infinity;
};

// ---- state: what is listed; it stands in the address, so that a link leads to it

const state = { bucket: "all", metric: 0, tag: "", search: "", open: null, diff: "sides" };
let listed = [], drawn = 0;

function readAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const metric = index.metrics.findIndex(each => each.name === wanted.get("metric"));
  state.metric = metric < 0 ? index.primary : metric;
  state.tag = wanted.get("tag") || "";
  state.search = wanted.get("search") || "";
  state.open = wanted.get("case");
  const bucket = wanted.get("show");
  state.bucket = bucket && (bucket in buckets() || REFUSAL.test(bucket)) ? bucket : wanted.has("case") ? "all" : firstBucket();
}

function firstBucket() {
  const order = pairwise() ? ["regressed", "all"] : ["failed", "low", "all"];
  return pairwise() ? order.find(bucket => count(bucket) > 0) : "all";
}

function address(only) {
  const parts = new URLSearchParams();
  if (!only) {
    if (state.bucket !== firstBucket()) parts.set("show", state.bucket);
    if (state.metric !== index.primary) parts.set("metric", index.metrics[state.metric].name);
    if (state.tag) parts.set("tag", state.tag);
    if (state.search) parts.set("search", state.search);
  }
  if (only || state.open) parts.set("case", only || state.open);
  return `#${parts}`;
}

function writeAddress() {
  try { history.replaceState(null, "", address()); } catch { /* inside a sandbox there is no address to write */ }
}

function count(bucket) {
  const wanted = predicate(bucket);
  let n = 0;
  for (let p = 0; p < index.ids.length; p++) if (wanted(p, state.metric)) n++;
  return n;
}

function matching() {
  const wanted = predicate(state.bucket), words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const places = [];
  for (let p = 0; p < index.ids.length; p++) {
    if (!wanted(p, state.metric)) continue;
    if (state.tag && !index.tags[p].includes(state.tag)) continue;
    if (words.length && !words.every(word => searched(p).includes(word))) continue;
    places.push(p);
  }
  const keys = new Map(places.map(p => [p, worstFirst(p, state.metric)]));
  return places.sort((p, q) => keys.get(p) - keys.get(q) || p - q);
}

function searched(place) {
  if (haystack) return haystack[place];
  return `${index.ids[place]}\n${index.questions[place]}`.toLowerCase();
}

function buildHaystack() {
  haystack = index.ids.map((id, p) => {
    const [reference, , replies] = cases[p];
    const answers = replies.flatMap(side => side || []).map(reply => reply.r || (reply.x || []).join(" "));
    return [id, index.questions[p], reference, index.tags[p].join(" "), ...answers].filter(Boolean).join("\n").toLowerCase();
  });
}

// ---- the list

function show() {
  listed = matching();
  drawn = 0;
  byId("cases").replaceChildren();
  drawMore(FIRST);
  const of = index.ids.length, what = buckets()[state.bucket];
  byId("count").textContent = `${listed.length} of ${of} shown`;
  byId("empty").hidden = listed.length > 0;
  if (!listed.length) byId("empty").textContent = `No case is ${what ? `“${what[0]}”` : "in this cell"} on ${index.metrics[state.metric].name}${state.tag ? ` with the tag ${state.tag}` : ""}${state.search ? ` and holds “${state.search}”` : ""}.`;
  for (const button of document.querySelectorAll("[data-show]:not([data-of])")) button.setAttribute("aria-pressed", button.dataset.show === state.bucket);
  for (const node of document.querySelectorAll("[data-count]")) node.textContent = count(node.dataset.count).toLocaleString("en");
  for (const node of document.querySelectorAll("[data-metric-name]")) node.textContent = index.metrics[state.metric].name;
  byId("metric").value = state.metric;
  byId("tag").value = state.tag;
  if (byId("find").value !== state.search) byId("find").value = state.search;
  writeAddress();
}

function drawMore(number) {
  const until = Math.min(listed.length, drawn + number);
  byId("cases").append(...listed.slice(drawn, until).map(row));
  drawn = until;
  const left = listed.length - drawn;
  byId("more").hidden = !left;
  byId("more").textContent = `Show ${Math.min(left, MORE)} more of ${left} left`;
}

function row(place) {
  const id = index.ids[place], open = id === state.open;
  const head = el("button", { class: pairwise() ? "head" : "head one", "aria-expanded": String(open), "data-place": place },
    el("span", { class: "mono" }, id), el("span", { class: "q" }, index.questions[place]), ...numbers(place));
  const item = el("li", { class: open ? "is-open" : null, "data-id": id }, head);
  head.addEventListener("click", () => toggle(item, place));
  if (open) item.append(body(place));
  return item;
}

function numbers(place) {
  const metric = state.metric;
  const values = sides().map(side => shortScore(side, place, metric)).join(" → ");
  if (!pairwise()) return [el("span", { class: `n ${failedIn(0, place, metric) ? "bad" : ""}` }, values)];
  const difference = differenceOf(place, metric), cls = toneOf(place, metric);
  return [el("span", { class: "n" }, values),
    el("span", { class: "n" }, difference === null ? el("span", { class: "quiet" }, "–") : el("span", { class: `pill ${cls}` }, signed(difference)))];
}

const number = (value, digits = 2) => value.toFixed(digits);
const signed = value => `${value > EQUAL ? "+" : value < -EQUAL ? "−" : "±"}${Math.abs(value).toFixed(3)}`;

function shortScore(side, place, metric) {
  const score = scoreOf(side, place, metric), status = stateOf(side, place);
  if (status === null) return "not asked";
  if (typeof score === "number") return status === "failed" && score === 0 ? "0 (no answer)" : number(score);
  return score === "failed" ? (status === "failed" ? "no answer" : "judge failed") : score || "–";
}

function toggle(item, place) {
  const wasOpen = item.classList.contains("is-open");
  for (const other of document.querySelectorAll("#cases > li.is-open")) close(other);
  state.open = wasOpen ? null : index.ids[place];
  if (!wasOpen) {
    item.classList.add("is-open");
    item.querySelector(".head").setAttribute("aria-expanded", "true");
    item.append(body(place));
    if (item.getBoundingClientRect().top < 0) item.scrollIntoView();
  }
  writeAddress();
}

function close(item) {
  item.classList.remove("is-open");
  item.querySelector(".head").setAttribute("aria-expanded", "false");
  item.querySelector(".body")?.remove();
}

// ---- an opened case

const repetition = new Map();     // place → which of a side's repeated replies is shown

function repliesOf(place) {
  const [reference, gold, sidesOf] = cases[place];
  const chosen = repetition.get(place) || 0;
  const shown = sidesOf.map(replies => replies ? replies[Math.min(chosen, replies.length - 1)] : null);
  return { reference, gold: gold || [], replies: shown, most: Math.max(...sidesOf.map(replies => replies ? replies.length : 0)) };
}

function body(place) {
  if (!cases) {
    const waiting = el("div", { class: "body" }, el("p", { class: "quiet" }, "Reading …"));
    ready.then(() => waiting.isConnected && waiting.replaceWith(body(place)));
    return waiting;
  }
  const { reference, gold, replies, most } = repliesOf(place);
  const redraw = () => { const old = document.querySelector(`#cases > li.is-open .body`); if (old) old.replaceWith(body(place)); };
  return el("div", { class: "body" },
    el("p", { class: "tools" }, ...causes(place, gold, replies), ...index.tags[place].map(tag => el("span", { class: "tag" }, tag)),
      index.answerable[place] ? null : el("span", { class: "pill warn" }, "has no answer in the corpus")),
    tools(place, redraw, most),
    ...scoreList(place, replies),
    el("h3", {}, "Reference"),
    reference ? el("div", { class: "box", "data-part": "reference" }, ...(state.diff === "reference" ? plainOr(reference, replies[last()]) : [reference])) : el("p", { class: "quiet" }, "None."),
    answers(place, reference, replies, redraw),
    passages(gold, replies),
    claims(place, replies));
}

function plainOr(reference, reply) {
  return reply && reply.r ? wordDiff(reply.r, reference).right : [reference];
}

function tools(place, redraw, most) {
  const modes = pairwise() ? [["sides", "A ↔ B"], ["reference", "each ↔ reference"], ["none", "plain"]] : [["reference", "↔ reference"], ["none", "plain"]];
  const id = index.ids[place];
  return el("div", { class: "tools" },
    el("span", { class: "quiet" }, "Words that differ:"),
    ...modes.map(([mode, label]) => el("button", { "aria-pressed": String(state.diff === mode), on: { click: () => { state.diff = mode; redraw(); } } }, label)),
    most > 1 ? el("button", { on: { click: () => { repetition.set(place, ((repetition.get(place) || 0) + 1) % most); redraw(); } } },
      `Repetition ${(repetition.get(place) || 0) + 1} of ${most}`) : null,
    el("button", { on: { click: event => copy(markdown(place), event.currentTarget) } }, "Copy as Markdown"),
    el("button", { on: { click: event => copy(location.href.split("#")[0] + address(id), event.currentTarget) } }, "Copy link"));
}

function causes(place, gold, replies) {
  const found = [];
  replies.forEach((reply, side) => {
    const cause = causeOf(place, side, gold, reply);
    if (cause) found.push(el("span", { class: `pill ${cause[1]}` }, pairwise() ? `${sideName(side)}: ${cause[0]}` : cause[0]));
  });
  return found;
}

// The first of these that holds, in the order in which a RAG system goes wrong.
function causeOf(place, side, gold, reply) {
  if (stateOf(side, place) === "failed") return [`failed: ${reply && reply.x ? reply.x[0] : "no answer"}`, "bad"];
  if (stateOf(side, place) === "refused") return index.answerable[place] ? ["refused", "bad"] : ["rightly refused", "good"];
  if (!index.answerable[place]) return stateOf(side, place) ? ["answered what has no answer", "bad"] : null;
  if (!reply) return null;
  const correct = index.metrics.findIndex(each => each.name === "correctness");
  const verdicts = correct >= 0 && reply.e ? reply.e[correct] || [] : [];
  if (verdicts.some(verdict => !verdict[2] && /^contradicted/.test(reasonOf(reply, place, verdict)))) return ["contradicts the reference", "bad"];
  const ids = (reply.c || []).map(([id]) => id).filter(id => id !== null);
  const hit = gold.some(id => ids.includes(id)), known = gold.length && reply.c && ids.length;
  if (known && !hit) return ["not retrieved", "bad"];
  const score = correct >= 0 ? scoreOf(side, place, correct) : null;
  if (known && typeof score === "number" && score < .5) return ["retrieved, not used", "warn"];
  return null;
}

// A difference is coloured only where it is large enough to matter.
function toneOf(place, metric) {
  const gain = gainOf(place, metric);
  return gain === null || Math.abs(gain) < Math.max(index.metrics[metric].smallest, EQUAL) ? "" : gain > 0 ? "good" : "bad";
}

function scoreList(place, replies) {
  const all = index.metrics.map((_, m) => m);
  const shown = all.filter(m => sides().some(side => typeof scoreOf(side, place, m) === "number" || scoreOf(side, place, m) === "failed"));
  const item = m => {
    const difference = pairwise() ? differenceOf(place, m) : null;
    return el("li", { class: m === state.metric ? "is-primary" : null }, el("span", { class: "name" }, index.metrics[m].title),
      el("span", {}, sides().map(side => shortScore(side, place, m)).join(" → ")),
      difference === null || difference === 0 ? null : el("span", { class: `pill ${toneOf(place, m)}` }, signed(difference)));
  };
  return [el("ul", { class: "scores", "aria-label": "Scores" }, ...shown.map(item)), ...explanations(place, shown, replies), ...withoutScore(place, all.filter(m => !shown.includes(m)), replies)];
}

// Why a value is what it is, or why it failed: once for all sides and metrics of which it is said.
function explanations(place, metrics, replies) {
  const said = new Map();           // reason → side → metrics
  for (const m of metrics) for (const side of sides()) {
    const why = whyNot(place, side, m, replies[side]);
    if (!why) continue;
    if (!said.has(why)) said.set(why, sides().map(() => []));
    said.get(why)[side].push(index.metrics[m].name);
  }
  return [...said].flatMap(([why, bySide]) => {
    const texts = bySide.map(names => names.join(", "));
    if (texts.every(text => text === texts[0])) return [`${texts[0]} · ${why}`];
    return texts.map((text, side) => text && `${text} · ${sideName(side)}: ${why}`);
  }).filter(Boolean).map(text => el("p", { class: "quiet small" }, text));
}

function withoutScore(place, metrics, replies) {
  const reasons = new Map();
  for (const m of metrics) {
    const why = [...new Set(sides().map(side => whyNot(place, side, m, replies[side]) || shortScore(side, place, m)))].join("; ");
    reasons.set(why, [...(reasons.get(why) || []), index.metrics[m].name]);
  }
  return [...reasons].map(([why, names]) => el("p", { class: "quiet small" }, `No score: ${names.join(", ")} (${why})`));
}

function whyNot(place, side, metric, reply) {
  if (!reply) return "";
  const outcome = reply.n ? reply.n[metric] : undefined;
  if (outcome) return Array.isArray(outcome) ? `${outcome[0]}: ${outcome[1]}` : outcome === "refused" ? "" : outcome;
  return reply.w && reply.w[metric] ? reply.w[metric] : "";
}

function answers(place, reference, replies, redraw) {
  let shown = replies.map(reply => reply && reply.r !== null && reply.r !== undefined ? [reply.r] : null);
  const [a, b] = replies.map(reply => reply && reply.r);
  if (pairwise() && state.diff === "sides" && a && b) { const diff = wordDiff(a, b); shown = [diff.left, diff.right]; }
  if (state.diff === "reference" && reference) shown = replies.map((reply, i) => reply && reply.r ? wordDiff(reply.r, reference).left : shown[i]);
  return el("div", { class: pairwise() ? "two" : "two single" }, ...replies.map((reply, side) => el("section", { "aria-label": `Answer ${sideName(side)}` },
    el("h3", {}, pairwise() ? `${sideName(side)} · ${index.sides[side].name}` : "Answer"),
    reply && reply.x ? el("p", { class: "bad" }, `No answer: ${reply.x[0]}. ${reply.x[1]}`) : null,
    shown[side] ? el("div", { class: "box", "data-part": "answer" }, ...shown[side]) : reply && !reply.x ? el("p", { class: "quiet" }, "An answer without text.") : null,
    !reply ? el("p", { class: "quiet" }, stateOf(side, place) === null ? "Not asked." : "A baseline keeps scores and no answers.") : null,
    reply ? el("p", { class: "quiet small" }, facts(reply)) : null,
    reply ? labels(place, side, redraw) : null)));
}

function facts(reply) {
  const parts = [];
  if (reply.l !== undefined) parts.push(`${number(reply.l, 3)} s`);
  if (reply.u) parts.push(`${reply.u} tokens`);
  if (reply.a) parts.push(`${reply.a} attempts`);
  if (reply.d) parts.push("degraded: something stood in for a part of the service");
  return parts.join(" · ");
}

// ---- claims: what was said of each statement, on both sides

const KINDS = { kept: ["in both", ""], won: ["gained", "good"], lost: ["lost", "bad"], missing: ["in neither", ""], onlyA: ["only A claims", ""], onlyB: ["only B claims", ""] };

function textOf(reply, place, text) {
  if (!Array.isArray(text)) return text;
  const [source, start, length] = text;
  const whole = source >= 0 ? texts[source] : source === -1 ? reply.r : source === -2 ? cases[place][0] : index.questions[place];
  return whole.slice(start, start + length);
}

function reasonOf(reply, place, verdict) {
  const evidence = textOf(reply, place, verdict[5]);
  return verdict[4].replace("\u0001", () => evidence);
}

function claimRows(place, replies, metric) {
  const rows = new Map();
  replies.forEach((reply, side) => {
    for (const verdict of (reply && reply.e && reply.e[metric]) || []) {
      const statement = textOf(reply, place, verdict[1]), key = `${verdict[0]}\n${statement}`;
      if (!rows.has(key)) rows.set(key, { part: verdict[0], statement, sides: [null, null] });
      rows.get(key).sides[side] = { yes: Boolean(verdict[2]), support: verdict[3], reason: reasonOf(reply, place, verdict) };
    }
  });
  return [...rows.values()];
}

function kindOf({ sides: [a, b] }) {
  if (a && b) return a.yes ? (b.yes ? "kept" : "lost") : (b.yes ? "won" : "missing");
  return a ? "onlyA" : "onlyB";
}

function claims(place, replies) {
  const order = index.metrics.map((_, m) => m).sort((m, n) => (n === state.metric) - (m === state.metric) || m - n);
  const parts = order.map(m => [m, claimRows(place, replies, m)]).filter(([, rows]) => rows.length);
  return parts.length ? el("section", { "aria-label": "Claims" }, el("h3", {}, "Claims"), ...parts.map(([m, rows], at) =>
    el("details", at === 0 ? { open: true } : {}, el("summary", {}, index.metrics[m].name, pairwise() ? claimCount(rows) : ""), claimTable(rows)))) : "";
}

function claimCount(rows) {
  const counts = Object.keys(KINDS).map(kind => [KINDS[kind][0], rows.filter(each => kindOf(each) === kind).length]).filter(([, n]) => n);
  return `: ${counts.map(([label, n]) => `${n} ${label}`).join(", ")}`;
}

function claimTable(rows) {
  const mark = verdict => verdict === null ? el("td", { class: "mark quiet" }, "–") :
    el("td", { class: `mark ${verdict.yes ? "good" : "bad"}` }, `${verdict.yes ? "✓" : "✗"}${verdict.support === null || verdict.support === undefined ? "" : ` ${number(verdict.support)}`}`,
      el("span", { class: "hush" }, verdict.yes ? " borne out" : " not borne out"));
  const why = ({ sides: both }) => both.map((verdict, side) => verdict && verdict.reason ? el("div", {}, pairwise() && both[0] && both[1] ? el("b", {}, `${sideName(side)} `) : null, verdict.reason) : null);
  const order = ["lost", "won", "missing", "onlyA", "onlyB", "kept"];
  const sorted = pairwise() ? [...rows].sort((r, s) => order.indexOf(kindOf(r)) - order.indexOf(kindOf(s))) : rows;
  return el("div", { class: "wide", role: "region", tabindex: "0", "aria-label": "Claims and verdicts" }, el("table", { class: "claims" },
    el("thead", {}, el("tr", {}, pairwise() ? el("th", { scope: "col", class: "mark" }, "A → B") : null, el("th", { scope: "col" }, "claim"), ...index.sides.map((_, i) => el("th", { scope: "col", class: "mark" }, pairwise() ? sideName(i) : "verdict")), el("th", { scope: "col" }, "why"))),
    el("tbody", {}, ...sorted.map(each => el("tr", {},
      pairwise() ? el("td", { class: `mark ${KINDS[kindOf(each)][1]}` }, KINDS[kindOf(each)][0]) : null,
      el("td", {}, each.statement, " ", el("span", { class: "tag" }, each.part)),
      ...sides().map(side => mark(each.sides[side])), el("td", { class: "quiet" }, ...why(each)))))));
}

// ---- what was retrieved

const keyOf = ([id, text]) => id !== null ? `id ${id}` : `text ${text}`;

function passages(gold, replies) {
  if (!replies.some(reply => reply && reply.c)) return "";
  const keys = replies.map(reply => new Set(((reply && reply.c) || []).map(keyOf)));
  return el("section", { "aria-label": "Retrieved passages" }, el("h3", {}, "Retrieved"),
    el("div", { class: pairwise() ? "two" : "two single" }, ...replies.map((reply, side) => el("div", {},
      pairwise() ? el("b", {}, sideName(side)) : null,
      reply && reply.c ? passageList(reply.c, gold, pairwise() ? keys[1 - side] : null, replies.every(each => each && each.c)) : el("p", { class: "quiet" }, "Not known."),
      reply && reply.c ? missed(reply.c, gold) : null))));
}

function passageList(contexts, gold, others, comparable) {
  return el("ol", { class: "passages" }, ...contexts.map((context, rank) => {
    const [id, text] = context, isGold = id !== null && gold.includes(id), alone = others && comparable && !others.has(keyOf(context));
    const badges = [`${rank + 1}.`, id, isGold ? "★ in the reference" : "", alone ? "only here" : ""].filter(Boolean).join(" · ");
    const whole = text === null ? null : texts[text];
    return el("li", { class: isGold ? "is-gold" : null }, el("details", { open: rank === 0 || isGold },
      el("summary", { class: "badges" }, badges), whole === null ? el("p", { class: "quiet" }, "Without text.") : el("div", { class: "text" }, whole)));
  }), contexts.length ? "" : el("li", { class: "quiet" }, "Nothing."));
}

function missed(contexts, gold) {
  const ids = contexts.map(([id]) => id), left = gold.filter(id => !ids.includes(id));
  return left.length && ids.some(id => id !== null) ? el("p", { class: "bad" }, `Missed: ${left.join(", ")}`) : "";
}

// ---- words that differ (Myers' O(ND) over words; equal beginnings and ends are cut off first)

const words = text => text.match(/[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) || [];

function wordDiff(left, right) {
  const a = words(left), b = words(right);
  let start = 0, endA = a.length, endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) { endA--; endB--; }
  const [keepA, keepB] = common(a.slice(start, endA), b.slice(start, endB));
  const marks = (all, from, to, keep, tag) => merge(all.map((word, i) => [word, i >= from && i < to && !keep[i - from]]), tag);
  return { left: marks(a, start, endA, keepA, "del"), right: marks(b, start, endB, keepB, "ins") };
}

function merge(parts, tag) {
  const out = [];
  let text = "", changed = false;
  const flush = () => { if (text) out.push(changed && text.trim() ? el(tag, {}, text) : text); text = ""; };
  parts.forEach(([word, change], i) => {
    const blank = !word.trim();
    const inside = blank && changed && parts[i + 1] && parts[i + 1][1];   // a blank between two changed words is one change
    if ((blank ? inside : change) !== changed) { flush(); changed = blank ? inside : change; }
    text += word;
  });
  flush();
  return out;
}

function common(a, b) {
  const keepA = new Array(a.length).fill(false), keepB = new Array(b.length).fill(false);
  const furthest = { 1: 0 }, trace = [];
  for (let d = 0; d <= Math.min(a.length + b.length, MAX_EDITS); d++) {
    trace.push({ ...furthest });
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && furthest[k - 1] < furthest[k + 1]) ? furthest[k + 1] : furthest[k - 1] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[k] = x;
      if (x >= a.length && x - k >= b.length) { backtrack(trace, a, b, keepA, keepB); return [keepA, keepB]; }
    }
  }
  return [keepA, keepB];
}

function backtrack(trace, a, b, keepA, keepB) {
  let x = a.length, y = b.length;
  for (let d = trace.length - 1; d >= 0 && (x > 0 || y > 0); d--) {
    const furthest = trace[d], k = x - y;
    const before = k === -d || (k !== d && furthest[k - 1] < furthest[k + 1]) ? k + 1 : k - 1;
    const fromX = furthest[before], fromY = fromX - before;
    while (x > fromX && y > fromY && x > 0 && y > 0) { x--; y--; keepA[x] = keepB[y] = true; }
    if (d > 0) { x = fromX; y = fromY; }
  }
}

// ---- taking something along: Markdown, links, labels

function markdown(place) {
  const { reference, replies } = repliesOf(place);
  const safe = text => text.split("\n").map(line => `> ${line.replace(/[\\`*_<>[\]#@|]/g, "\\$&")}`).join("\n");
  const parts = [`**${index.ids[place]}**`, safe(index.questions[place])];
  if (reference) parts.push("Reference:", safe(reference));
  replies.forEach((reply, side) => {
    const scores = index.metrics.map((metric, m) => [metric.name, scoreOf(side, place, m)]).filter(([, score]) => typeof score === "number").slice(0, 6);
    parts.push(`${pairwise() ? `${sideName(side)} \`${index.sides[side].id}\`` : `Answer of \`${index.sides[side].id}\``} (${scores.map(([name, score]) => `${name} ${number(score)}`).join(", ")}):`);
    parts.push(reply && reply.r ? safe(reply.r) : reply && reply.x ? `> no answer: ${reply.x[0]}` : "> –");
  });
  return parts.join("\n\n");
}

async function copy(text, button) {
  try { await navigator.clipboard.writeText(text); }
  catch {
    byId("copied").value = text;
    byId("copy").showModal();
    byId("copied").select();
    return;
  }
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

const LABELS = [["good", "Good"], ["bad", "Bad"], ["judge_wrong", "Judge wrong"]];
const given = new Map();          // "side place" → label
const storage = { read() { try { return JSON.parse(localStorage.getItem(storage.key()) || "[]"); } catch { return []; } },
  write() { try { localStorage.setItem(storage.key(), JSON.stringify([...given])); } catch { /* kept until the page closes */ } },
  key: () => `rag-eval-labels ${index.sides.map(side => side.id).join(" ")}` };

function labels(place, side, redraw) {
  const key = `${side} ${place}`;
  return el("div", { class: "tools", role: "group", "aria-label": `Your label ${sideName(side)}` }, ...LABELS.map(([label, text], i) =>
    el("button", { "aria-pressed": String(given.get(key) === label), on: { click: () => { label_(place, side, label); redraw(); } } },
      side === last() ? `${i + 1} ${text}` : text)));
}

function label_(place, side, label) {
  const key = `${side} ${place}`;
  given.get(key) === label ? given.delete(key) : given.set(key, label);
  storage.write();
  countLabels();
}

function countLabels() {
  byId("labels").hidden = !given.size;
  byId("labels").textContent = `Download ${given.size} label${given.size > 1 ? "s" : ""}`;
}

function downloadLabels() {
  const lines = [...given].map(([key, label]) => {
    const [side, place] = key.split(" ").map(Number);
    const scores = Object.fromEntries(index.metrics.map((metric, m) => [metric.name, scoreOf(side, place, m)]).filter(([, score]) => typeof score === "number"));
    return JSON.stringify({ run: index.sides[side].id, case_id: index.ids[place], label, metric: index.metrics[state.metric].name, scores });
  });
  const link = el("a", { href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "application/jsonl" })), download: "labels.jsonl" });
  link.click();
  URL.revokeObjectURL(link.href);
}

// ---- keys

function current() { return document.querySelector("#cases > li.is-open") || document.activeElement.closest?.("#cases > li"); }

function step(by, open) {
  const items = () => [...byId("cases").children];
  const at = items().indexOf(current());
  if (at + by >= items().length && drawn < listed.length) drawMore(MORE);
  const next = items()[at < 0 ? 0 : Math.max(0, Math.min(items().length - 1, at + by))];
  if (!next) return;
  const head = next.querySelector(".head");
  if (open && !next.classList.contains("is-open")) head.click();
  if (!open) for (const other of document.querySelectorAll("#cases > li.is-open")) if (other !== next) { close(other); state.open = null; }
  head.focus();
  head.scrollIntoView({ block: open ? "start" : "nearest" });
}

function onKey(event) {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "Escape" && typing) { event.target.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const open = document.querySelector("#cases > li.is-open"), place = open && Number(open.querySelector(".head").dataset.place);
  const redraw = () => { open.querySelector(".body").replaceWith(body(place)); };
  const keys = {
    j: () => step(1, false), k: () => step(-1, false), n: () => step(1, true), p: () => step(-1, true),
    d: () => { const modes = pairwise() ? ["sides", "reference", "none"] : ["reference", "none"]; state.diff = modes[(modes.indexOf(state.diff) + 1) % modes.length]; if (open) redraw(); },
    "/": () => byId("find").focus(), "?": () => byId("help").showModal(),
    Escape: () => { if (open) { open.querySelector(".head").focus(); close(open); state.open = null; writeAddress(); } },
  };
  LABELS.forEach(([label], i) => { keys[String(i + 1)] = () => { if (open) { label_(place, last(), label); redraw(); } }; });
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
}

// ---- beginning

function select(change) {
  Object.assign(state, change, { open: null });
  show();
}

function bind() {
  byId("metric").addEventListener("change", event => select({ metric: Number(event.target.value) }));
  byId("tag").addEventListener("change", event => select({ tag: event.target.value }));
  byId("find").addEventListener("input", event => select({ search: event.target.value }));
  byId("more").addEventListener("click", () => { const first = drawn; drawMore(MORE); byId("cases").children[first]?.querySelector(".head").focus(); });
  byId("labels").addEventListener("click", downloadLabels);
  byId("keys").addEventListener("click", () => byId("help").showModal());
  document.addEventListener("click", event => {
    const button = event.target.closest("[data-show], [data-of], [data-slice]");
    if (!button) return;
    const change = {};
    if (button.dataset.of) change.metric = index.metrics.findIndex(metric => metric.name === button.dataset.of);
    if (button.dataset.show) change.bucket = button.dataset.show;
    if (button.dataset.slice !== undefined) { change.tag = button.dataset.slice; if (!button.dataset.show) change.bucket = "all"; }
    select(change);
    if (!button.closest(".bar")) byId("questions").scrollIntoView();
  });
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => { readAddress(); show(); reveal(); });
}

function reveal() {
  if (!state.open) return;
  while (drawn < listed.length && !document.querySelector("#cases > li.is-open")) drawMore(MORE);
  document.querySelector("#cases > li.is-open")?.scrollIntoView();
}

const ready = (async () => {
  index = await unpack("index");
  for (const [key, label] of storage.read()) given.set(key, label);
  state.diff = pairwise() ? "sides" : "none";
  readAddress();
  bind();
  countLabels();
  show();
  byId("wait").remove();
  [texts, cases] = await Promise.all([unpack("texts"), unpack("bodies")]);
  buildHaystack();
  if (state.search) show();
  document.documentElement.dataset.ready = "true";
})();
ready.then(reveal).catch(error => {
  const wait = byId("wait") || byId("empty");
  wait.hidden = false;
  wait.textContent = `The cases of this page cannot be read: ${error}. A browser of 2023 or later is needed.`;
});
