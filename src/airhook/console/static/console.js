// Makes times local, lets durations run, keeps pages fresh, and opens forms in a dialog. Every page also works without it.
"use strict";

const REFRESH_MS = 2000;
const GIVE_UP_MS = 10000;

const pad = (number) => String(number).padStart(2, "0");

// --- times ---------------------------------------------------------------------------------------------------

// The zone that the reader chose, else the browser's own.
const ZONE = document.documentElement.dataset.zoneChoice || undefined;
const PARTS = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const parts = Object.fromEntries(PARTS.formatToParts(new Date(element.dateTime)).map((p) => [p.type, p.value]));
    const day = element.querySelector(".date");
    if (day) day.textContent = `${parts.year}-${parts.month}-${parts.day}`;
    element.querySelector(".clock").textContent = `${parts.hour}:${parts.minute}:${parts.second}`;
    element.title = element.dateTime;
  }
}

// A link may give a field its time in milliseconds, since it cannot know the reader's zone.
function localFields(root) {
  for (const field of root.querySelectorAll("input[type=datetime-local]")) {
    const given = field.getAttribute("value") ?? "";
    if (!/^\d{12,}$/.test(given)) continue;
    const parts = Object.fromEntries(PARTS.formatToParts(new Date(Number(given))).map((p) => [p.type, p.value]));
    field.value = `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
  }
}

function zoneName() {
  const parts = new Intl.DateTimeFormat("en", { timeZone: ZONE, timeZoneName: "short" }).formatToParts(new Date());
  return parts.find((part) => part.type === "timeZoneName").value;
}

// Durations run by the server's clock, since ours may be wrong: this is how far it is ahead of ours.
const serverNow = document.querySelector("[data-now]")?.dataset.now;
const AHEAD_MS = serverNow ? Number(serverNow) - Date.now() : 0;

function runDurations() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() + AHEAD_MS - Number(element.dataset.since)) / 1000));
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    element.textContent = hours
      ? `${hours}:${pad(minutes % 60)}:${pad(seconds % 60)}`
      : `${minutes}:${pad(seconds % 60)}`;
  }
}

// --- for which account ---------------------------------------------------------------------------------------

// The owner of the system may switch in another window: what this page asks is for whom it was made, or for nobody.
const ACTING = document.body.dataset.acting ? { "X-Airhook-Account": document.body.dataset.acting } : {};

document.addEventListener("htmx:configRequest", (event) => Object.assign(event.detail.headers, ACTING));
document.addEventListener("submit", (event) => {
  if (!document.body.dataset.acting || event.target.method !== "post" || event.target.elements.acting_for) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "acting_for", value: document.body.dataset.acting });
  event.target.append(field);
});

// --- fresh tables --------------------------------------------------------------------------------------------

// Only what changed is replaced, so that focus, selection and scrolling stay where they are.
function renew(old, fresh) {
  if (fingerprint(old) === fingerprint(fresh)) return;
  const rows = old.querySelector("tbody");
  const freshRows = fresh.querySelector("tbody");
  if (rows && freshRows) {
    renewRows(rows, freshRows);
  } else {
    old.replaceChildren(...fresh.childNodes);
  }
}

function renewRows(body, freshBody) {
  const kept = new Map(Array.from(body.rows, (row) => [row.id, row]));
  let place = body.firstElementChild;
  for (const fresh of Array.from(freshBody.rows)) {
    const row = kept.get(fresh.id) ?? fresh;
    kept.delete(fresh.id);
    if (row !== fresh) renewCells(row, fresh);
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  for (const row of kept.values()) row.remove();
}

function renewCells(row, fresh) {
  for (const [index, cell] of Array.from(fresh.cells).entries()) {
    if (fingerprint(row.cells[index]) !== fingerprint(cell)) row.cells[index].replaceWith(cell);
  }
}

// What an element says, apart from durations that run by themselves.
function fingerprint(element) {
  const copy = element.cloneNode(true);
  for (const running of copy.querySelectorAll("[data-since]")) running.textContent = "";
  return copy.innerHTML;
}

class Refresher {
  constructor(region) {
    this.region = region;
    this.pulse = document.querySelector("[data-pulse]");
    this.button = document.querySelector("[data-pause]");
    this.state = "running";
    this.tag = "";
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.show(this.state === "paused" ? "running" : "paused"));
    document.addEventListener("visibilitychange", () => this.once());
    this.show("running");
    this.loop();
  }

  show(state) {
    if (this.pulse.dataset.state === state) return;
    this.state = state;
    this.pulse.dataset.state = state;
    this.pulse.textContent = this.pulse.dataset[state];
    this.button.textContent = this.button.dataset[state === "paused" ? "paused" : "running"];
  }

  async loop() {
    await this.once();
    setTimeout(() => this.loop(), REFRESH_MS);
  }

  async once() {
    if (document.hidden || this.state === "paused") return;
    try {
      await this.fetch();
      if (this.state === "broken") this.show("running");
    } catch {
      if (this.state === "running") this.show("broken");
    }
  }

  async fetch() {
    const headers = { ...ACTING, ...(this.tag && { "If-None-Match": this.tag }) };
    const answer = await fetch(this.region.dataset.refresh, { headers, signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (answer.status === 401 || answer.status === 409) return location.reload();
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const text = await answer.text();
    if (this.state === "paused") return;
    this.tag = answer.headers.get("etag") ?? "";
    this.fill(new DOMParser().parseFromString(text, "text/html"));
  }

  fill(page) {
    localTimes(page);
    for (const fresh of page.querySelectorAll("[data-part]")) {
      renew(this.region.querySelector(`[data-part="${fresh.dataset.part}"]`), fresh);
    }
    runDurations();
    window.htmx?.process(this.region);
  }
}

// --- the dialog: forms and questions open in it ------------------------------------------------------------------

const dialog = document.getElementById("dialog");

if (dialog) {
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    if (!dialog.open) dialog.showModal();
    begin(dialog);
    (dialog.querySelector("[aria-invalid]") ?? dialog.querySelector("[autofocus]"))?.focus();
  });
  dialog.addEventListener("click", (event) => {
    const closes = event.target.closest("[data-close]");
    if (!closes) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (dialog.querySelector('[data-close="reload"]')) location.reload(); // the page behind it has changed
    dialog.replaceChildren();
  });
}

document.addEventListener("htmx:sendError", () => alertUser());
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) alertUser();
});

// The server did not do what was asked: what was typed stays, and a line above it says so.
function alertUser() {
  const place = dialog?.open ? dialog.querySelector(".modal-body") : document.querySelector("main .page-body > *");
  const text = document.body.dataset.failed;
  if (!place || !text || place.querySelector("[data-failed]")) return;
  const line = document.createElement("div");
  line.className = "alert alert-danger";
  line.setAttribute("role", "alert");
  line.dataset.failed = "";
  line.textContent = text;
  place.prepend(line);
}

// --- small helps -------------------------------------------------------------------------------------------------

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Numbers beyond the last whole multiple would favour some letters.
function randomKey(length) {
  const fair = 256 - (256 % LETTERS.length);
  let key = "";
  while (key.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < fair && key.length < length) key += LETTERS[byte % LETTERS.length];
    }
  }
  return key;
}

// As Standard Webhooks has it: 32 bytes of chance, in base64.
function webhookSecret() {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain http browsers lend no clipboard; this way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    (dialog?.open ? dialog : document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.classList.add("btn-success");
  setTimeout(() => button.classList.remove("btn-success"), 1200);
}

document.addEventListener("click", (event) => {
  const generate = event.target.closest("[data-generate]");
  if (generate) {
    const field = document.getElementById(generate.dataset.generate);
    field.value = generate.dataset.made === "webhook" ? webhookSecret() : randomKey(Number(generate.dataset.made));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const copied = event.target.closest("[data-copy]");
  if (copied) copy(copied);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const toggle = event.target.closest("[data-menu]");
  if (toggle) {
    const places = document.getElementById(toggle.getAttribute("aria-controls"));
    toggle.setAttribute("aria-expanded", String(places.classList.toggle("open")));
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// --- rows that are ticked ----------------------------------------------------------------------------------------

const choosing = document.getElementById("choosing");

// Also after going back, when the browser ticks again what was ticked.
function showChosen() {
  const boxes = Array.from(choosing.elements).filter((box) => box.name === "chosen");
  const count = boxes.filter((box) => box.checked).length;
  const all = choosing.querySelector("[data-choose-all]");
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
  all.disabled = boxes.length === 0;
  choosing.querySelector("[data-chosen-count]").textContent = count;
  choosing.querySelector("[data-choose-submit]").disabled = count === 0;
}

if (choosing) {
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.form !== choosing) return;
    if (box.matches("[data-choose-all]")) {
      for (const one of choosing.elements) if (one.name === "chosen") one.checked = box.checked;
    }
    showChosen();
  });
  window.addEventListener("pageshow", showChosen);
}

// --- begin ---------------------------------------------------------------------------------------------------

function begin(root) {
  localTimes(root);
  localFields(root);
  for (const element of root.querySelectorAll("[data-zone]")) element.textContent = zoneName();
  for (const element of root.querySelectorAll("[data-zone-name]")) {
    element.value = ZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  for (const help of root.querySelectorAll("[data-generate], [data-copy], [data-scripted]")) help.hidden = false;
}

begin(document);
document.addEventListener("htmx:load", (event) => begin(event.detail.elt));
for (const region of document.querySelectorAll("[data-refresh]")) new Refresher(region);
setInterval(runDurations, 1000);
