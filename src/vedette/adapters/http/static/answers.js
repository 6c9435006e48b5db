/* What an answer of /infer looks like: classes as bars, boxes over the image, stage times as one bar. */

const COLOURS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2", "#a6a6a6"];
const CROWD = 25;
const CORNERS = ["", "right", "low", "low right"];

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const milliseconds = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

function showAnswers(answers) {
  const several = answers.length > 1;
  byId("boxes").replaceChildren();
  byId("results").replaceChildren(...answers.map((answer, index) => resultOf(answer, several ? index : null)));
  byId("boxes").classList.toggle("crowd", byId("boxes").children.length > CROWD);
  placeNames();
}

/* A name goes to the first corner of its box where it hides no other name; the picture's size decides, so again with it. */
function placeNames() {
  const placed = [], picture = byId("boxes").getBoundingClientRect();
  for (const name of byId("boxes").querySelectorAll(".box > span")) {
    const free = CORNERS.find((corner) => {
      name.className = corner;
      const at = name.getBoundingClientRect();
      return at.left >= picture.left && at.right <= picture.right && !placed.some((other) => overlap(at, other));
    });
    name.className = free ?? "";
    placed.push(name.getBoundingClientRect());
  }
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

new ResizeObserver(placeNames).observe(document.getElementById("boxes"));

/* One model's answer; with several models each has a colour, with one each class has. */
function resultOf(answer, index) {
  const part = make("section", { class: "result" }, make("h3", {}, `${answer.model} `, versionOf(answer)));
  if (answer.error) {
    part.append(make("div", { class: "problem" }, make("p", {}, make("strong", {}, answer.error.message)), make("p", {}, answer.error.help)));
    return part;
  }
  if (answer.classes) part.append(...classesOf(answer.classes));
  if (answer.detections) part.append(...detectionsOf(answer, index));
  if (answer.timeline_ms) part.append(...timesOf(answer.timeline_ms));
  return part;
}

function versionOf(answer) {
  const how = [`version ${answer.model_version}`, answer.runtime, answer.precision];
  return make("span", { class: "soft small" }, answer.model_version ? how.filter(Boolean).join(", ") : "");
}

function classesOf(classes) {
  const list = make("ol", { class: "rows", tabindex: "0", "aria-label": "classes" });
  for (const one of classes) {
    const filled = make("i");
    filled.style.width = `${100 * Math.max(0, Math.min(1, one.score))}%`;
    list.append(make("li", {}, make("span", { class: "label" }, one.label), make("span", { class: "number" }, percent(one.score)),
      make("span", { class: "track", "aria-hidden": "true" }, filled)));
  }
  return [classes.length ? list : make("p", { class: "soft" }, "no class")];
}

function detectionsOf(answer, index) {
  const list = make("ol", { class: "rows", "aria-label": "detections" });
  for (const one of answer.detections) {
    const colour = COLOURS[(index ?? Math.max(0, one.class_id)) % COLOURS.length];
    const box = boxOf(one, answer, colour);
    const swatch = make("span", { class: "swatch" });
    swatch.style.background = colour;
    const row = make("li", { tabindex: "0" }, make("span", { class: "label" }, swatch, one.label),
      make("span", { class: "number" }, percent(one.score)),
      make("span", { class: "where" }, `x ${side(one.box, 0)}, y ${side(one.box, 1)}`));
    for (const [event, lit] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]])
      row.addEventListener(event, () => box.classList.toggle("lit", lit));
    byId("boxes").append(box);
    list.append(row);
  }
  return [make("p", { class: "soft" }, counted(answer.detections)), answer.detections.length ? list : ""];
}

const counted = (detections) => (detections.length === 1 ? "1 object" : `${detections.length} objects`);

const side = (box, axis) => `${Math.round(box[axis])} to ${Math.round(box[axis + 2])}`;

/* A box is xyxy in pixels of the image; here in shares of it, so it stays right at every size. */
function boxOf(one, answer, colour) {
  const [left, top, right, bottom] = one.box;
  const name = make("span", {}, `${one.label} ${percent(one.score)}`);
  const box = make("div", { class: "box" }, name);
  name.style.background = colour;
  Object.assign(box.style, {
    borderColor: colour,
    left: `${(100 * left) / answer.width}%`,
    top: `${(100 * top) / answer.height}%`,
    width: `${(100 * (right - left)) / answer.width}%`,
    height: `${(100 * (bottom - top)) / answer.height}%`,
  });
  return box;
}

function timesOf(timeline) {
  const stages = Object.entries(timeline).filter(([name]) => name !== "total");
  const bar = make("div", { class: "times", "aria-hidden": "true" });
  const legend = make("ul", { class: "legend", "aria-label": "stage times" });
  stages.forEach(([name, value], index) => {
    const part = make("i", { title: `${name} ${milliseconds(value)}` });
    const swatch = make("span", { class: "swatch" });
    part.style.flex = `${value} 0 0`;
    part.style.background = swatch.style.background = COLOURS[index % COLOURS.length];
    bar.append(part);
    legend.append(make("li", {}, swatch, `${name} ${milliseconds(value)}`));
  });
  legend.append(make("li", {}, make("strong", {}, `total ${milliseconds(timeline.total)}`)));
  return [make("p", { class: "soft small caption" }, "stage times"), bar, legend];
}
