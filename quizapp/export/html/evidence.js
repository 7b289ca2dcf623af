// Claims, what was found about them, and everything needed to doubt it.

const VERDICTS = {
  holds: ["✓", "Holds"],
  depends: ["◐", "Depends"],
  fails: ["✗", "Fails"],
  unclear: ["?", "Unclear"],
  invalid: ["!", "Invalid run"],
  crashed: ["!", "Crashed"],
  timeout: ["!", "Timed out"],
  cancelled: ["!", "Cancelled"],
  "not-run": ["–", "Not run"],
  cited: ["“", "Cited"],
};

function badge(verdict, stale = false, reference = false) {
  const [sign, name] = VERDICTS[verdict] || ["?", words(verdict)];
  const more = (stale ? " · stale" : "") + (reference ? " · reference" : "");
  return h("span", { class: `badge ${verdict in VERDICTS ? verdict : "unclear"}` }, h("span", { "aria-hidden": true }, sign), ` ${name}${more}`);
}

function claimBadge(claim) {
  const first = (claim.found || []).find((one) => !one.whose);
  return badge(claim.state, first?.stale, first?.reference);
}

/** A claim inside an answer: the sentence, the verdict, and the rest on request. */
function claimBox(claim, deck, level = "h4") {
  const found = claim.found || [];
  return h(
    "article",
    { class: "claim" },
    h(level, {}, `“${claim.says}”`),
    h("p", { class: "badges" }, claimBadge(claim)),
    claim.missing ? h("p", {}, claim.missing) : null,
    h("p", {}, h("b", {}, "Better said: "), claim.correct),
    found.map((one) => findingBox(one, deck, found.length > 1)),
    h("p", { class: "quiet" }, `In the literature: ${claim.standing}. `, h("span", { class: "id" }, claim.id)),
    claim.sources ? sources(claim.sources) : null,
  );
}

function sources(lines) {
  return h("details", { class: "fold" }, h("summary", {}, plural(lines.length, "source")), bullets(lines, linked));
}

/** One verdict, who measured it where and when, and how to measure it again. */
function findingBox(finding, deck, several) {
  const runs = (finding.runs || []).map((name) => deck.runs[name]).filter(Boolean);
  const others = finding.whose ? `From ${finding.whose}: measured by others` : "Measured by whoever made this page";
  const title = finding.reference ? "Reference, measured before this was shipped" : others;
  return h(
    "div",
    { class: "finding" },
    h("p", { class: "who" }, title, several || finding.whose ? [" ", badge(finding.verdict, finding.stale)] : null),
    h("p", { class: finding.stale || finding.surprise ? "warn" : false }, finding.sentence),
    runs.map((run) => h("p", { class: "facts" }, `${run.experiment}: ${run.device} · ${run.date} · seeds ${run.seeds}`)),
    (finding.beside || []).map((line) => h("p", { class: "facts" }, linked(line))),
    h("p", { class: "facts" }, "Again: ", h("code", {}, finding.command)),
    details(finding, runs),
  );
}

function details(finding, runs) {
  const drawn = runs.filter((run) => run.plot);
  const title = `The measurement: ${plural((finding.rows || []).filter((row) => row.role !== "control").length, "check")}${drawn.length ? ", picture" : ""}`;
  const fold = h("details", { class: "fold" }, h("summary", {}, title));
  const open = () => {
    fold.append(...[...(finding.rows ? checks(finding.rows) : []), ...runs.map(runBox)].filter(Boolean));
  };
  fold.addEventListener("toggle", open, { once: true });
  return fold;
}

function checks(rows) {
  const controls = rows.filter((row) => row.role === "control");
  const tripped = controls.filter((row) => !row.wrong);
  const fold = h("details", { class: "fold" }, h("summary", {}, `Controls: ${tripped.length} of ${controls.length} came out as they must`));
  fold.addEventListener("toggle", () => fold.append(checkTable("Controls", tripped)), { once: true });
  return [checkTable("Checks", rows.filter((row) => !tripped.includes(row))), controls.length ? fold : null];
}

function checkTable(label, rows) {
  const body = rows.map((row) =>
    h(
      "tr",
      { class: row.wrong ? "wrong" : false },
      h("td", {}, h("code", {}, breakable(row.name)), h("small", {}, row.meaning || "")),
      h("td", {}, row.role || "", row.must ? h("small", {}, `must ${row.must}`) : null),
      h("td", {}, row.estimate || "", h("small", {}, row.interval || ""), h("small", {}, `bounds: ${row.bounds}`)),
      h("td", {}, row.outcome || ""),
    ),
  );
  const head = ["Check", "Role", "Measured, interval", "Outcome"].map((name) => h("th", { scope: "col" }, name));
  return scrolled(label, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

/** A long name that may be broken after a point or a low line. */
function breakable(name) {
  return name.split(/(?<=[._])/).flatMap((piece) => [piece, h("wbr")]);
}

/** A run: its picture, and the circumstances. */
function runBox(run) {
  const facts = (run.facts || []).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h(
    "div",
    { class: "run" },
    run.plot ? drawPlot(run.plot) : null,
    h("dl", { class: "facts" }, facts),
    run.timing ? h("pre", {}, run.timing) : null,
    (run.notes || []).map((note) => h("p", { class: "facts" }, `Note: ${note}`)),
  );
}

/** Everything a claim says, to be searched. */
function claimText(claim) {
  return [claim.id, claim.says, claim.correct, claim.standing, ...(claim.found || []).map((one) => one.sentence)].join("\n").toLowerCase();
}
