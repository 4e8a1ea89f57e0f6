// Numbers as text, and elements.
const report = JSON.parse(document.getElementById("data").textContent);
const layers = report.layers;
const byId = (id) => document.getElementById(id);

const NONE = "–";
const known = (x) => typeof x === "number" && Number.isFinite(x);
const fixed = (digits) => (x) => (known(x) ? x.toFixed(digits) : NONE);
const short = (x) => (known(x) ? Number(x.toPrecision(4)).toString() : NONE);
/** A share as a percentage without its sign: two decimals, more where they would all be zeros. */
const percent = (x) => {
  if (!known(x)) return NONE;
  const value = 100 * x;
  if (value === 0 || value >= 0.01) return value.toFixed(2);
  return value >= 1e-6 ? Number(value.toPrecision(1)).toFixed(1 - Math.floor(Math.log10(value)) - 1) : value.toExponential(0);
};
const bytes = (n) => {
  const size = Math.abs(n);
  if (size < 1000) return n + "\u00a0B";
  return size < 999500 ? (n / 1e3).toPrecision(3) + "\u00a0kB" : (n / 1e6).toFixed(size < 1e7 ? 2 : 1) + "\u00a0MB";
};
const signed = (n, text) => (n === 0 ? "±0" : (n > 0 ? "+" : "−") + text(Math.abs(n)));
const count = (n, one, many) => n.toLocaleString("en") + " " + (n === 1 ? one : many);
/** The relative error of a signal to noise in dB, and the reverse. */
const errorOf = (decibels) => (known(decibels) ? Math.pow(10, -decibels / 20) : null);
const decibelsOf = (error) => (known(error) && error > 0 ? -20 * Math.log10(error) : null);

function element(tag, content, attributes) {
  const made = document.createElement(tag);
  (Array.isArray(content) ? content : [content]).forEach((part) => {
    if (part !== undefined && part !== null) made.append(part);
  });
  Object.entries(attributes || {}).forEach(([name, value]) => value !== null && made.setAttribute(name, value));
  return made;
}

/** A path that may be broken after its dots and underscores. */
function pathText(path) {
  const made = document.createDocumentFragment();
  path.split(/(?<=[._])|(?=\[)/).forEach((part, i) => {
    if (i > 0) made.append(document.createElement("wbr"));
    made.append(part);
  });
  return made;
}

/** Text in which annotations are set as code. */
function withCode(text) {
  return text.split(/(@\w+(?:\((?:[^()]|\([^()]*\))*\))?)/).map((part) => (part.startsWith("@") ? element("code", part) : part));
}

/** The largest channel over the median one; null without channels. */
function spread(activations) {
  if (!activations || activations.channelAmax.length === 0) return null;
  const sorted = [...activations.channelAmax].sort((x, y) => x - y);
  const n = sorted.length;
  return sorted[n - 1] / ((sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2);
}

/** The largest of what several give; null if none gives a number. */
function largest(list, value) {
  const numbers = list.map(value).filter(known);
  return numbers.length > 0 ? Math.max(...numbers) : null;
}

/**
 * Fills a table. A column is { name, unit, text, cell }: cell gives what a row shows, text says that
 * it is no number, head that it names the row.
 */
function fill(table, columns, rows) {
  table.setAttribute("role", "table");
  const head = element("tr", undefined, { role: "row" });
  columns.forEach((column) => head.append(heading(column)));
  const body = element("tbody", undefined, { role: "rowgroup" });
  rows.forEach((row, index) => {
    const line = element("tr", undefined, { role: "row" });
    columns.forEach((column) => line.append(cell(column, row, index)));
    body.append(line);
  });
  table.replaceChildren(element("thead", head, { role: "rowgroup" }), body);
  return body;
}

function heading(column) {
  // Not a <button>: browsers leave those out where a heading is repeated on paper.
  const content = column.sorts ? [element("span", column.name, { role: "button", tabindex: "0" })] : [column.name];
  if (column.unit) content.push(element("small", column.unit));
  return element("th", content, { scope: "col", role: "columnheader", class: column.text ? "text" : null });
}

function cell(column, row, index) {
  const content = column.cell(row, index);
  if (column.head) return element("th", content, { scope: "row", role: "rowheader", class: "text" });
  const label = column.unit ? column.name + ", " + column.unit : column.name;
  const made = { role: "cell", class: (column.text ? "text " : "number ") + (column.style || ""), "data-label": label };
  return element("td", content, made);
}
