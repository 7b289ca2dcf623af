// The page: what is shown now, the keys, and what is kept between visits.

const deck = JSON.parse(document.getElementById("deck").textContent);
deck.byId = new Map(deck.items.map((item) => [item.id, item]));
deck.placeById = new Map(deck.items.map((item, place) => [item.id, place]));
deck.claimById = new Map(deck.claims.map((claim) => [claim.id, claim]));

const PAPER = 500; // items on paper at most: a browser prints no more in a sensible time
const main = document.getElementById("main");
const side = document.getElementById("side");
const filters = { text: "", topic: "", level: "", kind: "", verdict: "", claim: "", mine: "" };
const progress = memory.get("progress", {});
const app = { view: "cards", shown: [], at: 0, turn: null, quiz: null, claims: [], claimAt: 0, active: 0 };
const texts = [];

const list = longList("Questions", itemRow, (at) => goTo(at, true));
const claimList = longList("Claims", claimRow, (at) => goToClaim(at, true));

// ---- what is on the page

function textOf(place) {
  return (texts[place] ??= itemText(deck.items[place], deck));
}

function itemRow(place) {
  const item = deck.items[place];
  const result = progress[item.id];
  const mark = result === "right" ? "✓ " : result === "wrong" ? "✗ " : "";
  return [
    h("span", { class: "what" }, marked(brief(item), wordsOf(filters.text))),
    h("span", { class: "meta" }, mark ? h("b", { title: `${result} last time` }, mark, unseen(`${result} last time `)) : null, `${deck.topics[item.topic] || words(item.topic)} · ${words(item.kind)} · ${item.level}`),
  ];
}

function claimRow(place) {
  const claim = deck.claims[place];
  return [h("span", { class: "what" }, marked(claim.says, wordsOf(filters.text))), h("span", { class: "meta" }, claimBadge(claim))];
}

function setView(view) {
  app.view = view;
  app.quiz = view === "quiz" ? app.quiz : null;
  document.body.className = view;
  drawTop();
  drawSide();
  refilter();
}

function drawTop() {
  const views = [["cards", "Cards", "k"], ["quiz", "Quiz", "q"], ["evidence", "Verdicts", "v"]].filter(([view]) => view !== "evidence" || deck.claims.length);
  const tabs = views.map(([view, name, key]) => button(name, () => leaveTo(view), { key, "aria-current": app.view === view ? "page" : false }));
  const listed = String(document.body.classList.contains("listed"));
  document.getElementById("views").replaceChildren(...tabs, button("List", toggleList, { class: "phone", "aria-expanded": listed }));
  document.getElementById("tools").replaceChildren(
    button("Theme", nextTheme, { key: "t", class: "tool" }),
    button("Help", help, { key: "?", class: "tool" }),
  );
}

function leaveTo(view) {
  app.quiz = null;
  setView(view);
}

function drawSide() {
  const shown = app.view === "evidence" ? claimList : list;
  const count = h("p", { class: "count", id: "count" });
  side.replaceChildren(filterBox(deck, filters, refilter), count, shown.element);
}

/** What fits changed: the first of it is shown, unless what was there still fits. */
function refilter() {
  const kept = deck.items[app.shown[app.at]]?.id;
  app.shown = fitting(deck, filters, textOf, progress);
  app.at = Math.max(0, app.shown.findIndex((place) => deck.items[place].id === kept));
  app.claims = fittingClaims(deck, filters);
  app.claimAt = Math.min(app.claimAt, Math.max(0, app.claims.length - 1));
  const narrowed = Object.values(filters).some(Boolean);
  const [found, all] = app.view === "evidence" ? [app.claims.length, deck.claims.length] : [app.shown.length, deck.items.length];
  const noun = app.view === "evidence" ? "claim" : "question";
  const text = narrowed ? `${found.toLocaleString("en")} of ${plural(all, noun)}` : plural(all, noun);
  document.getElementById("count").replaceChildren(text, ...(narrowed ? [" ", button("show all", clearFilters, { class: "link" })] : []));
  if (app.turn?.item.id !== deck.items[app.shown[app.at]]?.id) app.turn = null;
  draw();
}

function clearFilters() {
  Object.keys(filters).forEach((name) => (filters[name] = ""));
  drawSide();
  refilter();
}

function draw() {
  if (app.view === "evidence") drawClaim();
  else if (app.view === "quiz") drawQuiz();
  else drawCard();
}

function put(...children) {
  const inside = main.contains(document.activeElement) || document.activeElement === document.body;
  main.replaceChildren(...children.filter(Boolean));
  if (inside) document.getElementById("question")?.focus({ preventScroll: true });
}

function drawCard() {
  list.show(app.shown, app.shown.length ? app.at : -1);
  const item = deck.items[app.shown[app.at]];
  if (!item) {
    put(h("article", { class: "item" }, h("h2", { id: "question", class: "question", tabindex: -1 }, "Nothing fits"), h("p", {}, "No question fits these filters. ", button("Show all", clearFilters, { class: "link" }))));
    return;
  }
  app.turn ??= newTurn(item);
  app.active = 0;
  remember(item.id);
  put(itemBox(app.turn, deck, turnEvents(app.turn)), bar(cardButtons()));
}

function cardButtons() {
  const { turn } = app;
  const middle = turn.flipped
    ? selfGraded(turn.item) && turn.item.tasks[0].mode === "self"
      ? selfButtons(turn)
      : [button("Hide the answer", flip, { key: "space", class: "main" })]
    : [button(answerWords(turn), flip, { key: "space", class: "main" })];
  return [
    button("←", () => move(-1), { "aria-label": "Previous question", title: "Previous (p)" }),
    middle,
    h("span", { class: "where" }, `${(app.at + 1).toLocaleString("en")} / ${app.shown.length.toLocaleString("en")}`),
    button("→", () => move(1), { "aria-label": "Next question", title: "Next (n)" }),
  ];
}

function answerWords(turn) {
  const mode = turn.item.tasks[0].mode;
  return mode === "self" ? "Turn the card" : mode === "rubric" ? "Open the rubric" : turn.given.some((one, at) => isGiven(turn.item.tasks[at], one)) ? "Check" : "Show the answer";
}

function selfButtons(turn) {
  const say = (given) => () => {
    turn.given[0] = given;
    settle(turn);
    if (app.view === "quiz") nextInQuiz();
    else move(1);
  };
  return [button("I missed it", say("missed"), { key: "1" }), button("I had it", say("had"), { key: "2", class: "main" })];
}

function bar(children) {
  return h("div", { class: "bar", role: "group", "aria-label": "Answer and go on" }, children);
}

function turnEvents(turn) {
  return {
    change: (at) => {
      app.active = at;
      const buttons = app.view === "quiz" ? quizButtons() : cardButtons();
      main.querySelector(".bar").replaceChildren(...buttons.flat());
    },
    regrade: () => {
      settle(turn);
      const line = main.querySelector(".headline");
      const fresh = headline(turn);
      if (line) line.replaceWith(fresh);
      else main.querySelector(".back").prepend(fresh);
    },
    overrule: () => {
      turn.overruled = true;
      turn.grade = { ...turn.grade, score: 1, right: true };
      keep(turn);
      draw();
    },
    followUp: open,
  };
}

// ---- cards

function flip() {
  const { turn } = app;
  if (!turn) return;
  if (turn.flipped) {
    app.turn = newTurn(turn.item);
  } else if (!turnOver(turn)) return;
  draw();
}

/** Turn the card and judge it; false when what was typed cannot be read. */
function turnOver(turn) {
  const bad = problem(turn);
  if (bad) {
    const typed = main.querySelector(".typed");
    main.querySelector(".warn.typing")?.remove();
    typed?.after(h("p", { class: "warn typing", role: "alert" }, bad));
    typed?.querySelector("input").focus();
    return false;
  }
  turn.flipped = true;
  if (!selfGraded(turn.item) && answered(turn)) settle(turn);
  say(turn.grade ? headline(turn).textContent : "The answer is shown.");
  return true;
}

/** Judge, and keep the result. */
function settle(turn) {
  turn.grade = judge(turn.item, turn.given);
  keep(turn);
}

function keep(turn) {
  if (!turn.grade) return;
  progress[turn.item.id] = turn.grade.right ? "right" : "wrong";
  memory.put("progress", progress);
}

function move(by) {
  if (app.view === "evidence") return goToClaim(app.claimAt + by);
  if (app.view === "quiz") return app.quiz && app.quiz.turns[app.quiz.at]?.flipped && by > 0 ? nextInQuiz() : undefined;
  return goTo(app.at + by);
}

function goTo(at, chosen = false) {
  if (at < 0 || at >= app.shown.length) return;
  app.at = at;
  app.turn = null;
  if (app.view !== "cards") setView("cards");
  arrive(chosen);
}

function arrive(chosen) {
  if (chosen) document.body.classList.remove("listed");
  draw();
  scrollTo(0, 0);
  if (chosen) document.getElementById("question")?.focus({ preventScroll: true });
}

/** An item by its id, whatever the filters say. */
function open(id) {
  if (!deck.byId.has(id)) return;
  app.quiz = null;
  if (!app.shown.includes(deck.placeById.get(id))) Object.keys(filters).forEach((name) => (filters[name] = ""));
  if (app.view !== "cards") setView("cards");
  drawSide();
  refilter();
  goTo(app.shown.indexOf(deck.placeById.get(id)), true);
}

function remember(id) {
  try {
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  } catch {
    // Some browsers forbid it to pages from a file; the address then stays as it is.
  }
}

function toggleList() {
  document.body.classList.toggle("listed");
  drawTop();
  draw();
  scrollTo(0, 0);
}

// ---- verdicts

function goToClaim(at, chosen = false) {
  if (at < 0 || at >= app.claims.length) return;
  app.claimAt = at;
  arrive(chosen);
}

function drawClaim() {
  claimList.show(app.claims, app.claims.length ? app.claimAt : -1);
  const claim = deck.claims[app.claims[app.claimAt]];
  if (!claim) {
    put(h("article", { class: "item" }, h("h2", { id: "question", class: "question", tabindex: -1 }, "Nothing fits"), h("p", {}, "No claim fits these filters.")));
    return;
  }
  const box = claimBox(claim, deck, "h2");
  box.classList.add("item");
  Object.assign(box.querySelector("h2"), { id: "question", className: "question", tabIndex: -1 });
  const fold = box.querySelector(".finding details");
  if (fold) fold.open = true;
  const about = deck.items.filter((item) => (item.claims || []).includes(claim.id));
  if (about.length) box.append(section("Questions about it", bullets(about, (item) => button(brief(item), () => open(item.id), { class: "link" }))));
  put(
    box,
    bar([
      button("←", () => move(-1), { "aria-label": "Previous claim", title: "Previous (p)" }),
      h("span", { class: "where" }, `${app.claimAt + 1} / ${app.claims.length}`),
      button("→", () => move(1), { "aria-label": "Next claim", title: "Next (n)" }),
    ]),
  );
}

// ---- begin

/** The item that the address names. */
function named() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

addEventListener("beforeprint", toPaper);
addEventListener("afterprint", () => document.getElementById("paper").replaceChildren());
addEventListener("keydown", onKey);
addEventListener("hashchange", () => {
  const id = named();
  if (id !== app.turn?.item.id) open(id);
});

setTheme(THEMES.includes(memory.get("theme", "")) ? memory.get("theme", "") : "");
const asked = named();
setView("cards");
if (deck.byId.has(asked)) open(asked);
