// What number somebody typed, read kindly, as the app's amounts.py reads it. Pure: knows no page.

const LONGEST = 200;
const SCALES = new Map([
  ["hundred", 1e2],
  ["dozen", 12],
  ...["k", "thousand"].map((word) => [word, 1e3]),
  ...["m", "million", "millions", "mio", "mn", "mln"].map((word) => [word, 1e6]),
  ...["g", "b", "billion", "billions", "bn", "bln"].map((word) => [word, 1e9]),
  ...["t", "trillion", "trillions", "tn"].map((word) => [word, 1e12]),
  ...["ki", "mi", "gi", "ti"].map((word, at) => [word, 2 ** (10 * (at + 1))]),
]);
const PERCENT = ["%", "percent", "pct", "percents"];
const SHARES = ["share", "fraction", "proportion"];
const BYTES = bytes();
const TIMES = new Map(
  [
    [1, "s sec secs second seconds"],
    [1e-3, "ms msec millisecond milliseconds"],
    [1e-6, "us μs usec microsecond microseconds"],
    [1e-9, "ns nanosecond nanoseconds"],
    [60, "min mins minute minutes"],
    [3600, "h hr hrs hour hours"],
    [86400, "day days"],
  ].flatMap(([worth, names]) => names.split(" ").map((name) => [name, worth])),
);
const PARTS = new Map([...PERCENT.map((word) => [word, 0.01]), ...SHARES.map((word) => [word, 1])]);
const FAMILIES = [BYTES, TIMES, PARTS];
const BINARY = /^([kmgtp])(i?)(b|byte|bytes)$/;
const MANY_BYTES = 1e6;

/** Units of information -> bits. */
function bytes() {
  const found = new Map([["bit", 1], ["bits", 1], ["nat", 1 / Math.log(2)], ["nats", 1 / Math.log(2)]]);
  ["", "k", "m", "g", "t", "p"].forEach((letter, place) => {
    for (const [sign, base] of letter ? [["", 1000], ["i", 1024]] : [["", 1000]]) {
      for (const word of ["b", "byte", "bytes"]) found.set(letter + sign + word, 8 * base ** place);
      for (const word of ["bit", "bits"]) found.set(letter + sign + word, base ** place);
    }
  });
  for (const [base, names] of [[1000, ["kilo", "mega", "giga", "tera"]], [1024, ["kibi", "mebi", "gibi", "tebi"]]])
    names.forEach((name, at) => ["byte", "bytes"].forEach((end) => found.set(name + end, 8 * base ** (at + 1))));
  return found;
}

/** Every way to read a text as one number in `unit`, the likeliest first; none when it is not clearly one. */
function readings(text, unit = "") {
  if (text.length > LONGEST) return [];
  const [tokens, rest] = splitNumber(straightNumber(text));
  const value = worth(tokens);
  if (value === null || /\d|^[^\p{L}\p{N}_%°-]/u.test(rest) || PART.test(rest)) return [];
  const found = factors(rest, unit, value).map((factor) => value * factor);
  if (unit.toLowerCase() === "powers of ten" && (!rest || ["x", "times", "fold"].includes(rest))) {
    if (value > 0 && rest) return [Math.log10(value)]; // so many times
    const tenfold = value > 0 && /^(?:(?:\d*\.?\d+\*)?10\^\(?[-+]?\d*\.?\d+\)?|\d*\.?\d*e[-+]?\d+)$/.test(tokens.join(""));
    if (tenfold || value >= 50) found.unshift(Math.log10(value));
  }
  return [...new Set(found)];
}

// ---- from the signs people type to one way of writing

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻";

/** The text with `²` and its like written as `^2`. */
function superscripts(text) {
  return text.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+/g, (run) => `^${[...run].map((sign) => "0123456789+-"[SUPERSCRIPTS.indexOf(sign)]).join("")}`);
}

/** Numbers without the signs that group their digits, and with a decimal point: `1,000`, `0,5`. */
function grouped(text) {
  return text
    .replace(/(?<=\d)_(?=\d)/g, "")
    .replace(/(?<![\d.,])[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})(?![\d.,])/g, (found) => found.replaceAll(".", "").replaceAll(",", "."))
    .replace(/(?<![\d.,])([1-9]\d{0,2})(?:([ ,'’])\d{3}(?:\2\d{3})*)(?![\d,'’])/g, (found) => found.replace(/\D/g, ""))
    .replace(/(?<![\d.,])(\d+),(\d+)(?![\d.,])/g, "$1.$2");
}

const LEADING =
  /^(?:(?:about|approximately|approx|roughly|around|circa|ca|nearly|almost|some|factor|by|of|an?|the)\b\.?|[~≈=≅]|x(?=\s*[\d.(]))\s*/;
const NUMBER_SIGNS = [["⁄", "/"], ["−", "-"], ["–", "-"], ["×", " x "], ["·", "*"], ["⋅", "*"], ["÷", "/"]];

function straightNumber(typed) {
  let text = typed
    .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "(($1)/($2))")
    .replace(/\\(?:times|cdot)\b/g, "*")
    .replace(/\\(?:approx|sim|,|;|!| )/g, " ")
    .replace(/\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}/g, " $1");
  text = superscripts(text).replace(/(?<=\d)(?=[¼½¾⅓⅔])/g, " ");
  text = text.normalize("NFKC").toLowerCase().trim().replace(/^\$+|\$+$/g, "").trim();
  for (const [sign, instead] of NUMBER_SIGNS) text = text.replaceAll(sign, instead);
  text = text.replaceAll("**", "^").replaceAll("{", "(").replaceAll("}", ")").replaceAll("\\", "").replaceAll("π", "pi");
  text = text.replace(/√\s*([\d.]+)/g, "sqrt($1)").replaceAll("√", "sqrt").trimStart();
  for (let found = LEADING.exec(text); found && found[0].length < text.length; found = LEADING.exec(text)) text = text.slice(found[0].length);
  text = text.replace(/(?<![\d.,])(\d+) (\d{1,2})\/(\d{1,2})(?!\d)/g, "($1+$2/$3)");
  return grouped(text).replace(/[ .;!]+$/, "");
}

// ---- the number and what stands behind it

/** What a number of is none that we read. */
const PART = /^(?:(?:half|halves|third|quarter|fifth|tenth|hundredth|thousandth|millionth|billionth)s?\b|e\b)/;
const TOKEN =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)|(?<fn>sqrt|log10|log2|ln|exp)(?=\s*\()|(?<constant>pi|e)(?![a-z])|(?<times>x)(?=\s*[\d(])|(?<sign>[-+*/^()]))/y;

/** The longest expression a text begins with, as tokens, and the rest. */
function splitNumber(text) {
  const found = [];
  let [at, depth, end, kept, operand] = [0, 0, 0, 0, true];
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) break;
    const [kind, token] = Object.entries(match.groups).find(([, one]) => one !== undefined);
    let said = token;
    if (["number", "constant", "fn"].includes(kind)) {
      if (!operand) {
        if (kind === "number" || token === "e") break;
        found.push("*");
      }
      operand = kind === "fn";
    } else if (token === "(") {
      if (!operand) break;
      depth += 1;
    } else if (token === ")") {
      if (operand || !depth) break;
      depth -= 1;
    } else if (!(operand && "+-".includes(token))) {
      if (operand) break;
      [operand, said] = [true, kind === "times" ? "*" : token];
    }
    found.push(said);
    at = TOKEN.lastIndex;
    if (!operand && !depth) [kept, end] = [found.length, at];
  }
  return [found.slice(0, kept), text.slice(end).trim()];
}

/** The value of an expression; null when it has none, or looks like a range. */
function worth(tokens) {
  const limits = /^(\d[\d.]*)-(\d[\d.]*)$/.exec(tokens.join(""));
  if (!tokens.length || (limits && Number(limits[1]) < Number(limits[2]))) return null;
  const left = tokens.flatMap((token) => (token === "exp" ? ["e", "^"] : [token]));
  const value = sum(left);
  return Number.isFinite(value) && !left.length ? value : null;
}

const FUNCTIONS = { sqrt: Math.sqrt, ln: Math.log, log10: Math.log10, log2: Math.log2 };

/** A value on its way: what is not finite stays so, whatever is done with it. */
function finite(value) {
  return Number.isFinite(value) ? value : NaN;
}

function sum(left) {
  let value = product(left);
  while ("+-".includes(left[0] ?? " ")) value = finite(left.shift() === "+" ? value + product(left) : value - product(left));
  return value;
}

function product(left) {
  let value = signed(left);
  while ("*/".includes(left[0] ?? " ")) value = finite(left.shift() === "*" ? value * signed(left) : value / signed(left));
  return value;
}

function signed(left) {
  if ("+-".includes(left[0] ?? " ")) return left.shift() === "-" ? -signed(left) : signed(left);
  const base = atom(left);
  if (left[0] !== "^") return base;
  left.shift();
  const power = signed(left);
  return Number.isNaN(base) || Number.isNaN(power) ? NaN : finite(base ** power);
}

function atom(left) {
  const token = left.shift();
  if (token === "(") {
    const value = sum(left);
    left.shift();
    return value;
  }
  if (token in FUNCTIONS) return finite(FUNCTIONS[token](atom(left)));
  return token === "pi" ? Math.PI : token === "e" ? Math.E : Number(token);
}

// ---- units

/** The scale in a unit, and what is counted: `billion tokens` -> [1e9, "tokens"]. */
function askedUnit(unit) {
  const [first, ...rest] = unit.toLowerCase().split(" ");
  return first.length > 2 && SCALES.has(first) ? [SCALES.get(first), rest.join(" ")] : [1, unit.toLowerCase()];
}

function familyOf(word) {
  return FAMILIES.find((family) => family.has(word));
}

function bare(word) {
  return (word || "").replace(/^[.,;()]+|[.,;()]+$/g, "");
}

/** What the number may be multiplied by to be in the unit asked for; none when the units do not fit. */
function factors(rest, unit, value) {
  const [scale, counted] = askedUnit(unit);
  const first = counted.split(" ")[0];
  const family = familyOf(first);
  const scales = scale > 1 && Math.abs(value) >= scale / 1e3;
  const bytes = BINARY.test(first) && Math.abs(value) >= MANY_BYTES && family.get(first) / 8 >= MANY_BYTES;
  if (!rest)
    return [
      1,
      ...(scales ? [1 / scale] : []),
      ...(bytes ? [8 / family.get(first)] : []),
      ...(SHARES.includes(first) && value > 1 && value <= 100 ? [0.01] : []),
    ];
  const typed = rest.replaceAll("per cent", "percent").replace(/^-+/, "").split(/\s+/).filter(Boolean);
  const [times, word] = scaledUnit(bare(typed[0]), typed, family, first);
  const found = turned(word, first, family, scale, times !== 1).map((factor) => (times * factor) / scale);
  return scales && times === 1 ? [...found, 1 / scale] : found;
}

/** A factor that stands before the unit, and the unit after it. */
function scaledUnit(word, typed, family, first) {
  if (family?.has(word)) return [1, word];
  if (family === BYTES && BYTES.has(`${word}b`) && word.length <= 2) return [1, first.includes("ib") ? `${word.slice(0, 1)}ib` : `${word}b`];
  if (SCALES.has(word)) {
    let times = SCALES.get(word);
    const rest = typed.slice(1).map(bare);
    while (SCALES.has(rest[0]) && rest[0] !== first) times *= SCALES.get(rest.shift());
    return [times, rest[0] ?? ""];
  }
  if (word.length > 3 && "kmgt".includes(word[0]) && first && word.slice(1, 4) === first.slice(0, 3)) return [SCALES.get(word[0]), word.slice(1)];
  return [1, word];
}

/** From the unit that was typed to the one asked for. */
function turned(word, first, family, scale, scaled) {
  if (PERCENT.includes(word)) return [(0.01 / (family === PARTS ? family.get(first) : 1)) * scale];
  const typed = word ? familyOf(word) : undefined;
  if (family && typed === family) {
    const binary = word === first ? null : BINARY.exec(word);
    const meant = binary ? [word, `${binary[1]}${binary[2] ? "" : "i"}${binary[3]}`] : [word];
    return meant.map((one) => family.get(one) / family.get(first));
  }
  if (typed && first && word !== first && typed !== PARTS) return [];
  return [scaled ? 1 : scale];
}
