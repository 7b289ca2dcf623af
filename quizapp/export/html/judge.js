// What an answer is worth, by the app's rules (grade.py). Pure: knows no page.

/** Whether a number is near enough. */
function within(value, truth, tol) {
  if ("abs" in tol) return Math.abs(value - truth) <= tol.abs;
  if ("rel" in tol) return Math.abs(value - truth) <= tol.rel * Math.abs(truth) + 1e-12;
  return value > 0 && truth > 0 && Math.abs(Math.log10(value / truth)) <= tol.log10;
}

/** Whether there is an answer to a task. */
function isGiven(task, given) {
  if (given === undefined || given === null) return false;
  if (task.mode === "many") return given.length > 0;
  if (task.mode === "rank") return given.length === task.picks.length;
  if (task.mode === "range") return given.every((text) => (text || "").trim() !== "");
  return typeof given !== "string" || given.trim() !== "";
}

/** Whether a task can be judged at all: not while nobody has measured its answer. */
function isJudged(task) {
  return task.unmeasured !== true && task.truth !== null;
}

/** What keeps typed numbers from being judged, in words; empty when nothing does. */
function misread(task, given) {
  const texts = task.mode === "number" ? [given] : task.mode === "range" ? given : [];
  const bad = texts.find((text) => text && text.trim() && !readings(text, task.unit).length);
  if (bad === undefined) return "";
  return `“${bad.trim()}” is not clearly one number. Write it plainly${task.unit ? `, in ${task.unit}` : ""}, such as 1500, 1.5k or 10^-3.`;
}

/** The grade of one task: {score 0 to 1, right, note, belief}. */
function judgeTask(task, given) {
  const none = { score: 0, right: false };
  if (!isGiven(task, given)) return none;
  switch (task.mode) {
    case "one":
      return all(task.picks[given].right === true);
    case "many":
      return judgeMany(task, given);
    case "rank":
      return judgeRank(task, given);
    case "number":
      return judgeNumber(task, given);
    case "range":
      return judgeRange(task, given);
    case "word":
      return judgeWord(task, given);
    case "self":
      return all(given === "had");
    case "rubric":
      return judgeRubric(task, given);
  }
  return none;
}

function all(right) {
  return { score: right ? 1 : 0, right };
}

function judgeMany(task, given) {
  const full = task.picks.filter((pick) => pick.right).length;
  const right = given.filter((place) => task.picks[place].right).length;
  const wrong = given.length - right;
  return { score: Math.max(0, right - wrong) / full, right: right === full && wrong === 0 };
}

/** Kendall's tau, from -1 to 1, mapped to 0 to 1. */
function judgeRank(task, given) {
  const values = given.map((place) => task.ranks[place]);
  let tau = 0;
  let pairs = 0;
  values.forEach((one, at) =>
    values.slice(at + 1).forEach((other) => {
      tau += Math.sign(other - one);
      pairs += 1;
    }),
  );
  const right = given.every((place, at) => place === task.order[at]);
  return { score: (tau / pairs + 1) / 2, right };
}

function trapped(task, values) {
  const trap = (task.traps || []).find((one) => values.some((value) => within(value, one.value, task.within)));
  return trap ? { note: trap.why, belief: trap.belief } : {};
}

/** How a number was taken, where that is not plain to see. */
function taken(task, typed, value) {
  const shown = typed.trim().replaceAll(",", "");
  const bare = task.unit && shown.endsWith(task.unit) ? shown.slice(0, -task.unit.length).trim() : shown;
  return Number(bare) === value ? "" : `“${typed.trim()}” is taken as ${Number(value.toPrecision(6)).toLocaleString("en")} ${task.unit || ""}`.trim() + ".";
}

function judgeNumber(task, given) {
  const values = readings(given, task.unit);
  if (!values.length) return all(false);
  const value = values.find((one) => within(one, task.truth, task.within)) ?? values[0];
  const right = within(value, task.truth, task.within);
  const trap = right ? {} : trapped(task, values);
  return { ...all(right), ...trap, note: [taken(task, given, value), trap.note].filter(Boolean).join(" ") };
}

function judgeRange(task, given) {
  const read = given.map((text) => readings(text, task.unit));
  if (!read.every((ways) => ways.length)) return all(false);
  const ways = alike(read[0].flatMap((one) => read[1].flatMap((best) => read[2].map((other) => [one, best, other]))));
  const tried = ways.map((way) => bracketed(task, ...way));
  const [inside, near] = tried.reduce((best, way) => (way[0] + 2 * way[1] > best[0] + 2 * best[1] ? way : best));
  const trap = near ? {} : trapped(task, read[1]);
  const note = inside ? "It is inside your interval." : "It is outside your interval.";
  return { score: (inside ? 0.5 : 0) + (near ? 0.5 : 0), right: near, ...trap, note: [note, trap.note].filter(Boolean).join(" ") };
}

/** The ways to read three numbers that take them in the same unit: the others lie far apart. */
function alike(ways) {
  const spreads = ways.map((way) => (Math.min(...way) > 0 ? Math.max(...way) / Math.min(...way) : 1));
  const least = Math.min(...spreads);
  return ways.filter((_, at) => spreads[at] <= 2 * least);
}

/** Whether the number is between the two, and whether the best guess is near. */
function bracketed(task, one, best, other) {
  return [Math.min(one, other) <= task.truth && task.truth <= Math.max(one, other), within(best, task.truth, task.within)];
}

function judgeWord(task, given) {
  const { right, accepted, rejected } = filled(given.trim(), task);
  if (right) return { ...all(true), note: accepted.how ? `Accepted: “${given.trim()}” ${accepted.how} “${accepted.word}”.` : "" };
  if (!rejected) return all(false);
  const known = task.reject.find((one) => one.value === rejected.word);
  const how = rejected.how ? `“${given.trim()}” ${rejected.how} “${rejected.word}”, which is wrong here: ` : "";
  return { ...all(false), note: how + known.why, belief: known.belief };
}

function judgeRubric(task, given) {
  const total = task.points.reduce((sum, point) => sum + point.weight, 0);
  const got = task.points.reduce((sum, point, at) => sum + (given.points.includes(at) ? point.weight : 0), 0);
  const musts = task.points.every((point, at) => !point.must || given.points.includes(at));
  const score = Math.max(0, got / total - 0.2 * given.flags.length);
  return { score, right: musts && given.flags.length === 0 };
}

/** The grade of a whole item; null while nothing in it can be judged. */
function judge(item, given) {
  const tasks = item.tasks.map((task, at) => (isJudged(task) ? judgeTask(task, given[at]) : null));
  const judged = tasks.filter((one) => one !== null);
  if (!judged.length) return null;
  const right = judged.every((one) => one.right);
  const mean = judged.reduce((sum, one) => sum + one.score, 0) / judged.length;
  return { score: item.kind === "truefalse" ? Number(right) : mean, right, tasks };
}
