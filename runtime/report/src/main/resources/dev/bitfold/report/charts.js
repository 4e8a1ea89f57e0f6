// Charts. Colours follow the page's theme; sizes follow the paper while it is printed.
const charts = new Map();
let onPaper = false;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const axis = (text, more) => Object.assign({ title: { display: true, text } }, more);
const narrow = () => window.innerWidth < 600;

function chart(canvas, label, config) {
  if (charts.has(canvas)) charts.get(canvas).destroy();
  canvas.setAttribute("aria-label", label);
  Chart.defaults.color = color("--soft");
  Chart.defaults.borderColor = color("--line");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = onPaper ? 9 : 12;
  const legend = { position: "top", align: "start", labels: { usePointStyle: true, boxHeight: 7, padding: 14 } };
  const plugins = Object.assign({ legend }, config.options.plugins);
  config.options = Object.assign({ responsive: true, maintainAspectRatio: false, animation: false }, config.options, { plugins });
  charts.set(canvas, new Chart(canvas, config));
}

function forget(canvases) {
  canvases.forEach((canvas) => {
    if (charts.has(canvas)) charts.get(canvas).destroy();
    charts.delete(canvas);
  });
}

/** The axis of the layers: numbers as in the table. */
const depth = () => axis("layer, #", { type: "linear", offset: false, min: 0.5, max: layers.length + 0.5, grid: { display: false }, ticks: { precision: 0, includeBounds: false, stepSize: layers.length < 12 ? 1 : undefined } });
const pathOf = (items) => (items.length > 0 ? layers[Math.round(items[0].parsed.x) - 1].path : "");
const toLayer = { onClick: (event, items) => items.length > 0 && choose(items[0].index, true) };

function noiseChart() {
  const series = (label, key, paint, pointStyle) => ({
    label,
    data: layers.map((layer, i) => ({ x: i + 1, y: known(layer[key]) ? layer[key] : null })),
    borderColor: color(paint), backgroundColor: color(paint), borderWidth: 1, pointStyle, pointRadius: onPaper || narrow() ? 2.5 : 4, pointHoverRadius: 6, spanGaps: true, clip: 8,
  });
  const datasets = [series("weight", "weightDb", "--a", "rect"), series("input", "inputDb", "--b", "triangle"), series("output", "outputDb", "--c", "circle")];
  const worst = worstLayer();
  const label = "Signal to noise of " + count(layers.length, "layer", "layers") + (worst ? "; the lowest output is " + fixed(1)(worst.outputDb) + " dB, of " + worst.path : "");
  chart(byId("noise"), label, {
    type: "line",
    data: { datasets: datasets.filter((set) => set.data.some((point) => known(point.y))) },
    options: Object.assign({
      interaction: { mode: "nearest", intersect: false },
      scales: { x: depth(), y: axis(narrow() ? "dB" : "dB (relative error)", { beginAtZero: true, ticks: { stepSize: 10, callback: (dB) => (narrow() ? dB : dB + " (" + short(Number((100 * errorOf(dB)).toPrecision(2))) + " %)") } }) },
      plugins: { tooltip: { callbacks: { title: pathOf, label: (item) => item.dataset.label + " " + fixed(1)(item.parsed.y) + " dB, error " + percent(errorOf(item.parsed.y)) + " %" } } },
    }, toLayer),
  });
}

function sizesChart() {
  const points = (key) => layers.map((layer, i) => ({ x: i + 1, y: layer[key] }));
  const bars = (label, key, paint, order) => ({ label, data: points(key), backgroundColor: color(paint), grouped: false, order, barPercentage: 1, categoryPercentage: 0.72, maxBarThickness: 56, pointStyle: "rect" });
  chart(byId("sizes"), "Size of each layer, packed and as float32", {
    type: "bar",
    data: { datasets: [bars("packed", "packedBytes", "--a", 1), bars("float32", "floatBytes", "--pale", 2)] },
    options: Object.assign({
      interaction: { mode: "index", intersect: false },
      scales: { x: depth(), y: axis("bytes", { beginAtZero: true, ticks: { maxTicksLimit: 6, callback: (n) => (n === 0 ? "0" : bytes(n)) } }) },
      plugins: { tooltip: { callbacks: { title: pathOf, label: (item) => item.dataset.label + " " + bytes(item.parsed.y) } } },
    }, toLayer),
  });
}

/** The error of the model's output over what a choice costs, for what was chosen and for other budgets. */
function errorOver(canvas, { chosen, front }, { cost, show, what, title }) {
  const all = [...front, chosen].sort((x, y) => x[cost] - y[cost]);
  const point = (key) => (at) => ({ x: at[cost], y: at[key] > 0 ? 100 * at[key] : null });
  const datasets = [
    { label: "chosen, measured", data: [point("measured")(chosen)], borderColor: color("--b"), backgroundColor: color("--b"), pointRadius: 7, pointStyle: "rectRot", showLine: false, clip: 8 },
    { label: "other budgets, measured", data: front.map(point("measured")), borderColor: color("--a"), backgroundColor: color("--a"), pointRadius: 4, showLine: false, clip: 8 },
    { label: "predicted", data: all.map(point("predicted")), borderColor: color("--soft"), backgroundColor: color("--soft"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0, pointStyle: "line", spanGaps: true },
  ];
  chart(canvas, "Error of the model's output over " + what + "; chosen " + show(chosen[cost]) + " with an error of " + percent(chosen.measured) + " %, predicted " + percent(chosen.predicted) + " %", {
    type: "line",
    data: { datasets },
    options: {
      interaction: { mode: "nearest", intersect: false },
      scales: { x: axis(title, { type: "linear", ticks: { maxTicksLimit: narrow() ? 4 : 8, callback: (n) => show(n) } }), y: axis("error of the model's output, %", { type: "logarithmic", ticks: { callback: onesTwosFives } }) },
      plugins: { tooltip: { callbacks: { title: (items) => (items.length > 0 ? show(items[0].parsed.x) : ""), label: (item) => item.dataset.label + ": error " + short(item.parsed.y) + " %" } } },
    },
  });
}

const frontChart = () => errorOver(byId("front"), report.formats, { cost: "bytes", show: bytes, what: "the bytes of its weights", title: "weights and biases, packed" });

function searchCharts() {
  const ofFloat = (n) => fixed(0)(100 * n) + " %";
  errorOver(byId("search-times"), report.search, { cost: "time", show: ofFloat, what: "the time of a run", title: "time of a run, of the float file's" });
  errorOver(byId("search-bytes"), report.search, { cost: "bytes", show: bytes, what: "the bytes of the file", title: "bytes of the file" });
}

/** Ticks of a logarithmic axis of few powers of ten: their first, second and fifth multiples. */
const onesTwosFives = (n) => ([1, 2, 5].some((times) => Math.abs(n / Math.pow(10, Math.floor(Math.log10(n) + 1e-9)) - times) < 1e-6) ? short(n) : null);

function curveChart(canvas, layer) {
  const found = layer.curve;
  const points = found.alphas.map((alpha, i) => ({ x: alpha, y: 100 * found.errors[i] }));
  const datasets = [{ label: "tried", data: points, borderColor: color("--a"), backgroundColor: color("--a"), pointRadius: 2.5, borderWidth: 2, clip: 8 }];
  const best = points.find((point) => Math.abs(point.x - layer.alpha) < 1e-9);
  if (best) datasets.unshift({ label: "chosen: " + layer.alpha.toFixed(2), data: [best], borderColor: color("--b"), backgroundColor: color("--b"), pointRadius: 6, showLine: false, clip: 8 });
  if (known(found.off)) datasets.push({ label: "not smoothed", data: [{ x: 0, y: 100 * found.off }, { x: 1, y: 100 * found.off }], borderColor: color("--soft"), backgroundColor: color("--soft"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0, pointStyle: "line" });
  chart(canvas, "Error of the layer's output over alpha" + (known(layer.alpha) ? "; chosen " + layer.alpha.toFixed(2) : ""), {
    type: "line",
    data: { datasets },
    options: {
      scales: { x: axis("alpha", { type: "linear", min: 0, max: 1, ticks: { stepSize: 0.2 } }), y: axis("error of the output, %", { beginAtZero: true, ticks: { maxTicksLimit: 6 } }) },
      plugins: { tooltip: { callbacks: { title: (items) => "alpha " + items[0].parsed.x.toFixed(2), label: (item) => item.dataset.label + ": error " + short(item.parsed.y) + " %" } } },
    },
  });
}

/** Ticks of a logarithmic axis: powers of ten. */
const powers = (n) => {
  if (Math.abs(Math.log10(n) - Math.round(Math.log10(n))) > 1e-9) return null;
  return n >= 1e6 ? n / 1e6 + " M" : n >= 1e3 ? n / 1e3 + " k" : n >= 1e-3 ? String(Number(n.toPrecision(1))) : n.toExponential(0);
};

const sides = (input) => [["before", "--b", "before smoothing"], ["after", "--a", "after smoothing"]]
  .filter(([key]) => input[key])
  .map(([key, paint, label]) => ({ seen: input[key], paint, label: input.after ? label : "values" }));

function histogramChart(canvas, input) {
  const top = largest(sides(input), (side) => largest(side.seen.counts, (n) => n)) || 1;
  const datasets = sides(input).map(({ seen, paint, label }) => ({
    label, data: seen.counts.map((n, i) => ({ x: (i + 0.5) * seen.binWidth, y: n > 0 ? n : null })),
    borderColor: color(paint), backgroundColor: color(paint), borderWidth: 1.5, pointRadius: 0, stepped: "middle", pointStyle: "line",
  }));
  sides(input).filter((side) => known(side.seen.amax)).forEach(({ seen }) => datasets.push({
    label: "amax: " + short(seen.amax), data: [{ x: seen.amax, y: 1 }, { x: seen.amax, y: top }],
    borderColor: color("--text"), backgroundColor: color("--text"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0, pointStyle: "line",
  }));
  chart(canvas, "How often each magnitude occurs in input " + input.name, {
    type: "line",
    data: { datasets },
    options: {
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: axis("magnitude", { type: "linear", min: 0 }), y: axis("number of values", { type: "logarithmic", ticks: { callback: powers } }) },
      plugins: { tooltip: { callbacks: { title: (items) => "magnitude " + short(items[0].parsed.x), label: (item) => item.dataset.label + ": " + count(item.parsed.y, "value", "values") } } },
    },
  });
}

function channelsChart(canvas, input) {
  const lines = sides(input).map(({ seen, paint, label }) => ({
    label, data: seen.channelAmax.map((amax, i) => ({ x: i, y: amax > 0 ? amax : null })),
    borderColor: color(paint), backgroundColor: color(paint), borderWidth: 1, pointRadius: 0, pointStyle: "line",
  }));
  const channels = largest(sides(input), (side) => side.seen.channelAmax.length);
  chart(canvas, "Largest magnitude of each channel of input " + input.name, {
    type: "line",
    data: { datasets: lines },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: { x: axis("channel", { type: "linear", min: 0, max: Math.max(1, channels - 1), grid: { display: false }, ticks: { precision: 0, includeBounds: false } }), y: axis("largest magnitude", { type: "logarithmic", ticks: { callback: powers } }) },
      plugins: { tooltip: { callbacks: { title: (items) => "channel " + items[0].parsed.x, label: (item) => item.dataset.label + ": " + short(item.parsed.y) } } },
    },
  });
}

/** From the page's colour at the median to a deep one at 100 times the median. */
function heat(value) {
  const share = Math.max(0, Math.min(1, Math.log10(Math.max(value, 1)) / 2));
  return "color-mix(in srgb, var(--b) " + Math.round(10 + 90 * share) + "%, var(--back))";
}

const STRIP = 48;

/** A strip of cells, each as its largest channel over the median one. */
function strip(activations, what) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const amax = activations ? activations.channelAmax : [];
  const cells = Math.min(STRIP, amax.length);
  const sorted = [...amax].sort((x, y) => x - y);
  const median = (sorted[(amax.length - 1) >> 1] + sorted[amax.length >> 1]) / 2 || 1;
  svg.setAttribute("viewBox", "0 0 " + Math.max(1, cells) + " 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", what + ", largest channel " + fixed(1)(spread(activations)) + " times the median");
  for (let i = 0; i < cells; i++) {
    const from = Math.floor((i * amax.length) / cells);
    const to = Math.floor(((i + 1) * amax.length) / cells);
    const value = Math.max(...amax.slice(from, to)) / median;
    const rect = document.createElementNS(svg.namespaceURI, "rect");
    Object.entries({ x: i, y: 0, width: 1.02, height: 1 }).forEach(([name, at]) => rect.setAttribute(name, at));
    rect.style.fill = heat(value);
    const title = document.createElementNS(svg.namespaceURI, "title");
    title.textContent = "channels " + from + " to " + (to - 1) + ": " + fixed(1)(value) + " × the median";
    rect.append(title);
    svg.append(rect);
  }
  return svg;
}

function channelMap() {
  const rows = layers.flatMap((layer) => layer.inputs
    .filter((input) => input.before.channelAmax.length > 0)
    .map((input) => ({ path: layer.inputs.length > 1 ? layer.path + "." + input.name : layer.path, input })));
  byId("map-section").hidden = rows.length === 0;
  const smoothed = rows.some((row) => row.input.after);
  const columns = [
    { name: "Layer", text: true, head: true, cell: (row) => pathText(row.path) },
    { name: smoothed ? "Before smoothing" : "Channels", text: true, cell: (row) => strip(row.input.before, "before smoothing") },
    { name: "Spread", cell: (row) => fixed(1)(spread(row.input.before)) + " ×" },
  ];
  if (smoothed) {
    columns.push({ name: "After smoothing", text: true, cell: (row) => (row.input.after ? strip(row.input.after, "after smoothing") : "not smoothed") });
    columns.push({ name: "Spread", cell: (row) => (row.input.after ? fixed(1)(spread(row.input.after)) + " ×" : "") });
  }
  fill(byId("map"), columns, rows);
  document.querySelectorAll("#map-legend i").forEach((bar, i) => {
    bar.style.background = "linear-gradient(90deg, " + heat(Math.pow(10, i)) + ", " + heat(Math.pow(10, i + 1)) + ")";
  });
}
