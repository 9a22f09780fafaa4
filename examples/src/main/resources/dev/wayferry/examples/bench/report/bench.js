// Draws the plots of the page that it is put into, from the results that stand there.
(() => {
  const { rows } = JSON.parse(document.getElementById('results').textContent);
  const backends = [...new Set(rows.map(row => row.backend))];
  // Told apart by those who see no red or no green, too.
  const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
  const measured = backends.filter(backend => backend !== 'floor');
  const color = backend => backend === 'floor' ? '#8a8f98' : colors[measured.indexOf(backend) % colors.length];
  const named = (workload, backend) => rows.find(row => row.workload === workload && row.backend === backend);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const charts = [];

  const micros = value => value >= 1e6 ? value / 1e6 + ' s' : value >= 1e3 ? value / 1e3 + ' ms' : value + ' µs';
  const decades = Array.from({ length: 14 }, (unused, i) => 10 ** (i - 3));
  const timeTicks = decades.flatMap(decade => [1, 2, 5].map(digit => +(digit * decade).toPrecision(1)));
  const ticksWithin = values => axis => {
    axis.ticks = values.filter(value => value >= axis.min && value <= axis.max).map(value => ({ value }));
  };

  function plot(section, title, datasets, x) {
    if (!datasets.length) return;
    const place = document.createElement('div');
    place.className = 'plot';
    document.querySelector('#' + section + ' .plots').append(place);
    const canvas = place.appendChild(document.createElement('canvas'));
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', title + '; its figures are in the table below');
    charts.push(new Chart(canvas, {
      type: 'line',
      data: { datasets },
      options: {
        animation: false, maintainAspectRatio: false, devicePixelRatio: 2,
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: {
          x,
          y: { type: 'logarithmic', grace: '5%', afterBuildTicks: ticksWithin(timeTicks), grid: {},
            ticks: { callback: micros, autoSkip: false } },
        },
        plugins: {
          title: { display: true, text: title },
          legend: { labels: { usePointStyle: true, pointStyle: 'line', pointStyleWidth: 28 } },
          tooltip: { callbacks: { title: items => items[0].raw.name,
            label: item => item.dataset.label + ': ' + micros(+item.raw.y.toPrecision(4)) } },
        },
      },
    }));
  }

  const line = (backend, label, data, dash) => ({
    label, data, borderColor: color(backend), backgroundColor: color(backend), borderDash: dash || [],
    borderWidth: 2, pointRadius: dash === null ? 0 : 3, pointHitRadius: 6,
  });

  // As in HdrHistogram's plots, each step to the right is a tenth of what is left.
  const tail = percentile => 100 / (100 - percentile);
  const atTail = value => +(100 - 100 / value).toPrecision(Math.max(2, Math.round(Math.log10(value)) + 1)) + ' %';
  const percentiles = { type: 'logarithmic', min: 1,
    afterBuildTicks: ticksWithin([1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6]),
    ticks: { callback: value => value === 1 ? '0 %' : atTail(value), autoSkip: false }, grid: {} };
  for (const workload of new Set(rows.filter(row => row.curve.length).map(row => row.workload))) {
    plot('curves', workload, rows.filter(row => row.workload === workload && row.curve.length).map(row =>
      line(row.backend, row.backend, row.curve
        .filter(point => point.percentile < 100 && point.us > 0)
        .map(point => ({ x: tail(point.percentile), y: point.us, name: +point.percentile.toPrecision(8) + ' %' })), null)),
      percentiles);
  }

  // For workloads NAME-1, NAME-2, …: p50 and p99 of each back-end over numbers.
  function scaling(section, title, prefix, steps, name) {
    const points = (backend, key) => steps
      .map((step, i) => ({ x: i, y: (named(prefix + step, backend) || {})[key], name: name(step) }))
      .filter(point => point.y > 0);
    plot(section, title, backends.flatMap(backend => [
      line(backend, backend + ' p50', points(backend, 'p50_us'), [5, 4]),
      line(backend, backend + ' p99', points(backend, 'p99_us')),
    ]).filter(set => set.data.length), { type: 'linear', min: 0, max: steps.length - 1, grid: {},
      ticks: { stepSize: 1, callback: value => name(steps[value]) } });
  }
  scaling('contexts', 'round trip', 'contexts-', ['0', '9', '99', '999'], step => step + ' others');
  const rates = ['1k', '10k', '50k'];
  scaling('streams', 'guest to host', 'stream-to-host-', rates, step => step + '/s');
  scaling('streams', 'host to guest', 'stream-to-guest-', rates, step => step + '/s');
  for (const section of ['contexts', 'streams', 'curves']) {
    if (!document.querySelector('#' + section + ' .plot')) document.getElementById(section).remove();
  }

  function paint(onDark) {
    for (const chart of charts) {
      const ink = onDark ? '#c9ced6' : '#333a44';
      const { scales, plugins } = chart.options;
      for (const scale of [scales.x, scales.y]) {
        scale.grid.color = onDark ? '#2c323a' : '#e3e6ea';
        scale.ticks.color = ink;
      }
      plugins.title.color = plugins.legend.labels.color = ink;
      chart.resize();
      chart.update('none');
    }
  }
  paint(dark.matches);
  dark.addEventListener('change', () => paint(dark.matches));
  addEventListener('beforeprint', () => paint(false));
  addEventListener('afterprint', () => paint(dark.matches));
})();
