// Makes times local, lets durations run, and keeps the overview fresh. Every page also reads well without it.
"use strict";

const REFRESH_MS = 2000;
const GIVE_UP_MS = 10000;

const pad = (number) => String(number).padStart(2, "0");

// --- times ---------------------------------------------------------------------------------------------------

function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    const day = element.querySelector(".date");
    if (day) day.textContent = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    element.querySelector(".clock").textContent = [at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(":");
    element.title = element.dateTime;
  }
}

function zoneName() {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(new Date());
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
    const headers = this.tag ? { "If-None-Match": this.tag } : {};
    const answer = await fetch(this.region.dataset.refresh, { headers, signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (answer.status === 401) return location.reload();
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
  }
}

// --- begin ---------------------------------------------------------------------------------------------------

localTimes(document);
for (const element of document.querySelectorAll("[data-zone]")) element.textContent = zoneName();
for (const region of document.querySelectorAll("[data-refresh]")) new Refresher(region);
setInterval(runDurations, 1000);
