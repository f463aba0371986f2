// Draws the overview's charts from a small JSON, and draws them anew every ten seconds.
"use strict";

const CHARTS_EVERY_MS = 10000;
const CHART_HEIGHT = 170;

const drawn = new Map(); // element -> its chart

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function options(element, lines) {
  const axis = { stroke: colour("soft"), grid: { stroke: "rgb(128 128 128 / 25%)", width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth - 2 * parseFloat(getComputedStyle(element).paddingLeft),
    height: CHART_HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), ZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
    legend: { live: false, markers: { width: 6 } },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (chart, low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, values: "{HH}:{mm}", space: 60 },
      { ...axis, size: 52 },
    ],
    series: [
      {},
      ...lines.map(({ title, tone }) => ({ label: title, stroke: colour(tone), width: 2, points: { show: false }, spanGaps: false })),
    ],
  };
}

function draw(element, points) {
  const lines = JSON.parse(element.dataset.chart);
  const data = [points.map((point) => point.at), ...lines.map(({ field }) => points.map((point) => point[field]))];
  const old = drawn.get(element);
  if (old) return old.setData(data);
  drawn.set(element, new uPlot(options(element, lines), data, element));
}

async function drawAll() {
  const elements = [...document.querySelectorAll("[data-chart]")];
  if (!elements.length || document.hidden) return;
  const answer = await fetch(elements[0].dataset.source);
  if (!answer.ok) return;
  const points = await answer.json();
  for (const element of elements) draw(element, points);
}

function redrawAll() {
  for (const chart of drawn.values()) chart.destroy();
  drawn.clear();
  drawAll();
}

drawAll();
setInterval(() => drawAll().catch(() => {}), CHARTS_EVERY_MS);
addEventListener("resize", redrawAll);
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
