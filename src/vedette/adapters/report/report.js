// Adds zoom and values under the pointer to charts that are whole without it. It reads points back from the paths and
// asks nothing of any network.
(() => {
  "use strict";
  const WIDE = 100000, HIGH = 10000;
  const plots = [...document.querySelectorAll("figure.plot")].map(prepare);
  document.documentElement.classList.add("scripted");
  document.documentElement.dataset.charts = String(plots.length);

  function prepare(figure) {
    const data = figure.dataset;
    const axis = (name) => ({ low: Number(data[name + "0"]), high: Number(data[name + "1"]), log: data[name + "log"] === "1" });
    const plot = {
      figure, group: data.group || "", x: axis("x"), y: axis("y"), xUnit: data.xunit,
      canvas: figure.querySelector(".canvas"), svg: figure.querySelector("svg"), cross: figure.querySelector(".cross"),
      readout: figure.querySelector(".readout"), ticks: figure.querySelector(".xs"), window: [0, 1], series: null,
    };
    plot.canvas.addEventListener("pointermove", (event) => point(plot, event));
    plot.canvas.addEventListener("pointerleave", () => peers(plot).forEach(hide));
    if (plot.group) drag(plot);
    return plot;
  }

  function peers(plot) {
    return plot.group ? plots.filter((other) => other.group === plot.group) : [plot];
  }

  function value(axis, share) {
    return axis.log ? axis.low * Math.pow(axis.high / axis.low, share) : axis.low + share * (axis.high - axis.low);
  }

  function words(number) {
    if (Math.abs(number) >= 100) return Math.round(number).toLocaleString("en");
    return String(Number(number.toPrecision(3)));
  }

  // Points of a path: dots are "Mx yh0", lines "Mx yLx y", stairs "Mx yHxVy", ticks at the edge "Mx 0v700".
  function points(group) {
    const path = group.querySelector("path").getAttribute("d");
    const xs = [], ys = [];
    const found = group.classList.contains("steps") ? /H(\d+)V(\d+)/g : /[ML](\d+) (\d+)/g;
    for (const match of path.matchAll(found)) { xs.push(Number(match[1])); ys.push(Number(match[2])); }
    const shape = (name) => group.classList.contains(name);
    return { xs, ys, label: group.dataset.label, unit: group.dataset.unit, stairs: shape("steps"), line: shape("line") };
  }

  function read(plot) {
    plot.series ??= [...plot.svg.querySelectorAll("g.series")].map(points);
    return plot.series;
  }

  // The nearest point; on stairs the last step to the left, which holds until the next.
  function nearest(series, x) {
    let low = 0, high = series.xs.length;
    while (low < high) { const middle = (low + high) >> 1; if (series.xs[middle] <= x) low = middle + 1; else high = middle; }
    if (series.stairs) return low - 1;
    if (low === 0) return series.xs.length ? 0 : -1;
    if (low === series.xs.length) return low - 1;
    return x - series.xs[low - 1] < series.xs[low] - x ? low - 1 : low;
  }

  function point(plot, event) {
    const box = plot.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    peers(plot).forEach((peer) => show(peer, share));
  }

  function show(plot, share) {
    const [low, high] = plot.window;
    const x = (low + share * (high - low)) * WIDE;
    const told = [];
    for (const series of read(plot)) {
      const place = nearest(series, x);
      const reach = (series.line ? 0.1 : 0.02) * (high - low) * WIDE;
      if (place < 0 || (!series.stairs && Math.abs(series.xs[place] - x) > reach)) continue;
      const y = value(plot.y, 1 - series.ys[place] / HIGH);
      told.push(series.unit ? `${series.label} ${words(y)} ${series.unit}` : series.label);
    }
    plot.cross.style.display = "block";
    plot.cross.style.left = 100 * share + "%";
    plot.readout.textContent = [`${words(value(plot.x, x / WIDE))} ${plot.xUnit}`, ...told].join("  ·  ");
  }

  function hide(plot) {
    plot.cross.style.display = "none";
    plot.readout.textContent = "";
  }

  // Zoom with a mouse only: a finger's drag scrolls the page, and has the buttons.
  function drag(plot) {
    let start = null, shade = null;
    plot.canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      start = event.clientX;
      shade = document.createElement("div");
      shade.className = "drag";
      plot.canvas.append(shade);
      plot.canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    plot.canvas.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const box = plot.canvas.getBoundingClientRect();
      shade.style.left = Math.min(start, event.clientX) - box.left + "px";
      shade.style.width = Math.abs(event.clientX - start) + "px";
    });
    const end = (event) => {
      if (start === null) return;
      const box = plot.canvas.getBoundingClientRect();
      const [low, high] = plot.window;
      const shares = [start, event.clientX].map((at) => Math.min(1, Math.max(0, (at - box.left) / box.width)));
      shares.sort((one, other) => one - other);
      shade.remove();
      const wide = shares[1] - shares[0];
      start = null;
      if (event.type === "pointerup" && wide > 0.01) zoom(plot.group, low + shares[0] * (high - low), low + shares[1] * (high - low));
    };
    plot.canvas.addEventListener("pointerup", end);
    plot.canvas.addEventListener("pointercancel", end);
    plot.canvas.addEventListener("dblclick", () => zoom(plot.group, 0, 1));
  }

  function zoom(group, low, high) {
    for (const plot of plots.filter((one) => one.group === group)) {
      plot.window = [low, Math.max(high, low + 1e-4)];
      plot.svg.setAttribute("viewBox", `${low * WIDE} 0 ${(plot.window[1] - low) * WIDE} ${HIGH}`);
      retick(plot);
      for (const label of plot.canvas.querySelectorAll(".at[data-x]")) place(plot, label, Number(label.dataset.x));
    }
    for (const button of document.querySelectorAll(`.tools[data-for="${group}"] button`)) {
      const same = Math.abs(button.dataset.low - low) < 1e-9 && Math.abs(button.dataset.high - high) < 1e-9;
      button.setAttribute("aria-pressed", String(same));
    }
  }

  function place(plot, label, x) {
    const share = (x - plot.x.low) / (plot.x.high - plot.x.low);
    const at = (share - plot.window[0]) / (plot.window[1] - plot.window[0]);
    label.style.left = 100 * at + "%";
    label.style.display = at < -1e-9 || at > 1 ? "none" : "";
  }

  function retick(plot) {
    const [low, high] = plot.window.map((share) => value(plot.x, share));
    const raw = (high - low) / 6, power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw * 0.999);
    plot.ticks.textContent = "";
    for (let tick = Math.ceil(low / step - 1e-9); tick * step <= high + step * 1e-9; tick += 1) {
      const label = document.createElement("span");
      label.textContent = String(Number((tick * step).toPrecision(10)));
      label.style.left = (100 * (tick * step - low)) / (high - low) + "%";
      plot.ticks.append(label);
    }
  }

  for (const button of document.querySelectorAll(".tools button")) {
    const tools = button.closest(".tools");
    button.addEventListener("click", () => zoom(tools.dataset.for, Number(button.dataset.low), Number(button.dataset.high)));
  }

  // What is folded away belongs on paper.
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) folded.open = true;
  });
})();
