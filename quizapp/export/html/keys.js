// The keys, the theme, the help and the paper.

const THEMES = ["", "light", "dark"];

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function nextTheme() {
  const now = document.documentElement.dataset.theme || "";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  // The first press must change what one sees.
  const order = dark ? ["", "light", "dark"] : ["", "dark", "light"];
  const theme = order[(order.indexOf(now) + 1) % order.length];
  setTheme(theme);
  memory.put("theme", theme);
  say(theme ? `${theme} theme` : "the theme of your system");
}

/** The nth pick of the task that is to be answered next. */
function pick(place) {
  const turn = app.turn;
  if (!turn || turn.flipped || app.view === "evidence") return false;
  const tasks = turn.item.tasks;
  const open = tasks.findIndex((task, at) => task.picks && !(task.mode === "many" ? isGiven(task, turn.given[at]) && at === app.active : isGiven(task, turn.given[at])));
  const at = tasks[app.active]?.picks && (tasks[app.active].mode !== "one" || open < 0) ? app.active : open;
  const boxes = main.querySelectorAll("fieldset.picks");
  const places = tasks.flatMap((task, index) => (task.picks ? [index] : []));
  const box = boxes[places.indexOf(at)];
  const target = box?.querySelectorAll("input, button.option")[place];
  if (!target) return false;
  target.click();
  return true;
}

const KEYS = {
  ArrowRight: () => move(1),
  ArrowLeft: () => move(-1),
  n: () => move(1),
  p: () => move(-1),
  r: () => app.view === "cards" && goTo(Math.floor(Math.random() * app.shown.length)),
  k: () => leaveTo("cards"),
  q: () => leaveTo("quiz"),
  v: () => deck.claims.length && leaveTo("evidence"),
  l: toggleList,
  t: nextTheme,
  "/": findText,
  "?": help,
  Enter: goOn,
  " ": goOn,
};

function findText() {
  if (document.body.classList.contains("asking")) return;
  if (getComputedStyle(side).display === "none") toggleList();
  document.getElementById("search").focus();
}

function goOn() {
  if (app.view === "evidence") return undefined;
  if (app.view === "cards") return flip();
  if (!app.quiz || app.quiz.over) return undefined;
  return app.quiz.turns[app.quiz.at].flipped ? nextInQuiz() : check();
}

function typedInto(target) {
  return target.matches("select, textarea, input:not([type=radio]):not([type=checkbox])");
}

/** Whether a key means something to what has the focus already. */
function usesKey(target, key) {
  if (key !== "Enter" && key !== " ") return false;
  if (target.matches("button, a[href], summary, [role=region]")) return true;
  return key === " " && target.matches("input") && !(target.type === "radio" && target.checked);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  if (document.querySelector("dialog[open]")) return;
  if (typedInto(target)) return onTyped(event);
  if (usesKey(target, key)) return;
  if (/^[0-9.−-]$/.test(key) && app.turn && !app.turn.flipped && app.view !== "evidence") {
    const empty = [...main.querySelectorAll(".typed input")].find((input) => !input.value);
    if (empty) return empty.focus();
  }
  if (self12(key) || (/^[1-9]$/.test(key) && pick(Number(key) - 1)) || (/^[a-gA-G]$/.test(key) && pick(key.toLowerCase().charCodeAt(0) - 97)) || KEYS[key]) {
    event.preventDefault();
    if (!/^[1-9a-gA-G]$/.test(key)) KEYS[key]();
  }
}

/** 1 and 2 grade a card that was turned. */
function self12(key) {
  if (!app.turn?.flipped || app.turn.item.tasks[0].mode !== "self" || !/^[12]$/.test(key)) return false;
  if (app.view === "quiz" && app.turn.grade) return false;
  selfButtons(app.turn)[Number(key) - 1].click();
  return true;
}

function onTyped(event) {
  const { key, target } = event;
  if (key === "Escape") target.blur();
  if (key !== "Enter" || target.matches("select")) return;
  event.preventDefault();
  if (target.id === "search") {
    target.blur();
    document.body.classList.remove("listed");
    document.getElementById("question")?.focus();
    return;
  }
  const inputs = [...main.querySelectorAll(".typed input")];
  const next = inputs[inputs.indexOf(target) + 1];
  if (next && !next.value) next.focus();
  else goOn();
}

function help() {
  const keys = [
    ["space, enter", "turn the card; check; go on"],
    ["→ n, ← p", "next, previous"],
    ["1-9, A-G", "choose an option"],
    ["1, 2", "after a card: missed it, had it"],
    ["/", "search"],
    ["r", "any question"],
    ["k, q, v", "cards, quiz, verdicts"],
    ["l", "the list (on a small screen)"],
    ["t", "theme: your system's, the other one, back"],
    ["?", "this help; escape closes it"],
  ];
  const box = h(
    "dialog",
    { "aria-labelledby": "help-title", onclose: () => box.remove() },
    h("h2", { id: "help-title" }, "Keys"),
    h("table", {}, h("tbody", {}, keys.map(([key, what]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, what))))),
    h("p", { class: "quiet" }, "This page asks nothing of the network. What you had right or wrong is kept in this browser, where it lets a page from a file keep anything."),
    h("div", { class: "choices" }, button("Close", () => box.close(), { class: "main", autofocus: true }), button("Forget my answers", forget)),
  );
  document.body.append(box);
  box.showModal();
}

function forget() {
  Object.keys(progress).forEach((id) => delete progress[id]);
  memory.put("progress", progress);
  document.querySelector("dialog[open]")?.close();
  refilter();
}

// ---- paper

/** Every question that fits, with its answer, for the printer. */
function toPaper() {
  const places = app.shown.slice(0, PAPER);
  const left = app.shown.length - places.length;
  const events = { change() {}, regrade() {}, overrule() {}, followUp() {} };
  const sheets = places.map((place) => {
    const box = itemBox({ ...newTurn(deck.items[place]), flipped: true }, deck, events);
    box.removeAttribute("id");
    box.querySelector("h2").removeAttribute("id");
    box.removeAttribute("aria-labelledby");
    return box;
  });
  const note = left ? h("p", {}, `The first ${PAPER} of ${app.shown.length}; filter to print the others.`) : "";
  document.getElementById("paper").replaceChildren(note, ...sheets);
}
