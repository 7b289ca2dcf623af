// One item on the page: the question, what there is to do, and, once it is turned, the answer.

/** What is known about an item while it is on the page. */
function newTurn(item) {
  return { item, given: item.tasks.map(() => undefined), flipped: false, grade: null, overruled: false };
}

/** Whether the page can say by itself if an answer is right. */
function selfGraded(item) {
  return item.tasks.some((task) => task.mode === "self" || task.mode === "rubric");
}

function gradable(item) {
  return item.tasks.some(isJudged);
}

function answered(turn) {
  return turn.item.tasks.every((task, at) => !isJudged(task) || isGiven(task, turn.given[at]));
}

/** What was wrong with typed numbers, before anything is judged. */
function problem(turn) {
  return turn.item.tasks.map((task, at) => misread(task, turn.given[at] ?? (task.mode === "range" ? [] : ""))).find(Boolean) || "";
}

/** The item. deck: everything. on: {change(), regrade(), followUp(id), filter(name, value)}. */
function itemBox(turn, deck, on) {
  const { item } = turn;
  return h(
    "article",
    { class: `item${turn.flipped ? " flipped" : ""}`, id: "item", "aria-labelledby": "question" },
    kicker(item, deck),
    h("h2", { id: "question", class: item.question.length > 220 ? "question long" : "question", tabindex: -1 }, item.question),
    item.code ? codeBlock(item.code, item.marked) : null,
    turn.flipped ? h("div", { class: "back" }, back(turn, deck, on)) : tasksOf(turn, on),
  );
}

function kicker(item, deck) {
  const facts = [deck.topics[item.topic] || words(item.topic), words(item.kind), item.level === "all" ? "all levels" : item.level];
  return h(
    "p",
    { class: "kicker" },
    facts.map((fact) => h("span", {}, fact)),
    h("span", { title: `difficulty ${item.difficulty} of 5` }, unseen(`difficulty ${item.difficulty} of 5`), h("span", { class: "dots", "aria-hidden": true }, "●".repeat(item.difficulty) + "○".repeat(5 - item.difficulty))),
    h("span", {}, `${item.seconds} s`),
    h("span", { class: "id" }, item.id),
  );
}

function tasksOf(turn, on) {
  const { tasks } = turn.item;
  // What gives the task before it away waits for that one's answer, which then stands.
  const settle = () =>
    tasks.forEach((task, at) => {
      if (!task.later) return;
      const open = isGiven(tasks[at - 1], turn.given[at - 1]);
      boxes[at].hidden = !open;
      boxes[at - 1].disabled = open;
    });
  const boxes = tasks.map((task, at) =>
    askTask(task, `task-${at}`, turn.given[at], (given) => {
      turn.given[at] = given;
      settle();
      on.change(at);
    }),
  );
  settle();
  return boxes;
}

function back(turn, deck, on) {
  const { item } = turn;
  const told = item.tasks.some((task) => ["one", "many", "rank"].includes(task.mode));
  return [
    headline(turn),
    told || !item.answer ? null : h("div", { class: "answer" }, unseen("Answer: "), item.answer.map((line) => h("p", {}, line))),
    item.tasks.map((task, at) => shownTask(turn, task, at, deck, on)),
    overrule(turn, on),
    (item.blocks || []).map(([title, lines]) => section(title, lines.length === 1 ? h("p", {}, lines[0]) : bullets(lines))),
    item.aloud ? section("Say it aloud", h("blockquote", {}, item.aloud)) : null,
    item.caveats ? section("When it stops being true", bullets(item.caveats)) : null,
    item.followups ? section("Asked next", bullets(item.followups, (text) => followUp(text, deck, on))) : null,
    item.sources ? section("Sources", bullets(item.sources, linked)) : null,
    evidenceOf(item, deck),
  ];
}

function headline(turn) {
  const { grade } = turn;
  if (!grade) return null;
  const part = grade.score > 0 && grade.score < 1 ? ` (${Math.round(100 * grade.score)}% of the points)` : "";
  const said = grade.right ? `✓ Right${turn.overruled ? ", as you say" : ""}${grade.score < 1 ? part : ""}` : `✗ Wrong${part}`;
  return h("p", { class: `headline ${grade.right ? "right" : "wrong"}` }, said);
}

function shownTask(turn, task, at, deck, on) {
  if (task.mode === "rubric") {
    return showRubric(task, `task-${at}`, turn.given[at], (given) => {
      turn.given[at] = given;
      on.regrade();
    });
  }
  return showTask(task, turn.given[at], isJudged(task) && turn.grade ? turn.grade.tasks?.[at] : null, deck);
}

/** A typed answer may have been right in other words; whoever typed it knows best. */
function overrule(turn, on) {
  const typed = turn.item.tasks.some((task) => ["word", "number", "range"].includes(task.mode));
  if (!typed || !turn.grade || turn.grade.right || !answered(turn)) return null;
  return h("p", {}, button("I had it: count it as right", () => on.overrule(), { class: "small" }));
}

function followUp(text, deck, on) {
  const other = deck.byId.get(text);
  return other ? button(brief(other), () => on.followUp(text), { class: "link" }) : linked(text);
}

function evidenceOf(item, deck) {
  const claims = (item.claims || []).map((id) => deck.claimById.get(id)).filter(Boolean);
  return claims.length ? section("Evidence", claims.map((claim) => claimBox(claim, deck))) : null;
}

/** An item in a line or two; where somebody only begins to speak, with what is said. */
function brief(item) {
  const line = item.question.split("\n")[0];
  return item.kind === "flaw" ? `${line} ${item.tasks[0].picks.map((pick) => pick.text).join(" ")}` : line;
}

/** Everything an item says, to be searched. */
function itemText(item, deck) {
  const found = [item.id, words(item.topic), words(item.kind), item.level, item.question, item.code, item.aloud];
  const parts = (value) => {
    if (typeof value === "string") found.push(value);
    else if (Array.isArray(value)) value.forEach(parts);
    else if (value && typeof value === "object") Object.entries(value).forEach(([name, one]) => name !== "mode" && name !== "belief" && parts(one));
  };
  [item.tasks, item.answer, item.blocks, item.caveats, item.followups, item.sources, item.tags, item.claims].forEach(parts);
  (item.claims || []).forEach((id) => found.push(deck.claimById.get(id)?.says));
  return found.filter(Boolean).join("\n").toLowerCase();
}
