"use strict";
(() => {
  const report = JSON.parse(document.getElementById("data").textContent);
  const layers = report.layers;
  const byId = (id) => document.getElementById(id);
  const charts = {};

  const known = (x) => typeof x === "number" && Number.isFinite(x);
  const number = (x, digits) => (known(x) ? x.toFixed(digits) : "–");
  const short = (x) => (known(x) ? Number(x.toPrecision(4)).toString() : "–");
  const bytes = (n) => (n >= 1e6 ? (n / 1e6).toFixed(2) + " MB" : n >= 1e3 ? (n / 1e3).toFixed(1) + " kB" : n + " B");
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function element(tag, text, attributes) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes || {}).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  function ratio(activations) {
    if (!activations || activations.channelAmax.length === 0) return null;
    const sorted = [...activations.channelAmax].sort((x, y) => x - y);
    const n = sorted.length;
    return sorted[n - 1] / ((sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2);
  }

  function tiles() {
    const sum = (value) => layers.reduce((total, layer) => total + value(layer), 0);
    const packed = sum((layer) => layer.packedBytes);
    const float = sum((layer) => layer.floatBytes);
    const worst = layers.filter((layer) => known(layer.outputDb)).sort((x, y) => x.outputDb - y.outputDb)[0];
    const entries = [
      [layers.length, "quantized layers"],
      [sum((layer) => Object.keys(layer.formats).length), "quantizers"],
      [bytes(packed), "of weights, packed"],
      [bytes(float), "of weights, float32"],
      [float ? (float / packed).toFixed(2) + " ×" : "–", "smaller"],
      [layers.filter((layer) => known(layer.alpha)).length, "layers smoothed"],
      [worst ? number(worst.outputDb, 1) + " dB" : "–", worst ? "worst output: " + worst.path : "worst output"],
    ];
    entries.forEach(([value, what]) => {
      const tile = element("div", undefined, { class: "tile" });
      tile.append(element("b", value), element("span", what));
      byId("tiles").append(tile);
    });
    if (report.skipped.length > 0) {
      const tile = element("div", undefined, { class: "tile" });
      tile.append(element("b", report.skipped.length), element("span", "left float: " + report.skipped.join(", ")));
      byId("tiles").append(tile);
    }
  }

  const allColumns = [
    ["layer", (layer) => layer.path, null],
    ["class", (layer) => layer.type, null],
    ["weight dB", (layer) => layer.weightDb, 1],
    ["input dB", (layer) => layer.inputDb, 1],
    ["output dB", (layer) => layer.outputDb, 1],
    ["output L1", (layer) => layer.outputL1, 4],
    ["sensitivity", (layer) => layer.sensitivity, 5],
    ["max / median", (layer) => ratio(layer.before), 1],
    ["after", (layer) => ratio(layer.after), 1],
    ["alpha", (layer) => layer.alpha, 2],
    ["bytes", (layer) => layer.packedBytes, 0],
  ];

  const columns = allColumns.filter(([, value, digits]) => digits === null || layers.some((layer) => known(value(layer))));

  function table() {
    const head = element("thead");
    const names = element("tr");
    columns.forEach(([name, , digits]) => names.append(element("th", name, digits === null ? { class: "text" } : { "data-sort-method": "number" })));
    head.append(names);
    const body = element("tbody");
    layers.forEach((layer, index) => {
      const row = element("tr", undefined, { "data-layer": index, tabindex: "0" });
      columns.forEach(([, value, digits]) => {
        const x = value(layer);
        const cell = digits === null ? element("td", x, { class: "text" }) : element("td", number(x, digits));
        if (digits !== null) cell.setAttribute("data-sort", known(x) ? x : -1e300);
        row.append(cell);
      });
      row.addEventListener("click", () => choose(index));
      row.addEventListener("keydown", (event) => event.key === "Enter" && choose(index));
      body.append(row);
    });
    byId("layers").append(head, body);
    new Tablesort(byId("layers"));
    byId("search").addEventListener("input", (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      body.querySelectorAll("tr").forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      });
    });
  }

  /** Whether a figure is there at all: one without data says nothing. */
  function shown(id, hasData) {
    byId(id).closest("figure").hidden = !hasData;
    if (!hasData && charts[id]) {
      charts[id].destroy();
      delete charts[id];
    }
    return hasData;
  }

  function chart(id, config) {
    if (charts[id]) charts[id].destroy();
    config.options = Object.assign({ responsive: true, maintainAspectRatio: false, animation: false }, config.options);
    Chart.defaults.color = color("--soft");
    Chart.defaults.borderColor = color("--line");
    charts[id] = new Chart(byId(id), config);
  }

  const axis = (text, more) => Object.assign({ title: { display: true, text } }, more);

  function noise() {
    byId("noise-box").style.height = Math.max(260, 60 + 26 * layers.length) + "px";
    const bars = (label, key, paint) => ({ label, data: layers.map((layer) => layer[key]), backgroundColor: color(paint) });
    chart("noise", {
      type: "bar",
      data: { labels: layers.map((layer) => layer.path), datasets: [bars("weight", "weightDb", "--a"), bars("input", "inputDb", "--b"), bars("output", "outputDb", "--c")] },
      options: { indexAxis: "y", scales: { x: axis("dB", { beginAtZero: true }), y: { ticks: { autoSkip: false } } } },
    });
  }

  function curve(layer) {
    if (!shown("curve", Boolean(layer.curve))) return;
    const found = layer.curve;
    const points = found.alphas.map((alpha, i) => ({ x: alpha, y: found.errors[i] }));
    const datasets = [{ label: "error", data: points, borderColor: color("--a"), backgroundColor: color("--a"), pointRadius: 3 }];
    if (known(found.off)) {
      datasets.push({ label: "off", data: [{ x: 0, y: found.off }, { x: 1, y: found.off }], borderColor: color("--soft"), borderDash: [5, 4], pointRadius: 0 });
    }
    const best = points.find((point) => Math.abs(point.x - layer.alpha) < 1e-9);
    if (best) datasets.push({ label: "chosen", data: [best], borderColor: color("--b"), backgroundColor: color("--b"), pointRadius: 7, showLine: false });
    chart("curve", { type: "line", data: { datasets }, options: { scales: { x: axis("alpha", { type: "linear", min: 0, max: 1 }), y: axis("relative output error", { beginAtZero: true }) } } });
  }

  function histogram(layer) {
    if (!shown("histogram", Boolean(layer.before || layer.after))) return;
    const datasets = [];
    let most = 1;
    [["before", "--b"], ["after", "--a"]].forEach(([key, paint]) => {
      const seen = layer[key];
      if (!seen) return;
      datasets.push({ label: key, data: seen.counts.map((n, i) => ({ x: (i + 0.5) * seen.binWidth, y: n > 0 ? n : null })), borderColor: color(paint), backgroundColor: color(paint), pointRadius: 0, stepped: "middle", spanGaps: false });
      most = Math.max(most, ...seen.counts);
    });
    [["before", "--b"], ["after", "--a"]].forEach(([key, paint]) => {
      const seen = layer[key];
      if (seen && known(seen.amax)) datasets.push({ label: "amax " + key, data: [{ x: seen.amax, y: 1 }, { x: seen.amax, y: most }], borderColor: color(paint), borderDash: [4, 3], pointRadius: 0 });
    });
    chart("histogram", { type: "line", data: { datasets }, options: { scales: { x: axis("absolute value", { type: "linear", min: 0 }), y: axis("values", { type: "logarithmic" }) } } });
  }

  function channels(layer) {
    const bars = (key, paint) => (layer[key] ? [{ label: key, data: layer[key].channelAmax, backgroundColor: color(paint), barPercentage: 1, categoryPercentage: 1 }] : []);
    const count = Math.max(...["before", "after"].map((key) => (layer[key] ? layer[key].channelAmax.length : 0)));
    if (!shown("channels", count > 0)) return;
    chart("channels", {
      type: "bar",
      data: { labels: Array.from({ length: count }, (_, i) => i), datasets: [...bars("before", "--b"), ...bars("after", "--a")] },
      options: { scales: { x: axis("channel"), y: axis("amax", { type: "logarithmic" }) } },
    });
  }

  function calibrators(layer) {
    const target = byId("calibrators");
    target.replaceChildren();
    const entries = Object.entries(layer.calibrators);
    if (entries.length === 0) return;
    const head = element("tr");
    head.append(element("th", "calibrator", { class: "text" }), element("th", "amax"));
    target.append(head);
    entries.forEach(([name, amax]) => {
      const row = element("tr");
      row.append(element("td", name, { class: "text" }), element("td", short(amax)));
      target.append(row);
    });
  }

  function choose(index) {
    const layer = layers[index];
    byId("layer").value = index;
    document.querySelectorAll("#layers tbody tr").forEach((row) => row.classList.toggle("chosen", Number(row.dataset.layer) === index));
    byId("formats").textContent = Object.entries(layer.formats).map(([tensor, format]) => tensor + ": " + format).join(" · ");
    curve(layer);
    histogram(layer);
    channels(layer);
    calibrators(layer);
  }

  /** From the page's color at the median to a deep one at 100 times the median. */
  function heat(value) {
    const share = Math.max(0, Math.min(1, Math.log10(Math.max(value, 1)) / 2));
    return "color-mix(in srgb, " + color("--b") + " " + Math.round(8 + 92 * share) + "%, " + color("--back") + ")";
  }

  function map() {
    const cells = 48;
    const target = byId("map");
    target.closest("section").hidden = !layers.some((layer) => layer.before && layer.before.channelAmax.length > 0);
    target.replaceChildren();
    layers.forEach((layer) => {
      if (!layer.before || layer.before.channelAmax.length === 0) return;
      const row = element("tr");
      row.append(element("td", layer.path, { class: "text" }));
      ["before", "after"].forEach((key, side) => {
        if (side === 1) row.append(element("td", "", { class: "gap" }));
        const amax = layer[key] ? layer[key].channelAmax : [];
        const sorted = [...amax].sort((x, y) => x - y);
        const median = sorted[sorted.length >> 1] || 1;
        const width = Math.max(1, amax.length / cells);
        for (let i = 0; i < Math.min(cells, amax.length); i++) {
          const part = amax.slice(Math.floor(i * width), Math.max(Math.floor((i + 1) * width), Math.floor(i * width) + 1));
          const value = Math.max(...part) / median;
          const cell = element("td", "", { class: "cell", title: key + ", channels from " + Math.floor(i * width) + ": " + short(value) + " × median" });
          cell.style.background = heat(value);
          row.append(cell);
        }
      });
      target.append(row);
    });
  }

  function sizes() {
    byId("sizes-box").style.height = Math.max(220, 60 + 18 * layers.length) + "px";
    chart("sizes", {
      type: "bar",
      data: {
        labels: layers.map((layer) => layer.path),
        datasets: [
          { label: "packed", data: layers.map((layer) => layer.packedBytes), backgroundColor: color("--a") },
          { label: "float32", data: layers.map((layer) => layer.floatBytes), backgroundColor: color("--line") },
        ],
      },
      options: { indexAxis: "y", scales: { x: axis("bytes"), y: { ticks: { autoSkip: false } } } },
    });
  }

  function draw() {
    noise();
    sizes();
    map();
    if (layers.length > 0) choose(Number(byId("layer").value) || 0);
  }

  function theme(name) {
    document.documentElement.dataset.theme = name;
    draw();
  }

  document.title = report.title + " · Bitfold report";
  byId("title").textContent = report.title;
  if (report.advice.length > 0) {
    byId("advice-section").hidden = false;
    byId("advice").textContent = report.advice.join("\n\n");
  }
  layers.forEach((layer, index) => byId("layer").append(element("option", layer.path, { value: index })));
  byId("layer").addEventListener("change", (event) => choose(Number(event.target.value)));
  byId("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  tiles();
  table();
  theme(window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  window.addEventListener("beforeprint", () => theme("light"));
  document.documentElement.dataset.ready = "true";
})();
