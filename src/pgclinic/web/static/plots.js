// Draws what the API tells as curves; a click goes back to that moment.
const COLOURS = ["--p0", "--p2", "--p4", "--p1", "--p3", "--p5", "--p6"];
const NAMES = { p50_ms: "P50", p95_ms: "P95", p99_ms: "P99" };
const lang = document.documentElement.lang;
const exact = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
const SIZES = lang === "fr" ? ["o", "ko", "Mo", "Go", "To"] : ["B", "kB", "MB", "GB", "TB"];
const ROUND = SIZES.flatMap((_, step) => [1, 2, 5, 10, 20, 50, 100, 200, 500].map((times) => times * 1024 ** step));
function size(value) {
  const step = Math.max(0, Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(value, 1) / 1000) / 10) + 1));
  return `${exact.format(value / 1024 ** step)} ${SIZES[step]}`;
}
const written = {
  ms: (value) => (value >= 1000 ? `${exact.format(value / 1000)} s` : `${exact.format(value)} ms`),
  ratio: (value) => `${exact.format(value * 100)} %`,
  bytes: size,
  count: (value) => (value >= 1e4 ? compact : exact).format(value),
};
const figure = (value, unit) => (value == null ? "—" : written[unit]?.(value) ?? exact.format(value));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "UTC" });
const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
const DAY = 86400;
const label = (box, each) => each.object || (NAMES[each.name] ?? JSON.parse(box.dataset.names)[each.name] ?? each.name.replaceAll("_", " "));

function aligned(series) {
  const moments = [...new Set(series.flatMap((each) => each.at))].sort((a, b) => a - b);
  const rows = series.map((each) => {
    const values = new Map(each.at.map((at, number) => [at, each.values[number]]));
    return moments.map((at) => values.get(at) ?? null);
  });
  return [moments, ...rows];
}

function drawn(box, series) {
  const canvas = box.querySelector(".canvas");
  const data = aligned(series);
  const units = [...new Set(series.map((each) => each.unit))];
  const axis = (unit, side) => ({
    scale: unit, side, size: 58, stroke: colour("--muted"), ticks: { show: false },
    grid: { show: side === 3, stroke: colour("--line"), width: 1 }, font: "11px system-ui",
    values: (_, values) => values.map((value) => figure(value, unit)), ...(unit === "bytes" && { incrs: ROUND }),
  });
  const plot = new uPlot({
    width: canvas.clientWidth, height: 190, legend: { live: false, show: series.length > 1 }, cursor: { y: false },
    scales: { x: {}, ...Object.fromEntries(units.map((unit) => [unit, { range: (_, __, high) => [0, unit === "ratio" ? 1 : high * 1.1 || 1] }])) },
    axes: [{
      stroke: colour("--muted"), grid: { show: false }, ticks: { show: false }, font: "11px system-ui", size: 30,
      values: (_, at, __, ___, step) => at.map((second) => (step >= DAY ? day : clock).format(second * 1000)),
    },
      ...units.slice(0, 2).map((unit, number) => axis(unit, number ? 1 : 3))],
    series: [{}, ...series.map((each, number) => ({
      label: label(box, each), scale: each.unit, stroke: colour(COLOURS[number % COLOURS.length]), width: 1.75,
      points: { show: each.at.length < 3 }, spanGaps: false,
    }))],
    hooks: { ready: [(made) => made.over.addEventListener("click", () => {
      const number = made.cursor.idx;
      if (number == null) return;
      location.href = box.dataset.at.replace("at=AT", `at=${encodeURIComponent(new Date(data[0][number] * 1000).toISOString())}`);
    })] },
  }, data, canvas);
  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height: 190 })).observe(canvas);
}

async function filled(box) {
  const answer = await fetch(box.dataset.source, { credentials: "same-origin" });
  if (!answer.ok) return;
  const series = (await answer.json()).filter((each) => each.at.length);
  const words = series.map((each) => `${label(box, each)} ${figure(each.values.findLast((value) => value != null), each.unit)}`);
  box.querySelector(".latest").textContent = words.join(" · ") || box.dataset.none;
  box.setAttribute("aria-label", `${box.querySelector("figcaption b").textContent}: ${words.join(", ") || box.dataset.none}`);
  box.classList.toggle("bare", !series.length);
  if (series.length) drawn(box, series);
}
const begun = (root) => root.querySelectorAll(".plot:not([data-begun])").forEach((box) => { box.dataset.begun = ""; filled(box); });
begun(document);
document.addEventListener("htmx:afterSettle", () => begun(document));
