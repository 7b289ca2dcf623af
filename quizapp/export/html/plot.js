// The picture of a run, drawn from its points. Arms differ by line and marker as well as by colour.

const SIGNS = ["●", "■", "◆", "▼", "▲", "+", "×"];
const SUPERS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A picture as wide as its place, so that its letters keep their size on a phone. */
function boxFor(width) {
  return { width: width < 600 ? 380 : 640, height: width < 600 ? 290 : 340, left: 66, right: 16, top: 14, bottom: 52 };
}

/** The plot with its legend and its numbers. */
function drawPlot(plot) {
  const curves = plot.curves || [];
  const box = boxFor(innerWidth);
  const across = axis(curves.flatMap((curve) => curve.points.map((point) => point[0])), plot.x_log);
  const up = axis(curves.flatMap((curve) => curve.points.map((point) => point[1])), plot.y_log);
  const x = (value) => box.left + across.place(value) * (box.width - box.left - box.right);
  const y = (value) => box.height - box.bottom - up.place(value) * (box.height - box.top - box.bottom);
  const title = plot.title || "What was measured";
  const picture = s(
    "svg",
    { viewBox: `0 0 ${box.width} ${box.height}`, role: "img", "aria-label": `${title}. ${plot.y || "y"} against ${plot.x || "x"}` },
    grid(box, across, up, x, y),
    axisNames(box, plot),
    curves.map((curve, place) => drawCurve(curve, place, x, y)),
  );
  const legend = curves.map((curve, place) =>
    h("li", {}, swatch(curve, place), h("span", {}, curve.name + (curve.control ? " (control)" : ""))),
  );
  return h("figure", { class: "plot" }, h("figcaption", {}, title), picture, h("ul", { class: "legend" }, legend), numbers(plot));
}

/** Where values stand between 0 and 1, and which of them get a name. */
function axis(values, log) {
  const ends = values.map((value) => (log ? Math.log10(value) : value));
  let low = ends.reduce((a, b) => Math.min(a, b), Infinity);
  let high = ends.reduce((a, b) => Math.max(a, b), -Infinity);
  const pad = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.1 || 1;
  [low, high] = [low - pad, high + pad];
  const place = (value) => ((log ? Math.log10(value) : value) - low) / (high - low);
  return { place, ticks: log && high - low >= 1 ? decades(low, high) : log ? between(low, high) : steps(low, high) };
}

function steps(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high; at += 1) found.push([at * step, short(at * step)]);
  return found;
}

function decades(low, high) {
  const stride = Math.ceil((high - low) / 6);
  const found = [];
  for (let at = Math.ceil(low / stride) * stride; at <= high; at += stride) found.push([10 ** at, tenTo(at)]);
  return found.length > 1 ? found : between(low, high);
}

function between(low, high) {
  return steps(10 ** low, 10 ** high).filter(([value]) => value > 0);
}

function tenTo(power) {
  return power >= -3 && power <= 4 ? short(10 ** power) : `10${[...String(power)].map((sign) => SUPERS[sign]).join("")}`;
}

function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replace(/\.?0+e\+?/, "e");
  return String(Number(value.toPrecision(5))).replace("-", "−");
}

function grid(box, across, up, x, y) {
  const [left, right, top, bottom] = [box.left, box.width - box.right, box.top, box.height - box.bottom];
  return [
    ...across.ticks.map(([value, name]) => [
      s("line", { class: "grid", x1: x(value), x2: x(value), y1: top, y2: bottom }),
      s("text", { x: x(value), y: bottom + 18, "text-anchor": "middle" }, name),
    ]),
    ...up.ticks.map(([value, name]) => [
      s("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
      s("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, name),
    ]),
    s("path", { class: "axes", d: `M${left} ${top}V${bottom}H${right}` }),
  ];
}

function axisNames(box, plot) {
  const middle = (box.top + box.height - box.bottom) / 2;
  return [
    s("text", { class: "name", x: (box.left + box.width - box.right) / 2, y: box.height - 10, "text-anchor": "middle" }, cut(plot.x, box.width / 8)),
    s("text", { class: "name", x: 0, y: 0, transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle" }, cut(plot.y, 44)),
  ];
}

function cut(text = "", most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function lookOf(place) {
  return { colour: `c${place % 7}`, sign: (place + Math.floor(place / 7)) % 7 };
}

function drawCurve(curve, place, x, y) {
  const { colour, sign } = lookOf(place);
  const points = curve.points.map(([one, other]) => [x(one).toFixed(1), y(other).toFixed(1)]);
  const every = Math.max(1, Math.floor(points.length / 12));
  return s(
    "g",
    { class: `curve ${colour}${curve.control ? " control" : ""}` },
    s("path", { d: `M${points.map((point) => point.join(" ")).join("L")}` }),
    points.filter((_, at) => at % every === 0).map(([left, top]) => marker(sign, Number(left), Number(top))),
  );
}

function marker(sign, x, y) {
  const shapes = {
    "●": "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "■": "m-3.5-3.5h7v7h-7z",
    "◆": "m0-5l4.5 5l-4.5 5l-4.5-5z",
    "▼": "m-4.5-3.5h9l-4.5 8z",
    "▲": "m-4.5 3.5h9l-4.5-8z",
    "+": "m-5 0h10m-5-5v10",
    "×": "m-4-4l8 8m0-8l-8 8",
  };
  return s("path", { class: "marker", d: `M${x} ${y}${shapes[SIGNS[sign]]}` });
}

function swatch(curve, place) {
  const { colour, sign } = lookOf(place);
  return s(
    "svg",
    { class: "swatch", viewBox: "0 0 36 14", "aria-hidden": true },
    s("g", { class: `curve ${colour}${curve.control ? " control" : ""}` }, s("path", { d: "M1 7H35" }), marker(sign, 18, 7)),
  );
}

/** Every point in a table, made when it is asked for. */
function numbers(plot) {
  const fold = h("details", { class: "fold" }, h("summary", {}, "The numbers in the picture"));
  fold.addEventListener(
    "toggle",
    () => {
      const rows = (plot.curves || []).flatMap((curve) =>
        curve.points.map(([x, y]) => h("tr", {}, h("td", {}, curve.name), h("td", {}, short(x)), h("td", {}, short(y)))),
      );
      const head = ["Curve", plot.x || "x", plot.y || "y"].map((name) => h("th", { scope: "col" }, name));
      fold.append(scrolled("Numbers", h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows))));
    },
    { once: true },
  );
  return fold;
}

/** Something wide in a box of its own that scrolls sideways. */
function scrolled(label, wide) {
  return h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label }, wide);
}
