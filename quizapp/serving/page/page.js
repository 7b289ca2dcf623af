// The page around the terminal of textual-serve: it takes keys at once, and says plainly when it ends.
"use strict";

const PHONE = 600; // pixels of width below which letters are smaller
const FONTS = ["16px 'Roboto Mono'", "bold 16px 'Roboto Mono'"];
const PATIENCE = 3000; // milliseconds that the fonts may take
// For fingers: what a phone's own keyboard lacks, or makes hard to reach. [label, what is typed, name]
const KEYS = [
  ["1", "1"], ["2", "2"], ["3", "3"], ["4", "4"], ["5", "5"], ["6", "6"], ["7", "7"],
  ["esc", "\x1b", "escape"], ["↑", "\x1b[A", "up"], ["↓", "\x1b[B", "down"], ["␣", " ", "space"],
  ["s", "s"], ["p", "p"], ["u", "u"], ["?", "?", "help"], ["⌨", "", "keyboard"], ["⏎", "\r", "enter"],
];
const ENDINGS = {
  1001: ["The evening is over", "The host has ended quizapp. Everything you answered is kept."],
  4000: ["You have left", "Everything you answered is kept."],
  4001: ["No room just now", ""],
  4002: ["The app has stopped", "Something went wrong, and the host can see what. Everything you answered is kept."],
};
const LOST = ["The connection is lost", "quizapp cannot be reached just now. Everything you answered is kept."];

const find = (id) => document.getElementById(id);
let socket = null;
let leaving = false;

function focus() {
  const typed = document.querySelector(".xterm-helper-textarea");
  if (typed && find("ended").hidden) typed.focus({ preventScroll: true });
}

function over(event) {
  if (leaving) return; // the page itself is being closed or reloaded
  const [what, why] = ENDINGS[event.code] || LOST;
  find("what").textContent = what;
  find("why").textContent = event.reason || why;
  find("starting").hidden = true;
  find("ended").hidden = false;
  find("again").focus();
}

// The terminal keeps its socket to itself; what it opens is seen here.
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    socket = this;
    this.addEventListener("close", over);
    this.addEventListener("message", (event) => {
      if (typeof event.data === "string" || find("starting").hidden) return;
      find("starting").hidden = true;
      focus();
    });
  }

  send(said) {
    if (this.readyState === WebSocket.OPEN) super.send(said); // the terminal does not look
  }
};

function say(typed) {
  if (socket) socket.send(JSON.stringify(["stdin", typed]));
}

function call_keyboard() {
  // A phone shows its keyboard when something gets the focus, not when it has it.
  document.activeElement.blur();
  focus();
}

function lay_keys() {
  for (const [label, typed, name] of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-label", name || label);
    button.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays
    button.addEventListener("click", typed ? () => say(typed) : call_keyboard);
    find("keys").append(button);
  }
  find("keys").hidden = false;
}

function fit() {
  // Where the keyboard of a phone covers the page in place of shrinking it.
  if (window.visualViewport) document.body.style.height = `${window.visualViewport.height}px`;
  if (window.onresize) window.onresize();
}

function begin() {
  const terminal = find("terminal");
  terminal.dataset.sessionWebsocketUrl = `ws://${location.host}/ws`;
  terminal.dataset.fontSize = window.innerWidth < PHONE ? "12" : "16";
  if (window.matchMedia("(pointer: coarse)").matches) lay_keys();
  find("again").addEventListener("click", () => location.reload());
  window.addEventListener("pagehide", () => { leaving = true; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("focus", focus);
  const script = document.createElement("script");
  script.src = "/part/js/textual.js";
  script.addEventListener("load", () => {
    window.onload(); // it waits for this, which was long ago
    if (window.visualViewport) window.visualViewport.addEventListener("resize", fit);
  });
  script.addEventListener("error", () => over({ code: 0 }));
  document.head.append(script);
}

// Cells are measured once, so the letters must be there before the terminal is.
const letters = Promise.all(FONTS.map((font) => document.fonts.load(font)));
const patience = new Promise((done) => setTimeout(done, PATIENCE));
window.addEventListener("load", () => Promise.race([letters, patience]).then(begin, begin));
