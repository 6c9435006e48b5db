/* The page: an image and what is asked of it -> one request -> its answer, and the curl command that asks the same. */

const page = { file: null, running: null, shown: "" };
const OPTIONS = ["threshold", "top_k", "tile", "overlap"];

function chosenModels() {
  return [...byId("models").querySelectorAll("input:checked")].map((box) => box.value);
}

/* Path and query of the request that the form describes. */
function asked() {
  const query = new URLSearchParams();
  for (const name of OPTIONS) if (byId(name).value.trim()) query.set(name, byId(name).value.trim());
  const path = `/infer/${chosenModels().map(encodeURIComponent).join(",")}`;
  return query.size ? `${path}?${query}` : path;
}

/* application/octet-stream where the browser names no image type: the server looks at the bytes. */
const mediaOf = (file) => (/^image\/[\w.+-]+$/.test(file.type) ? file.type : "application/octet-stream");

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curlOf(file) {
  const name = file.name.startsWith("-") ? `./${file.name}` : file.name;
  const parts = ["curl -sS", `-H ${quoted(`Content-Type: ${mediaOf(file)}`)}`];
  if (storedKey()) parts.push('-H "Authorization: Bearer $VEDETTE_KEY"');
  return [...parts, `--data-binary ${quoted(`@${name}`)}`, quoted(location.origin + asked())].join(" \\\n  ");
}

function showCurl() {
  const ready = Boolean(page.file && chosenModels().length);
  byId("run").disabled = !ready;
  byId("curl-block").hidden = !ready;
  byId("copied").textContent = "";
  if (!ready) return;
  byId("curl").textContent = curlOf(page.file);
  byId("curl-note").hidden = !storedKey();
  byId("curl-note").textContent = "The key is not in the command: it reads VEDETTE_KEY from the environment.";
}

function choose(file) {
  if (!file) return;
  page.file = file;
  URL.revokeObjectURL(page.shown);
  page.shown = URL.createObjectURL(file);
  byId("image").src = page.shown;
  byId("figure").hidden = false;
  byId("chosen").textContent = `${file.name}, ${Math.ceil(file.size / 1024).toLocaleString()} KiB`;
  clearAnswer();
  showCurl();
  run();
}

function clearAnswer() {
  byId("boxes").replaceChildren();
  byId("results").replaceChildren();
}

/* A new run breaks off the one before it. */
async function run() {
  if (!page.file || !chosenModels().length || !byId("try").reportValidity()) return;
  page.running?.abort();
  const running = (page.running = new AbortController());
  showProblem(null);
  byId("status").textContent = "running ...";
  try {
    const response = await call(asked(), {
      method: "POST", body: page.file, signal: running.signal, headers: { "Content-Type": mediaOf(page.file) },
    });
    const answers = [await response.json()].flat();
    if (running.signal.aborted) return;
    showAnswers(answers);
    byId("status").textContent = spoken(answers);
  } catch (error) {
    if (error.name === "AbortError") return;
    clearAnswer();
    byId("status").textContent = "";
    refused(error);
  }
}

/* What a reader who does not see the picture hears. */
function spoken(answers) {
  const one = (answer) => {
    if (answer.error) return "failed";
    if (answer.detections) return counted(answer.detections);
    return answer.classes?.[0]?.label ?? "no class";
  };
  return answers.map((answer) => (answers.length > 1 ? `${answer.model}: ${one(answer)}` : one(answer))).join("; ");
}

function refused(error) {
  if (error.status === 401) askForKey(load); else showProblem(error);
}

function showModels(entries) {
  const before = new Set(chosenModels());
  const names = [...new Set(entries.filter((entry) => entry.state === "READY").map((entry) => entry.name))];
  const place = byId("models");
  const chosen = names.filter((name) => before.has(name));
  if (!chosen.length && names.length) chosen.push(names[0]);
  const choices = names.map((name) => {
    const box = make("input", { type: "checkbox", name: "model", value: name });
    box.checked = chosen.includes(name);
    return make("label", { class: "choice" }, box, name);
  });
  place.replaceChildren(place.firstElementChild, ...(choices.length ? choices : [none("none is ready")]));
}

async function load() {
  try {
    const models = await refreshState();
    letIn();
    showProblem(null);
    byId("forget").hidden = !storedKey();
    showModels(models);
    showCurl();
  } catch (error) {
    refused(error);
  }
}

async function copyCurl() {
  const text = byId("curl").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch { /* only pages of https and of this machine have a clipboard */
    getSelection().selectAllChildren(byId("curl"));
    document.execCommand("copy");
  }
  byId("copied").textContent = "copied";
}

function listen() {
  const drop = byId("drop");
  for (const id of ["file", "camera"]) byId(id).addEventListener("change", (event) => {
    choose(event.target.files[0]);
    event.target.value = "";
  });
  for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files[0]);
  });
  byId("try").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  byId("try").addEventListener("input", showCurl);
  byId("models").addEventListener("change", run);
  byId("image").addEventListener("error", () => { byId("figure").hidden = true; });
  byId("copy").addEventListener("click", copyCurl);
  byId("refresh").addEventListener("click", load);
  byId("forget").addEventListener("click", () => { storeKey(""); location.reload(); });
}

listen();
load();
