// Whether a typed word is one that is looked for, read kindly, as the app's spelling.py reads it. Pure.

const GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega".split(" ");
const WORD_SIGNS = [["√", "sqrt"], ["−", "-"], ["–", "-"], ["‐", "-"], ["‑", "-"], ["×", "x"], ["·", "*"], ["⋅", "*"], ["∙", "*"], ["&", " and "]];
const LONG = 6;
const [EXACT, SPELLED, SLIPPED] = [0, 1, 2];

/** The same function of one text, which works out no text twice: what is accepted is compared again and again. */
function remembered(work) {
  const known = new Map();
  return (text) => {
    if (!known.has(text)) known.set(text, work(text));
    return known.get(text);
  };
}

const straight = remembered(straightWord);
const plainWord = remembered(plainOf);
const piecesOf = remembered(splitWords);
const american = remembered(americanOf);
const formula = remembered(growthOf);
const amountOf = remembered(numberOf);

/** One way of writing for every sign that has several, in lower case; Greek letters by their names. */
function straightWord(typed) {
  let text = typed
    .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1/$2")
    .replace(/\\(?:text|mathrm|mathbf|mathcal|operatorname)\s*\{([^{}]*)\}/g, "$1")
    .replace(/\\(?:times|cdot)\b/g, "*")
    .replace(/\\(?:left|right|,|;|!)/g, "");
  text = superscripts(text).normalize("NFKC").trim().toLowerCase();
  for (const [sign, instead] of WORD_SIGNS) text = text.replaceAll(sign, instead);
  return grouped(text.replaceAll("**", "^").replace(/[α-ω]/g, (letter) => GREEK[letter.codePointAt(0) - 0x3b1]));
}

/** A typed word without what does not matter; the point and the minus of a number stay. */
function plainOf(text) {
  return straight(text)
    .replace(/(?<=\d)[\s_*()[\]{},'"$\\]+(?=\d)/g, "·")
    .replace(/[\s_*()[\]{},'"’“”$\\]/g, "")
    .replace(/\.(?!\d)|(?<=[\p{L}_])-|-(?!\d)/gu, "");
}

/** A text that is nothing but a number; null: it is none. */
function numeral(text) {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text)) return Number(text);
  const named = /^([-+]?)(inf(?:inity)?|nan)$/.exec(text);
  return named ? (named[2] === "nan" ? NaN : Number(`${named[1]}Infinity`)) : null;
}

function sameWord(typed, word) {
  const [one, other] = [plainWord(typed), plainWord(word)];
  const [first, second] = [numeral(one), numeral(other)];
  return first !== null && second !== null ? first === second : one === other;
}

// ---- words that differ in their spelling

const AMERICAN = [
  [/is(e|ed|es|er|ers|ing|ation|ations)$/, "iz$1"],
  [/ys(e|ed|es|er|ers|ing)$/, "yz$1"],
  [/(?<=\w{3})our(s|ed|ing|al|able|hood|hoods)?$/, "or$1"],
  [/(?<=\w{2}[tb])re(s|d)?$/, "er$1"],
  [/(?<=\w)ogue(s?)$/, "og$1"],
  [/((?:b|od|anc|nn|ign|av|unn|ev|ot|iti|all)[ae]l)l(ed|ing|er|ers)$/, "$1$2"],
  [/^(def|off|lic)ence/, "$1ense"],
  [/^artef/, "artif"],
  [/^programme$/, "program"],
  [/^grey/, "gray"],
  [/^judgement/, "judgment"],
  [/^learnt$/, "learned"],
];
const PLURALS = {
  ...{ matrices: "matrix", vertices: "vertex", indices: "index", axes: "axis", bases: "basis" },
  ...{ maxima: "maximum", minima: "minimum", optima: "optimum", analyses: "analysis" },
  ...{ hypotheses: "hypothesis", halves: "half" },
};

function americanOf(word) {
  return AMERICAN.reduce((text, [pattern, instead]) => text.replace(pattern, instead), word);
}

function isPlural(many, one) {
  if (one.length < 3 || !/^\p{L}+$/u.test(one) || /(?:ss|us|is|ias)$/.test(many)) return false;
  const ies = one.endsWith("y") ? `${one.slice(0, -1)}ies` : one;
  return many === `${one}s` || many === ies || (many === `${one}es` && /[sxzho]$/.test(one)) || PLURALS[many] === one;
}

/** The words of a text, ready to be compared; an article before others is none of them. */
function splitWords(text) {
  const spaced = straight(text).replace(/(?<=[\p{L}_])-|-(?!\d)|[\s_*()[\]{},'"’“”$\\]/gu, " ");
  const found = spaced.replaceAll(". ", " ").replace(/[ .]+$/, "").split(/\s+/).filter(Boolean);
  return found.length > 1 && ["a", "an", "the"].includes(found[0]) ? found.slice(1) : found;
}

/** Words without the spaces between them, but for those between two numbers. */
function joined(parts) {
  return parts.map((part) => american(part)).join("·").replace(/(?<!\d)·|·(?!\d)/g, "");
}

/** Whether one letter of a long word is wrong: another one, missing, too much, or changed with the next. */
function slipped(typed, word) {
  if (word.length < LONG || typed[0] !== word[0] || !/^\p{L}+$/u.test(typed) || !/^\p{L}+$/u.test(word)) return false;
  let at = 0;
  while (at < Math.min(typed.length, word.length) && typed[at] === word[at]) at += 1;
  const [rest, wanted] = [typed.slice(at), word.slice(at)];
  const swapped = wanted.slice(0, 2).split("").reverse().join("");
  const changed = rest.slice(0, 2) === swapped && rest.slice(2) === wanted.slice(2);
  return rest !== wanted && (rest.slice(1) === wanted.slice(1) || rest.slice(1) === wanted || rest === wanted.slice(1) || changed);
}

// ---- how near a typed text is to a word

/** How a typed text is a word: {word, rank, how}; null when it is not. known: words that are no slips. */
function fit(typed, word, known) {
  if (straight(typed).startsWith("-") && !straight(word).startsWith("-")) return null;
  if (sameWord(typed, word)) return { word, rank: EXACT, how: "" };
  const value = valued(typed, word);
  if (value) return { word, rank: SPELLED, how: value };
  const [mine, wanted] = [piecesOf(typed), piecesOf(word)];
  if (!mine.length || !wanted.length) return null;
  if (joined(mine) === joined(wanted)) return { word, rank: SPELLED, how: "differs only in spelling from" };
  if (mine.length !== wanted.length) return null;
  let slips = 0;
  for (const at of mine.keys()) {
    const [one, other] = [american(mine[at]), american(wanted[at])];
    if (one === other || isPlural(one, other) || isPlural(other, one)) continue;
    if (known.includes(one) || !slipped(one, other)) return null;
    slips += 1;
  }
  if (slips > 1) return null;
  return slips ? { word, rank: SLIPPED, how: "differs in one letter from" } : { word, rank: SPELLED, how: "is singular or plural of" };
}

/** What differs when both are the same number or the same formula; empty when they are not. */
function valued(typed, word) {
  const growth = formula(typed);
  if (growth && growth === formula(word)) return "is the same formula as";
  const [one, other] = [amountOf(typed), amountOf(word)];
  if (one === undefined || other === undefined) return "";
  if (Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other))) return "is the same number as";
  const digits = plainWord(typed).replace(/\D/g, "").replace(/^0+/, "").length;
  const rounded = /^-?\d*\.\d+$/.test(plainWord(typed)) && digits >= 3;
  return rounded && !Number.isInteger(other) && Number(other.toPrecision(digits)) === one ? "is the rounded number" : "";
}

/** The number of a text that is nothing but a number; letters that would scale it are no number here. */
function numberOf(typed) {
  const text = typed.trim().toLowerCase().replace(/^\s*(?:about|roughly|approximately|around|~|≈|=)\s*/, "");
  return /[a-df-wyz%]/.test(text.replace(/sqrt|log2|log10|exp|\\frac/g, "")) ? undefined : readings(text)[0];
}

/** A growth such as O(N^2 d) or N**2, as one text; null when it is none. */
function growthOf(typed) {
  const text = straight(typed).replaceAll("$", "").replaceAll("\\", "");
  const found = /^(?:(?:is|in|of)\s+)?(?:the\s+)?(?:o|order(?: of)?|theta)\s*(?=[(\s])\s*(.+)$/.exec(text);
  const kind = found ? (text.startsWith("theta") ? "theta" : "o") : "";
  let inner = found ? found[1].trim() : text;
  if (found && inner.startsWith("(") && inner.endsWith(")")) inner = inner.slice(1, -1);
  inner = inner.replace(/(?<=\w)\s+x\s+(?=\w)/g, "*").replace(/[[\]{}]/g, "");
  inner = inner.replace(/\^\(?(-?\d+(?:\.\d+)?)\)?/g, "^$1").replace(/sqrt\(?([a-z])\)?/g, "$1^0.5");
  inner = inner.replace(/log(?:2|_2|10)?\s*\(?\s*([a-z])\s*\)?/g, " L$1 ").replace(/\b([a-z]) squared/g, "$1^2");
  const terms = inner.split("+").map(factorsOf);
  if (terms.some((term) => !term) || !(kind || text.includes("^")) || /[a-z]{3}/.test(inner.replaceAll(" ", "."))) return null;
  return JSON.stringify([kind, terms.sort()]);
}

/** The factors of a product with their powers, in order, as one text; empty when it is none. */
function factorsOf(term) {
  const powers = {};
  for (let rest = term.trim(); rest; ) {
    const part = /^[\s*.]*(L?[a-z]|\d+(?:\.\d+)?)(?:\^(-?\d+(?:\.\d+)?))?\s*/.exec(rest);
    if (!part) return "";
    powers[part[1]] = (powers[part[1]] || 0) + Number(part[2] ?? 1);
    rest = rest.slice(part[0].length);
  }
  const found = Object.entries(powers).map((pair) => pair.join("^"));
  return found.sort().join(" ");
}

// ---- one gap

/** What became of a gap: {right, accepted, rejected}, the last two as `fit` says it. */
function filled(typed, task) {
  const accepted = nearest(typed, task.accept, task);
  const rejected = nearest(typed, (task.reject || []).map((one) => one.value), task);
  const right = accepted !== null && (rejected === null || accepted.rank < rejected.rank || accepted.rank === EXACT);
  return { right, accepted, rejected };
}

function nearest(typed, candidates, task) {
  const known = task.known || [];
  const found = candidates.map((word) => fit(typed, word, known)).filter(Boolean);
  for (const shorter of without(typed, task.beside || ["", ""])) {
    for (const word of candidates) {
      const one = fit(shorter, word, known);
      if (one) found.push({ word, rank: Math.max(SPELLED, one.rank), how: one.how || "with the words beside the gap is" });
    }
  }
  return found.reduce((best, one) => (best && best.rank <= one.rank ? best : one), null);
}

/** What was typed without the words that stand beside the gap anyway. */
function without(typed, beside) {
  const split = (text) => text.replaceAll("-", " ").split(/\s+/).filter(Boolean);
  const [mine, before, behind] = [typed, ...beside].map(split);
  const alike = (some, others) => some.length === others.length && some.every((word, at) => plainWord(word) === plainWord(others[at]));
  const found = [];
  for (let count = 1; count < mine.length; count += 1) {
    if (alike(mine.slice(-count), behind.slice(0, count))) found.push(mine.slice(0, -count).join(" "));
    if (alike(mine.slice(0, count), before.slice(-count))) found.push(mine.slice(count).join(" "));
  }
  return found;
}
