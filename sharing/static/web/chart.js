// Draws the chart of a page: <figure data-chart="id"> names the JSON it is drawn from, as sharing/web/monitoring.py
// makes it. The same figures stand in a table beside it. Colours are the site's tokens, read anew when the theme changes.

const TOKENS = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function dataset(series, at, type) {
  const colour = token(TOKENS[at % TOKENS.length]);
  return {
    label: series.label,
    data: series.values,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: type === "line" ? 2 : 0,
    pointRadius: 3,
    // A dash tells lines apart where colours do not.
    borderDash: type === "line" && at ? [6, 3 * at] : [],
    maxBarThickness: 48,
    spanGaps: true,
  };
}

function options(given) {
  const ink = token("--ink"), line = token("--line");
  const scale = (title) => ({
    stacked: given.stacked,
    beginAtZero: true,
    ticks: { color: ink, precision: 0 },
    grid: { color: line },
    title: { display: Boolean(title), text: title, color: ink },
  });
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    scales: { x: scale(""), y: scale(given.unit) },
    plugins: { legend: { display: given.series.length > 1, labels: { color: ink } } },
  };
}

function draw(figure) {
  const given = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const canvas = figure.querySelector("canvas");
  window.Chart.getChart(canvas)?.destroy();
  new window.Chart(canvas, {
    type: given.type,
    data: { labels: given.labels, datasets: given.series.map((series, at) => dataset(series, at, given.type)) },
    options: options(given),
  });
}

function drawAll() {
  window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  document.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
