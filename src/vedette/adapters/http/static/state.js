/* How models and pipelines are. */

async function refreshState() {
  const [models, pipelines] = await Promise.all([
    call("/v2/repository/index", { method: "POST" }).then((response) => response.json()),
    call("/pipelines").then((response) => response.json(), (error) => {
      if (error.status === 404) return { pipelines: [] };
      throw error;
    }),
  ]);
  byId("model-list").replaceChildren(...(models.length ? models.map(modelRow) : [none("no model")]));
  byId("pipeline-list").replaceChildren(...(pipelines.pipelines.length ? pipelines.pipelines.map(pipelineRow) : [none("no pipeline")]));
  byId("refreshed").textContent = `at ${new Date().toLocaleTimeString()}`;
  return models;
}

const none = (text) => make("p", { class: "soft" }, text);

function pill(state) {
  const kind = { READY: "good", ready: "good", running: "good", UNAVAILABLE: "bad", failed: "bad" }[state] || "";
  return make("span", { class: `pill ${kind}` }, state.toLowerCase());
}

function modelRow(entry) {
  const row = make("div", { class: "state" }, make("span", { class: "name" }, entry.name), ` version ${entry.version || "?"} `, pill(entry.state));
  if (entry.reason) row.append(make("p", { class: "soft" }, entry.reason));
  if (entry.state === "READY") row.append(detailsOf(entry));
  return row;
}

/* Asked for when they are opened: the page itself is quick with many models. */
function detailsOf(entry) {
  const details = make("details", {}, make("summary", { class: "soft small" }, "tensors and counts"));
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    const path = `/v2/models/${encodeURIComponent(entry.name)}/versions/${encodeURIComponent(entry.version)}`;
    let told;
    try {
      const [model, stats] = await Promise.all([call(path), call(`${path}/stats`)].map(async (one) => (await one).json()));
      told = factsOf(model, stats.model_stats[0].inference_stats);
    } catch (error) {
      told = none(`${error.message}. ${error.help || ""}`);
    }
    details.replaceChildren(details.firstChild, told);
  });
  return details;
}

function factsOf(model, counts) {
  const tensors = (list) => list.map((one) => `${one.name} ${one.datatype} [${one.shape.join(", ")}]`).join("; ");
  const mean = counts.success.count ? milliseconds(counts.success.ns / counts.success.count / 1e6) : "none yet";
  return facts({
    platform: model.platform, inputs: tensors(model.inputs), outputs: tensors(model.outputs),
    answered: counts.success.count, failed: counts.fail.count, "mean time": mean,
  });
}

function facts(values) {
  const list = make("dl");
  for (const [name, value] of Object.entries(values)) list.append(make("dt", {}, name), make("dd", {}, String(value)));
  return list;
}

function pipelineRow(one) {
  const row = make("div", { class: "state" }, make("span", { class: "name" }, one.pipeline), " ", pill(one.state));
  const outputs = Object.entries(one.outputs).map(([id, url]) => `${id}: ${url}`).join("; ");
  row.append(facts({ models: one.models.join(", ") || "none", input: one.input || "not set", outputs: outputs || "none" }));
  if (one.job) row.append(none(`job ${one.job.job}: ${one.job.state}, ${one.job.images.done} done, ${one.job.images.failed} failed`));
  return row;
}
