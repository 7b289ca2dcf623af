// The small pieces every part of the page is made of. All text becomes text nodes; nothing is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";
const MOTION = matchMedia("(prefers-reduced-motion: no-preference)");

/** An element with attributes, listeners (names that begin with "on") and children; texts become text nodes. */
function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a picture. */
function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A text with its web addresses as links. Only http and https ever become one. */
function linked(text) {
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"'“”)\]]+[^\s<>"'“”)\].,;:]|\barXiv:(\d{4}\.\d{4,5})\b/g)) {
    const address = found[1] ? `https://arxiv.org/abs/${found[1]}` : found[0];
    pieces.push(text.slice(from, found.index), outward(address, found[0]));
    from = found.index + found[0].length;
  }
  return [...pieces, text.slice(from)];
}

function outward(address, text) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return text;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return text;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, text);
}

function bullets(lines, marked = (line) => line) {
  return h("ul", { class: "plain" }, lines.map((line) => h("li", {}, marked(line))));
}

/** A section under a small heading of its own. */
function section(title, ...children) {
  return h("section", { class: "part" }, h("h3", {}, title), children);
}

/** A button; `key` is shown beside its words. */
function button(words, click, { key = "", ...rest } = {}) {
  const hint = key ? [" ", h("kbd", { "aria-hidden": true }, key)] : [];
  return h("button", { type: "button", onclick: click, ...rest }, words, hint);
}

/** For eyes that do not see: words only a screen reader says. */
function unseen(words) {
  return h("span", { class: "unseen" }, words);
}

/** Code with its lines numbered; the lines to look at are marked. */
function codeBlock(text, marked = []) {
  const lines = text.split("\n").map((line, at) =>
    h("span", { class: marked.includes(at + 1) ? "line marked" : "line" }, line || " ", "\n"),
  );
  return h("pre", { class: "code", tabindex: 0, "aria-label": "Code" }, h("code", {}, lines));
}

function say(text) {
  document.getElementById("said").textContent = text;
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function words(name) {
  return name.replaceAll("_", " ");
}

/** What the browser keeps between visits; a file:// page may be forbidden to, and then forgets. */
const memory = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`quizapp.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  put(name, value) {
    try {
      localStorage.setItem(`quizapp.${name}`, JSON.stringify(value));
    } catch {
      // Kept until the page is closed, then; the help says so.
    }
  },
};
