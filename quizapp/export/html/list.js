// Finding: the filters, the search, and a list that only ever draws the rows one can see.

const ROW = 4.6; // the height of a row, in the unit of the page's type (rem)

/** The filters with their choices; `change()` hears of each change of `filters`. */
function filterBox(deck, filters, change) {
  let waiting = 0;
  const search = h("input", { type: "search", id: "search", placeholder: "Search all texts  ( / )", autocomplete: "off", "aria-label": "Search all texts", spellcheck: "false" });
  search.value = filters.text;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filters.text = search.value;
      change();
    }, 120);
  });
  const selects = choicesOf(deck).map(([name, label, options]) => {
    const select = h("select", { id: `filter-${name}` }, h("option", { value: "" }, name === "mine" ? "Answered or not" : `Any ${label.toLowerCase()}`));
    select.append(...options.map(([value, text, count]) => h("option", { value }, count === undefined ? text : `${text} (${count})`)));
    select.value = filters[name];
    select.addEventListener("change", () => {
      filters[name] = select.value;
      change();
    });
    return h("div", { class: "filter" }, h("label", { for: `filter-${name}` }, label), select);
  });
  const fold = h("details", { class: "filters" }, h("summary", {}, "Filter"), h("div", { class: "selects" }, selects));
  fold.open = matchMedia("(min-width: 860px)").matches || Object.entries(filters).some(([name, value]) => name !== "text" && value);
  return h("search", {}, search, fold);
}

function counted(values) {
  const counts = new Map();
  values.forEach((value) => counts.set(value, (counts.get(value) || 0) + 1));
  return counts;
}

/** Every filter: its name, its label, and [value, words, how many] of each choice. */
function choicesOf(deck) {
  const of = (field) => counted(deck.items.map((item) => item[field]));
  const claims = counted(deck.items.flatMap((item) => item.claims || []));
  const states = counted(deck.items.flatMap((item) => [...statesOf(item, deck)]));
  const levels = of("level");
  const pairs = (counts, text) => [...counts].map(([value, count]) => [value, text(value), count]);
  const all = [
    ["topic", "Topic", pairs(of("topic"), (value) => deck.topics[value] || words(value))],
    ["level", "Level", ["junior", "mid", "senior", "staff", "all"].filter((level) => levels.has(level)).map((level) => [level, level === "all" ? "every level" : level, levels.get(level)])],
    ["kind", "Kind", pairs(of("kind"), words)],
    ["verdict", "Verdict", pairs(states, (value) => (value === "stale" ? "Stale" : (VERDICTS[value] || ["", words(value)])[1]))],
    ["claim", "Claim", pairs(claims, (value) => value).sort((a, b) => a[0].localeCompare(b[0]))],
    ["mine", "Answered", [["new", "not yet"], ["wrong", "wrong last time"], ["right", "right last time"]]],
  ];
  return all.filter(([, , options]) => options.length > 0);
}

/** The verdicts of an item's claims, and whether any is stale. */
function statesOf(item, deck) {
  const claims = (item.claims || []).map((id) => deck.claimById.get(id)).filter(Boolean);
  return new Set(claims.flatMap((claim) => ((claim.found || [])[0]?.stale ? [claim.state, "stale"] : [claim.state])));
}

/** The words of a search: every one must occur; "in quotes" they stay together. */
function wordsOf(text) {
  return [...text.toLowerCase().matchAll(/"([^"]+)"?|(\S+)/g)].map((found) => found[1] ?? found[2]);
}

/** The places of the items that fit. texts(place): what an item says. progress: item -> its last result. */
function fitting(deck, filters, texts, progress) {
  const asked = wordsOf(filters.text);
  const found = [];
  deck.items.forEach((item, place) => {
    if (filters.topic && item.topic !== filters.topic) return;
    if (filters.level && item.level !== filters.level) return;
    if (filters.kind && item.kind !== filters.kind) return;
    if (filters.claim && !(item.claims || []).includes(filters.claim)) return;
    if (filters.verdict && !statesOf(item, deck).has(filters.verdict)) return;
    if (filters.mine && (progress[item.id] ?? "new") !== filters.mine) return;
    if (asked.length && !asked.every((word) => texts(place).includes(word))) return;
    found.push(place);
  });
  return found;
}

/** The places of the claims that fit: by topic, claim, verdict and text. */
function fittingClaims(deck, filters) {
  const asked = wordsOf(filters.text);
  return deck.claims.flatMap((claim, place) => {
    if (filters.topic && claim.topic !== filters.topic) return [];
    if (filters.claim && claim.id !== filters.claim) return [];
    const stale = (claim.found || [])[0]?.stale;
    if (filters.verdict && claim.state !== filters.verdict && !(stale && filters.verdict === "stale")) return [];
    const text = asked.length ? claimText(claim) : "";
    return asked.every((word) => text.includes(word)) ? [place] : [];
  });
}

/** A list of any length. row(place) draws one; `show` takes the places and which of them is on the page. */
function longList(label, row, choose) {
  const list = h("ol", { class: "rows" });
  const box = h("nav", { class: "list", "aria-label": label }, list);
  const state = { places: [], at: -1 };
  const height = () => ROW * parseFloat(getComputedStyle(document.documentElement).fontSize);
  let asked = 0;
  const draw = () => {
    asked = 0;
    const size = height();
    const first = Math.max(0, Math.floor(box.scrollTop / size) - 6);
    const last = Math.min(state.places.length, Math.ceil((box.scrollTop + box.clientHeight) / size) + 6);
    list.style.height = `${state.places.length * size}px`;
    const rows = [];
    for (let at = first; at < last; at += 1) rows.push(oneRow(at, size));
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.at : undefined;
    list.replaceChildren(...rows);
    if (focused !== undefined) list.querySelector(`[data-at="${focused}"]`)?.focus({ preventScroll: true });
  };
  const oneRow = (at, size) => {
    const here = at === state.at;
    const click = h("button", { type: "button", "data-at": at, "aria-current": here ? "true" : false, onclick: () => choose(at) }, row(state.places[at]));
    const line = h("li", { "aria-setsize": state.places.length, "aria-posinset": at + 1 }, click);
    line.style.top = `${at * size}px`;
    line.style.height = `${size}px`;
    return line;
  };
  box.addEventListener("scroll", () => {
    if (!asked) asked = requestAnimationFrame(draw);
  });
  new ResizeObserver(draw).observe(box);
  const reveal = () => {
    const size = height();
    const top = state.at * size;
    if (top < box.scrollTop || top + size > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - box.clientHeight / 3);
  };
  return {
    element: box,
    show(places, at) {
      Object.assign(state, { places, at });
      list.style.height = `${places.length * height()}px`;
      if (at >= 0) reveal();
      draw();
    },
  };
}

/** A text with what was searched for marked in it. */
function marked(text, asked) {
  const plain = text.toLowerCase();
  const place = asked.map((word) => plain.indexOf(word)).filter((at) => at >= 0).sort((a, b) => a - b)[0];
  if (place === undefined || plain.length !== text.length) return text;
  const word = asked.find((one) => plain.startsWith(one, place));
  const from = place > 90 ? place - 40 : 0;
  return [from ? "…" : "", text.slice(from, place), h("mark", {}, text.slice(place, place + word.length)), text.slice(place + word.length)];
}
