// What there is to do in an item: how it is asked, and how it looks once the answer is shown.

/** The task with its controls. `change(given)` hears of every change; `given` is what was answered so far. */
function askTask(task, name, given, change) {
  switch (task.mode) {
    case "one":
    case "many":
      return askPick(task, name, given, change);
    case "rank":
      return askRank(task, given, change);
    case "number":
      return askText("Your number", name, task.unit, given, change);
    case "range":
      return askRange(task, name, given || ["", "", ""], change);
    case "word":
      return askText(task.prompt, name, "", given, change);
    case "self":
      return h("p", { class: "hint" }, "Say the answer aloud, then turn the card.");
    case "rubric":
      return h("p", { class: "hint" }, "Answer aloud, as in the interview. Then open the rubric and tick what you said.");
  }
  return null;
}

function said(pick) {
  if (!pick.code) return h("span", { class: "said" }, pick.text);
  return h("code", { class: "said" }, pick.text);
}

function askPick(task, name, given, change) {
  const many = task.mode === "many";
  const options = task.picks.map((pick, at) => {
    const on = many ? (given || []).includes(at) : given === at;
    const input = h("input", { type: many ? "checkbox" : "radio", name, value: at });
    input.checked = on;
    return h("label", { class: "option" }, input, h("span", { class: "letter", "aria-hidden": true }, pick.label), said(pick));
  });
  const box = h("fieldset", { class: "picks" }, h("legend", {}, task.prompt), options);
  box.addEventListener("change", () => {
    const on = [...box.querySelectorAll("input")].flatMap((input, at) => (input.checked ? [at] : []));
    change(many ? on : on[0]);
  });
  return box;
}

function askRank(task, given, change) {
  let ranked = [...(given || [])];
  const buttons = task.picks.map((pick, at) =>
    h(
      "button",
      { type: "button", class: "option", "data-pick": at, onclick: () => toggle(at) },
      h("span", { class: "rank" }),
      h("span", { class: "letter", "aria-hidden": true }, pick.label),
      said(pick),
    ),
  );
  const show = () =>
    buttons.forEach((one, at) => {
      const place = ranked.indexOf(at);
      one.querySelector(".rank").textContent = place < 0 ? "·" : String(place + 1);
      one.setAttribute("aria-pressed", String(place >= 0));
      one.setAttribute("aria-label", `${task.picks[at].text}, ${place < 0 ? "not placed" : `place ${place + 1}`}`);
    });
  const toggle = (at) => {
    ranked = ranked.includes(at) ? ranked.filter((other) => other !== at) : [...ranked, at];
    show();
    change(ranked);
  };
  show();
  const hint = h("p", { class: "hint" }, "Choose them in order; choose one again to take it out.");
  return h("fieldset", { class: "picks" }, h("legend", {}, task.prompt), hint, buttons);
}

function askText(prompt, name, unit, given, change) {
  const input = h("input", { type: "text", id: name, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  input.value = given || "";
  input.addEventListener("input", () => change(input.value));
  return h("p", { class: "typed" }, h("label", { for: name }, prompt), input, unit ? h("span", { class: "unit" }, unit) : null);
}

function askRange(task, name, given, change) {
  const texts = [...given];
  const sides = ["Low end", "Best guess", "High end"].map((side, at) =>
    askText(side, `${name}-${at}`, task.unit, texts[at], (text) => {
      texts[at] = text;
      change([...texts]);
    }),
  );
  return h("fieldset", { class: "picks" }, h("legend", {}, `A ${Math.round(100 * task.level)}% interval and a best guess`), sides);
}

// ---- once the answer is shown

/** The task with its answer, what was given, and why. `grade` is null where nothing can be judged. */
function showTask(task, given, grade, deck) {
  switch (task.mode) {
    case "one":
    case "many":
      return showPicks(task, given, deck);
    case "rank":
      return showRank(task, given);
    case "number":
    case "range":
    case "word":
      return showTyped(task, given, grade, deck);
    case "self":
      return section("Grade yourself", bullets(task.lines));
  }
  return null;
}

function belief(id, deck, whole) {
  const known = deck.beliefs[id];
  if (!known) return null;
  const says = h("p", { class: "belief" }, h("b", {}, "The belief behind it: "), `“${known[0]}”`);
  return whole ? [says, h("p", { class: "belief" }, known[1])] : says;
}

/** The sign of a pick and what it means. Where a wrong sentence is to be found, the others are just sound. */
function signOf(task, pick, chosen) {
  if (task.unmeasured) return ["·", "Not measured"];
  if (pick.right) return ["✓", "Right"];
  return task.find && !chosen ? ["·", "Sound"] : ["✗", "Wrong"];
}

function showPicks(task, given, deck) {
  const chosen = (at) => (Array.isArray(given) ? given.includes(at) : given === at);
  const picks = task.picks.map((pick, at) => {
    const [sign, word] = signOf(task, pick, chosen(at));
    return h(
      "li",
      { class: `pick ${sign === "·" ? "open" : pick.right ? "right" : "wrong"}${chosen(at) ? " chosen" : ""}` },
      h("span", { class: "sign", "aria-hidden": true }, sign),
      h(
        "div",
        {},
        h("p", { class: "head" }, unseen(`${word}: `), h("span", { class: "letter" }, pick.label), said(pick), task.find && pick.right ? h("span", { class: "chip" }, "the wrong sentence") : null, chosen(at) ? h("span", { class: "chip" }, "your pick") : null),
        pick.why ? h("p", { class: "why" }, pick.why) : null,
        pick.belief ? belief(pick.belief, deck, chosen(at)) : null,
      ),
    );
  });
  return h(
    "div",
    { class: "shown" },
    h("h3", {}, task.prompt),
    task.unmeasured ? h("p", { class: "warn" }, "Nobody has measured it yet, so nothing is right or wrong here.") : null,
    h("ul", { class: "results" }, picks),
    task.why ? h("p", { class: "why" }, task.why) : null,
  );
}

function showRank(task, given) {
  const full = given && given.length === task.picks.length;
  const rows = task.order.map((place, at) => {
    const yours = full ? given.indexOf(place) : -1;
    const right = yours === at;
    return h(
      "li",
      { class: `pick ${!full ? "open" : right ? "right" : "wrong"}` },
      h("span", { class: "sign", "aria-hidden": true }, full ? (right ? "✓" : "✗") : "·"),
      h(
        "p",
        { class: "head" },
        `${at + 1}. ${task.picks[place].text} `,
        h("span", { class: "quiet" }, `(${task.picks[place].value})`),
        full && !right ? h("span", { class: "chip" }, `you: ${yours + 1}`) : null,
      ),
    );
  });
  return h("div", { class: "shown" }, h("h3", {}, "In order, first to last"), h("ul", { class: "results" }, rows));
}

function showTyped(task, given, grade, deck) {
  if (!isGiven(task, given)) return null;
  const text = Array.isArray(given) ? `${given[0]} to ${given[2]}, best ${given[1]}` : given;
  const right = grade ? grade.right : null;
  const sign = right === null ? "·" : right ? "✓" : "✗";
  return h(
    "ul",
    { class: "results" },
    h(
      "li",
      { class: `pick ${right === null ? "open" : right ? "right" : "wrong"} chosen` },
      h("span", { class: "sign", "aria-hidden": true }, sign),
      h(
        "div",
        {},
        h("p", { class: "head" }, unseen(right === null ? "" : right ? "Right: " : "Wrong: "), `${task.mode === "word" ? `${task.prompt}: ` : ""}${text} ${task.unit || ""}`, h("span", { class: "chip" }, "your answer")),
        grade?.note ? h("p", { class: "why" }, grade.note) : null,
        grade?.belief ? belief(grade.belief, deck, true) : null,
      ),
    ),
  );
}

/** The rubric of an open answer, to be ticked; `change` hears {points, flags}. */
function showRubric(task, name, given, change) {
  const kept = { points: [...(given?.points || [])], flags: [...(given?.flags || [])] };
  const box = (kind, at, ...text) => {
    const input = h("input", { type: "checkbox", name: `${name}-${kind}` });
    input.checked = kept[kind].includes(at);
    input.addEventListener("change", () => {
      kept[kind] = input.checked ? [...kept[kind], at] : kept[kind].filter((other) => other !== at);
      change({ points: [...kept.points], flags: [...kept.flags] });
    });
    return h("label", { class: "option" }, input, h("span", { class: "said" }, text));
  };
  const points = task.points.map((point, at) =>
    box("points", at, h("b", {}, `${point.id} `), point.text, " ", h("span", { class: "quiet" }, `${point.level}, weight ${point.weight}${point.must ? ", a must" : ""}`)),
  );
  const flags = (task.flags || []).map((flag, at) => box("flags", at, flag.text));
  const answers = task.answers.map(([level, text, takes]) =>
    h("div", { class: "band" }, h("h4", {}, level), h("p", {}, text), h("p", { class: "quiet" }, `What it takes: ${takes}`)),
  );
  return [
    h("fieldset", { class: "picks" }, h("legend", {}, "Rubric: tick what you said"), points),
    flags.length ? h("fieldset", { class: "picks flags" }, h("legend", {}, "Red flags: tick what you also said"), flags) : null,
    section("Model answers", answers),
  ];
}
