"use strict";
/* Requests to the server, the key of this tab, and how refusals are shown. */

const KEY = "vedette.key";

class Refusal extends Error {
  constructor(status, message, help) {
    super(message);
    this.status = status;
    this.help = help;
  }
}

function storedKey() {
  try { return sessionStorage.getItem(KEY) || ""; } catch { return ""; }
}

function storeKey(key) {
  try {
    if (key) sessionStorage.setItem(KEY, key); else sessionStorage.removeItem(KEY);
  } catch { /* a browser that stores nothing asks again */ }
}

/* A response that is ok; every other way it ends is a Refusal. */
async function call(path, options = {}) {
  const headers = new Headers(options.headers);
  if (storedKey()) headers.set("Authorization", `Bearer ${storedKey()}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "the server does not answer, or it broke off", "see whether it runs, and whether the image is too large");
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/* Errors come as {"error": {kind, message, help}}, or as {"error": "message; help: next step"}; a failed image's has more. */
async function refusalOf(response) {
  let told = null;
  try { told = (await response.json()).error; } catch { /* no JSON: the status has to do */ }
  if (told && typeof told === "object") return new Refusal(response.status, told.message, told.help);
  if (typeof told === "string") {
    const [message, help = ""] = told.split("; help: ");
    return new Refusal(response.status, message, help);
  }
  return new Refusal(response.status, `the server answered ${response.status} ${response.statusText}`, "");
}

const byId = (id) => document.getElementById(id);

/* An element; text stays text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function showProblem(error) {
  const place = byId("problem");
  place.hidden = error === null;
  place.replaceChildren();
  if (error === null) return;
  place.append(make("p", {}, make("strong", {}, error.message)));
  if (error.help) place.append(make("p", { class: "help" }, error.help));
}

/* Ask for the key. The form is there until a request with the new key was let in: `again` makes that request. */
function askForKey(again) {
  const form = byId("key-form");
  const refused = Boolean(storedKey());
  storeKey("");
  form.hidden = false;
  byId("content").hidden = true;
  showProblem(refused ? new Refusal(401, "this key is not known", "type it again, or ask the operator for one") : null);
  form.onsubmit = (event) => {
    event.preventDefault();
    storeKey(byId("key").value.trim());
    byId("key").value = "";
    again();
  };
  byId("key").focus();
}

function letIn() {
  byId("key-form").hidden = true;
  byId("content").hidden = false;
}
