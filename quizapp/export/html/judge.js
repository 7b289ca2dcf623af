// What an answer is worth, by the app's rules where they are simple. Pure: knows no page.

const FACTORS = { k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12 };

/** The number somebody typed (1,000 · 10^-3 · 1/3 · 5% · 3k · 4 GiB where GiB is asked for); NaN: not clearly one. */
function numberOf(text, unit = "") {
  const plain = text.trim().toLowerCase().replace(/[,_\s]/g, "").replace(/−/g, "-").replace(/^[~≈=]+/, "");
  const found = /^([-+]?)(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)(?:(?:\^|\*\*)([-+]?\d+\.?\d*))?(?:\/(\d+\.?\d*))?(.*)$/.exec(plain);
  if (!found) return NaN;
  const [, sign, base, power, below, rest] = found;
  const value = Math.pow(Number(base), Number(power || 1)) / Number(below || 1);
  const factor = factorOf(rest, unit.toLowerCase().replace(/\s/g, ""));
  const whole = (sign === "-" ? -1 : 1) * value * factor;
  return Number.isFinite(whole) ? whole : NaN;
}

function factorOf(rest, unit) {
  if (!rest || unit.startsWith(rest) || `${unit}s` === rest) return 1;
  if (rest === "%") return unit === "percent" ? 1 : 0.01;
  return FACTORS[rest] ?? NaN;
}

/** Whether a number is near enough. */
function within(value, truth, tol) {
  if ("abs" in tol) return Math.abs(value - truth) <= tol.abs;
  if ("rel" in tol) return Math.abs(value - truth) <= tol.rel * Math.abs(truth) + 1e-12;
  return value > 0 && truth > 0 && Math.abs(Math.log10(value / truth)) <= tol.log10;
}

/** A typed word without what does not matter: case, spaces, hyphens, the usual signs. */
function plainWord(text) {
  let word = text.trim().toLowerCase();
  for (const [sign, instead] of [["√", "sqrt"], ["−", "-"], ["²", "^2"], ["θ", "theta"]]) word = word.replaceAll(sign, instead);
  word = word.replace(/[\s_*()[\]{},'"$\\]/g, "");
  return word.replace(/\.(?!\d)|(?<=\p{L})-|-(?!\d)/gu, "");
}

function sameWord(typed, word) {
  const [one, other] = [plainWord(typed), plainWord(word)];
  return one === other || (one !== "" && other !== "" && Number(one) === Number(other));
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
  const bad = texts.find((text) => text && text.trim() && Number.isNaN(numberOf(text, task.unit)));
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

function trapped(task, value) {
  const trap = (task.traps || []).find((one) => within(value, one.value, task.within));
  return trap ? { note: trap.why, belief: trap.belief } : {};
}

function judgeNumber(task, given) {
  const value = numberOf(given, task.unit);
  const right = within(value, task.truth, task.within);
  return { ...all(right), ...(right ? {} : trapped(task, value)) };
}

function judgeRange(task, given) {
  const [one, best, other] = given.map((text) => numberOf(text, task.unit));
  const inside = Math.min(one, other) <= task.truth && task.truth <= Math.max(one, other);
  const near = within(best, task.truth, task.within);
  const note = inside ? "It is inside your interval." : "It is outside your interval.";
  return { score: (inside ? 0.5 : 0) + (near ? 0.5 : 0), right: near, note, ...(near ? {} : trapped(task, best)) };
}

function judgeWord(task, given) {
  if (task.accept.some((word) => sameWord(given, word))) return all(true);
  const known = (task.reject || []).find((one) => sameWord(given, one.value));
  return { ...all(false), ...(known ? { note: known.why, belief: known.belief } : {}) };
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
