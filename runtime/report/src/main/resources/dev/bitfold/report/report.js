// The page.
const ROWS = 20;

function worstLayer() {
  return layers.filter((layer) => known(layer.outputDb)).sort((x, y) => x.outputDb - y.outputDb)[0];
}

function origin() {
  const { written, version, data } = report.origin;
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(new Date(written)) + " UTC";
  const facts = [["Data", data || "not named"], ["Written", element("time", date, { datetime: written })], ["Version", "Bitfold " + version]];
  facts.forEach(([name, value]) => byId("origin").append(element("div", [element("dt", name), element("dd", value)])));
  byId("writer").textContent = "Bitfold " + version;
}

function tiles() {
  const { totals } = report;
  const worst = worstLayer();
  const model = report.modelError;
  const smoothed = layers.filter((layer) => known(layer.alpha)).length;
  const parts = [count(totals.quantizers, "quantizer", "quantizers")];
  if (smoothed > 0) parts.unshift(smoothed + " smoothed");
  const entries = [
    ["Model error", model ? percent(model.relative) + " %" : "not measured",
      model ? modelNote(model) : "Report.with takes what Quantized.compare returns"],
    ["Weights", bytes(totals.packedBytes), totals.floatBytes > 0 ? (totals.floatBytes / totals.packedBytes).toFixed(2) + " × smaller than " + bytes(totals.floatBytes) + " in float32" : ""],
    ["Layers quantized", layers.length + " of " + totals.layers, parts.join(", ")],
    ["Largest error of a layer", worst ? percent(errorOf(worst.outputDb)) + " %" : "none", worst ? layerLink(worst, layers.indexOf(worst)) : "no output was lossy or watched"],
  ];
  entries.forEach(([name, value, more], i) => {
    const none = (i === 0 && !model) || (i === 3 && !worst);
    byId("tiles").append(element("div", [element("dt", name), element("dd", value, { class: none ? "value none" : "value" }), element("dd", more)]));
  });
}

function modelNote(model) {
  const over = "over " + count(model.rows, "row", "rows");
  if (model.relative === 0) return "no difference from float, " + over;
  return fixed(1)(decibelsOf(model.relative)) + " dB, cosine " + fixed(5)(model.cosine) + ", " + over;
}

function layerLink(layer, index) {
  const link = element("a", pathText(layer.path), { href: "#layer-section", class: "path" });
  link.addEventListener("click", () => choose(index));
  return link;
}

const arrow = (from, to) => element("span", [from, element("span", "→", { class: "arrow" }), element("span", to, { class: "better" })], { class: "change" });

function changes() {
  byId("changes-section").hidden = !report.changes;
  if (!report.changes) return;
  const note = byId("changes-note");
  byId("changes").hidden = report.changes.length === 0;
  if (report.changes.length === 0) {
    note.textContent = "Nothing: no layer adds enough to the model's error for a change to be worth its price.";
    return;
  }
  note.append("Each change was tried on calibration data; the layers that cost the model most come first. ", element("code", "plan.with(advice)"), " applies one without a change of the source.");
  fill(byId("changes"), [
    { name: "Layer", text: true, head: true, cell: (change) => changedLayer(change) },
    { name: "Change", text: true, cell: (change) => [...withCode(change.change), element("small", change.reason)] },
    { name: "Error it adds to the model", unit: "%", cell: (change) => arrow(percent(change.modelBefore), percent(change.modelAfter)) },
    { name: "Error of its output", unit: "%", cell: (change) => arrow(percent(change.layerBefore), percent(change.layerAfter)) },
    { name: "Weights", cell: (change) => signed(change.bytes, bytes) },
  ], report.changes);
}

function changedLayer(change) {
  const index = layers.findIndex((layer) => layer.path === change.layer);
  return index < 0 ? pathText(change.layer) : layerLink(layers[index], index);
}

const worstInput = (key) => (layer) => largest(layer.inputs, (input) => spread(input[key]));
const columns = [
  { name: "#", style: "order", value: (layer, index) => index + 1, show: String },
  { name: "Layer", text: true, head: true, value: (layer) => layer.path },
  { name: "Output", unit: "dB", value: (layer) => layer.outputDb, show: fixed(1) },
  { name: "Output error", unit: "%", value: (layer) => errorOf(layer.outputDb), show: percent, meter: true },
  { name: "In model", unit: "%", value: (layer) => layer.sensitivity, show: percent },
  { name: "Weight", unit: "dB", value: (layer) => layer.weightDb, show: fixed(1) },
  { name: "Input", unit: "dB", value: (layer) => layer.inputDb, show: fixed(1) },
  { name: "Spread", unit: "×", value: worstInput("before"), show: fixed(1) },
  { name: "Smoothed", unit: "×", value: worstInput("after"), show: fixed(1) },
  { name: "Alpha", value: (layer) => layer.alpha, show: fixed(2) },
  { name: "Packed", value: (layer) => layer.packedBytes, show: bytes },
].filter((column) => column.text || layers.some((layer, index) => known(column.value(layer, index))));

function table() {
  const worst = largest(layers, (layer) => errorOf(layer.outputDb)) || 1;
  const body = fill(byId("layers"), columns.map((column) => ({ ...column, sorts: true, cell: (layer, index) => content(column, layer, index, worst) })), layers);
  [...body.rows].forEach((row, index) => {
    row.dataset.layer = index;
    columns.forEach((column, i) => {
      const value = column.value(layers[index], index);
      row.cells[i].dataset.sort = column.text || known(value) ? value : "none";
    });
    row.querySelector("th").dataset.order = index + 1;
    row.addEventListener("click", (event) => event.target.closest("a") || choose(index, true));
  });
  sorting();
  search(body);
}

function content(column, layer, index, worst) {
  if (column.text) return [layerLink(layer, index), element("small", layer.type)];
  const value = column.value(layer, index);
  const made = [column.show(value)];
  if (column.meter && known(value)) made.push(element("span", undefined, { class: "meter", style: "width: " + Math.max(2, (100 * value) / worst) + "%", "aria-hidden": "true" }));
  return made;
}

/** Numbers sort from the largest first, rows without one always come last. */
function sorting() {
  const headings = [...byId("layers").tHead.rows[0].cells];
  Tablesort.extend("value", () => false, (x, y) => Number(y) - Number(x));
  headings.forEach((heading, i) => {
    heading.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      heading.click();
    });
    if (columns[i].text) return;
    heading.dataset.sortMethod = "value";
    heading.addEventListener("click", () => heading.hasAttribute("aria-sort") || heading.setAttribute("aria-sort", "ascending"), true);
  });
  new Tablesort(byId("layers"));
  byId("layers").addEventListener("afterSort", () => {
    const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
    const body = byId("layers").tBodies[0];
    [...body.rows].filter((row) => row.cells[column].dataset.sort === "none").forEach((row) => body.append(row));
    byId("sort").value = column;
    byId("direction").textContent = headings[column].getAttribute("aria-sort") === "descending" ? "▼ descending" : "▲ ascending";
  });
  columns.forEach((column, i) => byId("sort").append(element("option", column.unit ? column.name + ", " + column.unit : column.name, { value: i })));
  byId("sort").addEventListener("change", (event) => headings[event.target.value].click());
  byId("direction").addEventListener("click", () => headings[byId("sort").value].click());
  const start = headings[columns.findIndex((column) => column.meter)] || headings[0];
  start.click();
}

function search(body) {
  const few = layers.length <= ROWS + 5;
  const shorten = (on) => {
    byId("layers").classList.toggle("short", on);
    byId("more").textContent = on ? "Show all " + layers.length + " layers" : "Show the first " + ROWS;
    byId("more").setAttribute("aria-expanded", String(!on));
  };
  byId("more").hidden = few;
  if (!few) shorten(true);
  byId("more").addEventListener("click", () => shorten(!byId("layers").classList.contains("short")));
  byId("search").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    [...body.rows].forEach((row) => {
      const layer = layers[row.dataset.layer];
      const text = (layer.path + " " + layer.type).toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      found += row.hidden ? 0 : 1;
    });
    byId("found").textContent = words.length > 0 ? count(found, "layer", "layers") + " of " + layers.length : "";
    byId("more").hidden = few || words.length > 0;
    if (!few) shorten(words.length === 0);
  });
}

function figure(title, note, draw) {
  const canvas = element("canvas", undefined, { role: "img" });
  const made = element("figure", [element("figcaption", [element("b", title), element("span", note)]), element("div", canvas, { class: "chart" })]);
  return { made, draw: () => draw(canvas), canvas };
}

function formatsTable(layer) {
  const made = element("table");
  fill(made, [
    { name: "Tensor", text: true, head: true, cell: ([tensor]) => tensor },
    { name: "Quantized as", text: true, cell: ([, format]) => format },
  ], Object.entries(layer.formats));
  return element("div", [element("h4", "Tensors"), made]);
}

function calibratorsTable(input) {
  const made = element("table");
  const choices = input.calibrators;
  if (choices.length === 0) return null;
  const all = [
    { name: "Calibrator", text: true, head: true, cell: (choice) => choice.calibrator },
    { name: "amax", cell: (choice) => short(choice.amax) },
    { name: "Clipped", unit: "%", cell: (choice) => percent(choice.clipped) },
    { name: "Error", unit: "%", cell: (choice) => percent(choice.error) },
  ];
  fill(made, all.filter((column) => column.name !== "Error" || choices.some((choice) => known(choice.error))), choices);
  const best = choices.filter((choice) => known(choice.error)).sort((x, y) => x.error - y.error)[0];
  if (best) made.tBodies[0].rows[choices.indexOf(best)].cells[3].classList.add("better");
  return element("div", [element("h4", "What each calibrator would choose for " + input.name), made, element("p", "For one scale over the whole input; shares and errors are estimated from the histogram.", { class: "note" })]);
}

let detail = [];
let chosen = 0;

/** The layer's details; asked by the user, the page goes there. */
function choose(index, go) {
  chosen = index;
  const layer = layers[index];
  forget(detail.map((part) => part.canvas));
  detail = [];
  const add = (...parts) => {
    const shown = figure(...parts);
    detail.push(shown);
    return shown.made;
  };
  byId("detail").replaceChildren(...layerParts(layer, add));
  byId("layer").value = index;
  byId("previous").disabled = index === 0;
  byId("next").disabled = index === layers.length - 1;
  document.querySelectorAll("#layers tbody tr").forEach((row) => row.classList.toggle("chosen", Number(row.dataset.layer) === index));
  detail.forEach((part) => part.draw());
  if (go) byId("layer-section").scrollIntoView();
}

const pair = (...parts) => element("div", parts.filter(Boolean), { class: "pair" });

function layerParts(layer, add) {
  const curve = layer.curve ? add("Alpha", "The error of the layer's output for each migration strength.", (canvas) => curveChart(canvas, layer)) : null;
  const [first, ...others] = layer.inputs;
  const parts = [
    element("h3", pathText(layer.path)),
    element("p", layer.type + ", " + bytes(layer.packedBytes) + " packed, " + bytes(layer.floatBytes) + " in float32", { class: "note" }),
    pair(formatsTable(layer), first && calibratorsTable(first)),
  ];
  if (curve || first) parts.push(pair(curve, first && valuesFigure(layer, first, add)));
  if (first) parts.push(...channelsFigure(layer, first, add));
  others.forEach((input) => parts.push(pair(calibratorsTable(input), valuesFigure(layer, input, add)), ...channelsFigure(layer, input, add)));
  return parts;
}

const named = (title, layer, input) => (layer.inputs.length > 1 ? title + " of " + input.name : title);

function valuesFigure(layer, input, add) {
  return add(named("Values", layer, input), "How often each magnitude occurs in the calibration data.", (canvas) => histogramChart(canvas, input));
}

function channelsFigure(layer, input, add) {
  if (input.before.channelAmax.length === 0) return [];
  const made = add(named("Channels", layer, input), "The largest magnitude of each channel: even ones share a scale well.", (canvas) => channelsChart(canvas, input));
  return [element("div", made, { class: "whole" })];
}

function skipped() {
  byId("skipped-section").hidden = report.skipped.length === 0;
  fill(byId("skipped"), [
    { name: "Path", text: true, head: true, cell: (left) => pathText(left.path) },
    { name: "Class", text: true, cell: (left) => left.type },
    { name: "Why", text: true, cell: (left) => withCode(left.reason) },
  ], report.skipped);
}

function formats() {
  byId("formats-section").hidden = !report.formats;
  if (!report.formats) return;
  byId("front-chart").append(element("canvas", undefined, { id: "front", role: "img" }));
  const { weights, chosen, rankCorrelation, heldOut } = report.formats;
  byId("formats-note").textContent = "Of all formats for each weight within a budget, those with the least predicted error were chosen: "
    + bytes(chosen.bytes) + " with an error of " + percent(chosen.measured) + " %, where " + percent(chosen.predicted) + " % were predicted. Only weights are quantized here, each rounded to nearest. "
    + (known(rankCorrelation) ? "Over arbitrary formats of about that size, predicted and measured errors have a rank correlation of " + fixed(2)(rankCorrelation) : "Predicted and measured errors are all equal")
    + (heldOut ? ", on data that the prediction has not seen." : ", on the data of the prediction: there was too little.");
  fill(byId("formats"), [
    { name: "Weight", text: true, head: true, cell: (weight) => pathText(weight.path) },
    { name: "Format", text: true, cell: (weight) => weight.format },
    { name: "Packed", cell: (weight) => bytes(weight.bytes) },
    { name: "Error it adds to the model", unit: "%", cell: (weight) => percent(weight.error) },
  ], weights);
}

function files() {
  byId("search-section").hidden = !report.search;
  if (!report.search) return;
  const { budget, met, chosen, rankCorrelation } = report.search;
  byId("search-note").textContent = "Under the budget " + budget + ", which is " + (met ? "met" : "not met") + ", a file was chosen that takes "
    + fixed(0)(100 * chosen.time) + " % of the float file's time and " + bytes(chosen.bytes) + ", with an error of " + percent(chosen.measured) + " %. What stays float is listed under Left float. "
    + "Times of the others are predicted. " + (known(rankCorrelation) ? "Predicted and measured errors have a rank correlation of " + fixed(2)(rankCorrelation) + "." : "");
  ["times", "bytes"].forEach((cost) => byId("search-" + cost + "-chart").append(element("canvas", undefined, { id: "search-" + cost, role: "img" })));
}

function draw() {
  if (report.formats) frontChart();
  if (report.search) searchCharts();
  if (layers.length === 0) return;
  noiseChart();
  sizesChart();
  detail.forEach((part) => part.draw());
}

const preferred = window.matchMedia("(prefers-color-scheme: dark)");
let wanted = null;

function theme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "dark" ? "Light mode" : "Dark mode";
  draw();
}

const current = () => wanted || (preferred.matches ? "dark" : "light");

/** Paper is light, as wide as A4 between its margins, and shows what is folded away. */
function printing() {
  let folded = true;
  window.addEventListener("beforeprint", () => {
    folded = !byId("meaning").open;
    byId("meaning").open = onPaper = true;
    theme("light");
    charts.forEach((made, canvas) => made.resize(canvas.closest(".pair") ? 325 : 685, canvas.closest(".tall") ? 250 : 190));
  });
  window.addEventListener("afterprint", () => {
    onPaper = false;
    byId("meaning").open = !folded;
    theme(current());
  });
}

function navigation() {
  document.querySelectorAll("section[data-nav]:not([hidden])").forEach((section) =>
    byId("nav").append(element("li", element("a", section.dataset.nav, { href: "#" + section.id }))));
}

document.title = report.title + " · Bitfold report";
byId("title").textContent = report.title;
origin();
tiles();
changes();
formats();
files();
skipped();
["layers-section", "noise-section", "layer-section", "sizes-section"].forEach((id) => (byId(id).hidden = layers.length === 0));
channelMap();
if (layers.length > 0) {
  table();
  layers.forEach((layer, index) => byId("layer").append(element("option", layer.path, { value: index })));
  byId("layer").addEventListener("change", (event) => choose(Number(event.target.value)));
  byId("previous").addEventListener("click", () => choose(chosen - 1));
  byId("next").addEventListener("click", () => choose(chosen + 1));
  choose(Math.max(0, layers.indexOf(worstLayer())));
}
navigation();
theme(current());
byId("theme").addEventListener("click", () => {
  wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  theme(wanted);
});
preferred.addEventListener("change", () => theme(current()));
printing();
document.documentElement.dataset.ready = "true";
