// The quiz: so many questions, one after the other, then the score and the wrong ones again.

function shuffled(values) {
  const found = [...values];
  for (let at = found.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [found[at], found[other]] = [found[other], found[at]];
  }
  return found;
}

/** Where a quiz is chosen. items: those the filters leave; start(items) begins it. */
function quizSetup(items, start) {
  const open = items.filter(gradable);
  const strict = open.filter((item) => !selfGraded(item));
  const missing = items.length - open.length;
  const self = h("input", { type: "checkbox", id: "quiz-self" });
  const pool = () => (self.checked ? open : strict);
  const lengths = h("div", { class: "choices" });
  const draw = () => {
    const count = pool().length;
    const offered = [5, 10, 20, 50].filter((length) => length < count);
    lengths.replaceChildren(
      ...offered.map((length) => button(String(length), () => start(shuffled(pool()).slice(0, length)))),
      ...(count ? [button(`All ${count.toLocaleString("en")}`, () => start(shuffled(pool())), { class: "main" })] : []),
    );
    if (!count) lengths.append(h("p", { class: "warn" }, "Nothing here can be asked. Take a filter away, or grade yourself."));
  };
  self.addEventListener("change", draw);
  draw();
  return h(
    "article",
    { class: "item", "aria-labelledby": "question" },
    h("h2", { id: "question", class: "question", tabindex: -1 }, "How many questions?"),
    h("p", {}, `${plural(strict.length, "question")} that the page can judge fit the filters, in random order. The answer stays hidden until yours is given.`),
    lengths,
    h("label", { class: "option" }, self, h("span", { class: "said" }, `Also the ${(open.length - strict.length).toLocaleString("en")} that you grade yourself: cards and open questions`)),
    missing ? h("p", { class: "quiet" }, `${plural(missing, "question")} left out: nobody has measured the answer yet.`) : null,
  );
}

function newQuiz(items) {
  return { items, at: 0, turns: items.map(newTurn), over: false };
}

/** Where the quiz stands, above the question. */
function quizProgress(quiz) {
  const done = quiz.turns.filter((turn) => turn.flipped && turn.grade);
  const right = done.filter((turn) => turn.grade.right).length;
  return h(
    "div",
    { class: "progress" },
    h("progress", { max: quiz.items.length, value: done.length, "aria-label": "Questions answered" }),
    h("p", {}, `Question ${quiz.at + 1} of ${quiz.items.length}`, h("span", { class: "quiet" }, ` · ${right} right so far`)),
  );
}

/** The end: the score, by topic, and what was wrong. on: {again(items), open(id), leave()}. */
function quizEnd(quiz, deck, on) {
  const done = quiz.turns.filter((turn) => turn.grade);
  const right = done.filter((turn) => turn.grade.right).length;
  const points = done.reduce((sum, turn) => sum + turn.grade.score, 0);
  const wrong = done.filter((turn) => !turn.grade.right);
  const topics = [...counted(done.map((turn) => turn.item.topic)).keys()].map((topic) => {
    const there = done.filter((turn) => turn.item.topic === topic);
    return [topic, there.filter((turn) => turn.grade.right).length, there.length];
  });
  const rows = topics.map(([topic, good, all]) =>
    h("tr", {}, h("th", { scope: "row" }, deck.topics[topic] || words(topic)), h("td", {}, `${good} of ${all}`), h("td", {}, h("progress", { max: all, value: good, "aria-label": `${good} of ${all} right` }))),
  );
  const whole = done.length ? `${right} of ${done.length} right` : "Nothing was answered";
  return h(
    "article",
    { class: "item end", "aria-labelledby": "question" },
    h("h2", { id: "question", class: "question", tabindex: -1 }, whole),
    done.length ? h("p", { class: "quiet" }, `${Math.round((100 * points) / done.length)}% of the points, counting what was half right. ${encouragement(right, done.length)}`) : null,
    topics.length > 1 ? h("table", { class: "score" }, h("tbody", {}, rows)) : null,
    h(
      "div",
      { class: "choices" },
      wrong.length ? button(`The ${plural(wrong.length, "wrong one")} again`, () => on.again(shuffled(wrong.map((turn) => turn.item))), { class: "main" }) : null,
      button("Another quiz", () => on.leave()),
    ),
    wrong.length ? section("Not yet", bullets(wrong, (turn) => button(brief(turn.item), () => on.open(turn.item.id), { class: "link" }))) : null,
  );
}

function encouragement(right, all) {
  if (right === all) return "Nothing left to say.";
  return right >= all * 0.8 ? "Nearly all of it stands." : "The wrong ones are where the next hour is best spent.";
}

// ---- a quiz that is on the page

function drawQuiz() {
  document.body.classList.toggle("asking", Boolean(app.quiz));
  if (!app.quiz) {
    list.show(app.shown, -1);
    put(quizSetup(app.shown.map((place) => deck.items[place]), startQuiz));
    return;
  }
  if (app.quiz.over) {
    put(quizEnd(app.quiz, deck, { again: startQuiz, open, leave: () => leaveTo("quiz") }));
    return;
  }
  const turn = app.quiz.turns[app.quiz.at];
  app.turn = turn;
  app.active = 0;
  put(quizProgress(app.quiz), itemBox(turn, deck, turnEvents(turn)), bar(quizButtons()));
  if (!turn.flipped && matchMedia("(pointer: fine)").matches) main.querySelector(".typed input")?.focus();
}

function startQuiz(items) {
  app.quiz = newQuiz(items);
  document.body.classList.remove("listed");
  arrive(true);
}

function quizButtons() {
  const turn = app.quiz.turns[app.quiz.at];
  const stop = button("Stop", stopQuiz, { class: "quietly" });
  if (!turn.flipped) {
    const self = selfGraded(turn.item);
    const ready = self || answered(turn);
    return [stop, ready ? null : button("I do not know", giveUp), button(self ? answerWords(turn) : "Check", check, { key: "enter", class: "main", disabled: !ready })].filter(Boolean);
  }
  if (turn.item.tasks[0].mode === "self" && !turn.grade) return [stop, ...selfButtons(turn)];
  const last = app.quiz.at + 1 === app.quiz.items.length;
  return [stop, button(last ? "The score" : "Next", nextInQuiz, { key: "enter", class: "main" })];
}

function check() {
  const turn = app.quiz.turns[app.quiz.at];
  if (!selfGraded(turn.item) && !answered(turn)) return;
  if (turnOver(turn)) draw();
}

function giveUp() {
  const turn = app.quiz.turns[app.quiz.at];
  turn.flipped = true;
  turn.grade = { score: 0, right: false };
  keep(turn);
  draw();
}

function nextInQuiz() {
  const turn = app.quiz.turns[app.quiz.at];
  if (!turn.grade && turn.item.tasks[0].mode === "self") return;
  if (!turn.grade) {
    turn.given[0] ??= { points: [], flags: [] };
    settle(turn);
  }
  if (app.quiz.at + 1 >= app.quiz.items.length) stopQuiz();
  else {
    app.quiz.at += 1;
    arrive(false);
  }
}

function stopQuiz() {
  app.quiz.over = true;
  arrive(false);
}
