// Replaces the static images of this page with charts that it draws from the embedded data.
// The charts show exact values under the pointer, hide series on request, and switch scales.
"use strict";
(() => {
  const WIDTH = 760, MARGIN = 20, COLOURS = 8, LABEL_GAP = 15, LEADER = 22, INSET = 16;
  const KINDS = { forest: "ratios", percentile_plot: "response times", curve: "scaling", scatter: "fairness", timeline: "drift" };
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const tip = document.getElementById("tip");

  // ---- numbers -------------------------------------------------------------------------------

  const STEPS = {
    plain: [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]],
    nanoseconds: [[1e9, " s"], [1e6, " ms"], [1e3, " us"], [1, " ns"]],
    multiple: [[1, " x"]],
  };
  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  const stepOf = (unit, value) =>
    STEPS[unit].find(([per]) => Math.abs(value) >= 0.9995 * per) ?? STEPS[unit].at(-1);
  const shortest = (value) => String(Number(value.toPrecision(5)));
  const tickName = (unit, value) => {
    if (unit === "multiple") return shortest(value) + "x";
    const [per, name] = stepOf(unit, value);
    return shortest(value / per) + name;
  };
  /// Formats a value with three significant digits; a ratio with two decimals.
  const digits = (unit, value) => {
    const size = Math.abs(value), small = unit === "multiple" ? 0.0995 : 0.9995;
    if (size === 0) return "0";
    return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= small ? 2 : size >= 0.00995 ? 3 : 4);
  };
  const exact = (unit, value) => {
    if (!isNumber(value)) return "-";
    const [per, name] = stepOf(unit, value);
    return digits(unit, value / per) + name;
  };
  const intervalOf = (estimate) => {
    const range = estimate?.interval;
    return range && isNumber(range.low) && isNumber(range.high) ? range : null;
  };
  /// Formats `1.83 x [1.71, 1.96]`, without a unit at the ends if both have the unit of the value.
  const formatEstimate = (unit, estimate) => {
    const range = intervalOf(estimate), [per] = stepOf(unit, estimate.mid);
    const sameUnit = range && [range.low, range.high].every((value) => stepOf(unit, value)[0] === per);
    const end = (value) => (sameUnit ? digits(unit, value / per) : exact(unit, value));
    return exact(unit, estimate.mid) + (range ? ` [${end(range.low)}, ${end(range.high)}]` : "");
  };
  const valuesOf = (estimate) => {
    const range = intervalOf(estimate);
    return [estimate.mid, ...(range ? [range.low, range.high] : [])].filter(isNumber);
  };

  // ---- scales --------------------------------------------------------------------------------

  const holds = (scale, value) => isNumber(value) && (scale === "linear" || value > 0);
  const warp = (scale, value) => (scale === "linear" ? value : Math.log10(value));

  /// Maps values to positions. Returns null if no value has a position.
  function axisScale(scale, values) {
    values = values.filter((value) => holds(scale, value));
    if (!values.length) return null;
    let low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    if (scale !== "linear") {
      const room = Math.max(0.04, 0.04 * Math.log10(high / low));
      low = 10 ** (Math.log10(low) - room);
      high = 10 ** (Math.log10(high) + room);
    } else if (low >= 0 && high > 0 && low <= 0.5 * high) {
      low = 0;
      high *= 1.05;
    } else {
      const room = Math.max(0.08 * (high - low), 1e-3 * Math.abs(high), 1e-9);
      low -= room;
      high += room;
    }
    return laid({ scale, low, high }, 0, 1);
  }

  function laid({ scale, low, high }, start, end) {
    const [from, to] = [warp(scale, low), warp(scale, high)];
    const clamped = (value) =>
      start + (end - start) * (warp(scale, Math.min(Math.max(value, low), high)) - from) / (to - from);
    const at = (value) => (holds(scale, value) ? clamped(value) : null);
    return { scale, low, high, start, end, clamped, at };
  }

  function ticksOf(axisScale) {
    const { scale, low, high } = axisScale;
    const within = (value) => value >= low && value <= high;
    let ticks = [];
    if (scale === "log2") {
      const every = Math.max(1, Math.ceil(Math.log2(high / low) / 8));
      for (let e = Math.ceil(Math.log2(low) / every) * every; 2 ** e <= high; e += every)
        ticks.push({ value: 2 ** e, major: true });
    } else if (scale === "log10") {
      const every = Math.max(1, Math.ceil(Math.log10(high / low) / 10));
      for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e += 1) {
        if (e % every) continue;
        for (const digit of every === 1 ? [1, 2, 5] : [1])
          if (within(digit * 10 ** e)) ticks.push({ value: digit * 10 ** e, major: digit === 1 });
      }
    }
    if (ticks.filter((tick) => tick.major).length < 3) ticks.forEach((tick) => (tick.major = true));
    if (ticks.length >= 3) return ticks;
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].find((round) => round * power >= rough * 0.999999) * power;
    ticks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n += 1)
      ticks.push({ value: n * step, major: true });
    return ticks;
  }

  /// Moves positions apart by the pool adjacent violators algorithm.
  function spread(wanted, gap, low, high) {
    const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b] || a - b);
    const pools = [];
    order.forEach((at, index) => {
      let pool = { place: wanted[at] - index * gap, size: 1 };
      while (pools.length && pools.at(-1).place > pool.place) {
        const last = pools.pop(), size = last.size + pool.size;
        pool = { place: (last.place * last.size + pool.place * pool.size) / size, size };
      }
      pools.push(pool);
    });
    const room = Math.max(low, high - gap * Math.max(0, wanted.length - 1));
    const places = [];
    let index = 0;
    for (const { place, size } of pools)
      for (let left = size; left > 0; left -= 1, index += 1)
        places[order[index]] = Math.min(Math.max(place, low), room) + index * gap;
    return places;
  }

  // ---- drawing -------------------------------------------------------------------------------

  const measure = document.createElement("canvas").getContext("2d");
  function widthOf(text, size) {
    measure.font = `${size}px system-ui, sans-serif`;
    return measure.measureText(text).width;
  }

  function wrapped(text, size, width) {
    const lines = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  /// Shortens `text` to `width`, with an ellipsis at the end.
  function cut(text, size, width) {
    if (widthOf(text, size) <= width) return text;
    while (text && widthOf(`${text}\u2026`, size) > width) text = text.slice(0, -1);
    return `${text}\u2026`;
  }

  const round = (value) => (isNumber(value) ? Math.round(value * 100) / 100 : 0);

  class Drawing {
    constructor(heading, kind) {
      this.svg = this.element("svg", { class: "plot", role: "group", "aria-label": `${KINDS[kind]}: ${heading.title}` });
      this.group = this.svg;
      this.paper = this.add("rect", { class: "paper", width: WIDTH, rx: 6 });
      this.y = 14;
      for (const line of wrapped(heading.title, 17.5, WIDTH - 2 * MARGIN))
        this.text(MARGIN, (this.y += 20) - 4, "start", "title", line);
      for (const line of wrapped(heading.subtitle, 12.5, WIDTH - 2 * MARGIN))
        this.text(MARGIN, (this.y += 17) - 3, "start", "subtitle", line);
      this.y += 8;
      this.heading = heading;
    }
    element(name, attributes) {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, typeof value === "number" ? round(value) : value);
      return made;
    }
    add(name, attributes) {
      return this.group.appendChild(this.element(name, attributes));
    }
    /// Draws a group in a colour. A group with a name is highlighted when the pointer is on it.
    within(colour, draw, name) {
      const outer = this.group;
      this.group = this.add("g", { class: colour });
      if (name !== undefined) this.group.dataset.name = name;
      draw();
      this.group = outer;
    }
    line(name, x1, y1, x2, y2) {
      this.add("line", { class: name, x1, y1, x2, y2 });
    }
    path(name, places, closed = false) {
      if (places.length < 2) return;
      const d = "M" + places.map(([x, y]) => `${round(x)} ${round(y)}`).join("L") + (closed ? "Z" : "");
      this.add("path", { class: name, d });
    }
    text(x, y, anchor, name, content) {
      this.add("text", { class: name, x, y, "text-anchor": anchor }).textContent = content;
    }
    whisker(x1, y1, x2, y2) {
      const [dx, dy] = y1 === y2 ? [0, 4.5] : [4.5, 0];
      this.line("whisker", x1, y1, x2, y2);
      this.line("whisker", x1 - dx, y1 - dy, x1 + dx, y1 + dy);
      this.line("whisker", x2 - dx, y2 - dy, x2 + dx, y2 + dy);
    }
    mark(shape, x, y, hollow) {
      const name = hollow ? "mark hollow" : "mark";
      const around = (...corners) => this.path(name, corners.map(([dx, dy]) => [x + dx, y + dy]), true);
      if (shape === "circle") this.add("circle", { class: name, cx: x, cy: y, r: 3 });
      else if (shape === "square") around([-2.8, -2.8], [2.8, -2.8], [2.8, 2.8], [-2.8, 2.8]);
      else if (shape === "triangle") around([0, -3.8], [3.8, 2.9], [-3.8, 2.9]);
      else if (shape === "diamond") around([0, -4.2], [4.2, 0], [0, 4.2], [-4.2, 0]);
      else {
        this.line("mark cross", x - 3.5, y - 3.5, x + 3.5, y + 3.5);
        this.line("mark cross", x - 3.5, y + 3.5, x + 3.5, y - 3.5);
      }
    }
    /// Adds an area that shows a value to the pointer and the keyboard.
    target(x, y, words, width = 14, height = 14) {
      const made = this.add("rect", {
        class: "target", x: x - width / 2, y: y - height / 2, width, height, rx: 3,
        tabindex: -1, role: "img", "aria-label": words.replaceAll("\n", ", "),
      });
      made.dataset.tip = words;
    }
    nothing() {
      this.text(WIDTH / 2, (this.y += 46), "middle", "subtitle", "nothing was measured");
      this.y += 40;
      return this.done();
    }
    key(entries) {
      let x = MARGIN;
      for (const [colour, sample, text] of entries) {
        const width = 44 + widthOf(text, 11.5);
        if (x + width > WIDTH - MARGIN && x > MARGIN) {
          x = MARGIN;
          this.y += 18;
        }
        const y = this.y + 10;
        this.within(colour, () => sample(x, y));
        this.text(x + 30, y + 4, "start", "soft", text);
        x += width;
      }
      if (entries.length) this.y += 24;
    }
    keyMark(shape, hollow) {
      return (x, y) => this.mark(shape, x + 12, y, hollow);
    }
    done(...notes) {
      for (const paragraph of [this.heading.caption, ...notes])
        for (const line of wrapped(paragraph, 11.5, WIDTH - 2 * MARGIN))
          this.text(MARGIN, (this.y += 16), "start", "soft", line);
      const height = Math.ceil(this.y + 16);
      this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
      this.paper.setAttribute("height", height);
      // Each chart has a single tab stop. The arrow keys move between its values.
      this.svg.querySelector(".target")?.setAttribute("tabindex", 0);
      return this.svg;
    }
  }

  const SHAPES = ["circle", "square", "triangle", "diamond"];
  const shapeOf = (index) => SHAPES[(index + Math.floor(index / COLOURS)) % SHAPES.length];
  const LOOKS = { contender: ["s0", "circle"], reference: ["reference", "diamond"], violation: ["violation", "cross"] };
  const ROLES = { reference: "reference, not a contender", violation: "violation or negative control: not ranked" };

  function roleKey(drawing, roles, anyHollow) {
    const entries = [];
    for (const [role, text] of Object.entries(ROLES))
      if (roles.includes(role)) entries.push([LOOKS[role][0], drawing.keyMark(LOOKS[role][1], false), text]);
    if (anyHollow) entries.push(["s0", drawing.keyMark("circle", true), "hollow: no interval"]);
    return entries;
  }

  /// Returns two axes, with room on the right for the names of lines.
  function frameOf(drawing, x, y, labels) {
    const wide = ([name, note]) => widthOf(name, 12) + (note ? 8 + widthOf(note, 11.5) : 0);
    const room = labels.length ? Math.min(0.4 * WIDTH, LEADER + Math.max(...labels.map(wide)) + 4) : 0;
    const height = Math.max(300, LABEL_GAP * labels.length), top = drawing.y + 24;
    const left = MARGIN + 48, right = WIDTH - MARGIN - room;
    x = laid(x, left + INSET, right - INSET);
    y = laid(y, top + height, top);
    const place = (px, py) => {
      const at = [x.at(px), y.at(py)];
      return at.includes(null) ? null : at;
    };
    return { x, y, left, right, top, bottom: top + height, place };
  }

  function drawAxes(drawing, frame, xLabel, xTicks, yAxis) {
    const { left, right, top, bottom } = frame;
    for (const { value, major } of ticksOf(frame.y)) {
      const at = frame.y.clamped(value);
      drawing.line(major ? "grid" : "faint", left, at, right, at);
      if (major) drawing.text(left - 8, at + 4, "end", "soft", tickName(yAxis.unit, value));
    }
    let free = -Infinity;
    for (const { value, major, name } of xTicks) {
      const at = frame.x.clamped(value), half = widthOf(name, 11.5) / 2;
      drawing.line(major ? "grid" : "faint", at, bottom, at, top);
      if (!major || at - half < free) continue;
      drawing.text(at, bottom + 17, "middle", "soft", name);
      free = at + half + 6;
    }
    drawing.line("axis", left, bottom, right, bottom);
    drawing.text(MARGIN, top - 12, "start", "soft", yAxis.label);
    drawing.text((left + right) / 2, bottom + 36, "middle", "soft", xLabel);
    drawing.y = bottom + 44;
  }

  const namedTicks = (axisScale, unit) =>
    ticksOf(axisScale).map((tick) => ({ ...tick, name: tick.major ? tickName(unit, tick.value) : "" }));

  function labelEnds(drawing, frame, labels) {
    const places = spread(labels.map((label) => label.place[1]), LABEL_GAP, frame.top + 4, frame.bottom - 4);
    labels.forEach(({ place, colour, name, note }, index) => {
      const x = frame.right + LEADER, y = places[index], from = place[0] + 6;
      drawing.within(colour, () => drawing.path("leader",
        [[from, place[1]], [Math.max(from, frame.right + 4), place[1]], [x - 6, y], [x - 3, y]]), name);
      const end = WIDTH - MARGIN, shown = cut(name, 12, end - x), after = x + widthOf(shown, 12) + 6;
      drawing.text(x, y + 4, "start", "", shown);
      if (note && after + widthOf(note, 11.5) <= end + 2) drawing.text(after, y + 4, "start", "soft", note);
    });
  }

  function lineIn(frame, points) {
    return points.map((point) => frame.place(point.x, point.y.mid)).filter(Boolean);
  }

  function bandIn(frame, points) {
    const known = points.filter((point) => intervalOf(point.y) && frame.x.at(point.x) !== null);
    const side = (end) => known.map((point) => [frame.x.clamped(point.x), frame.y.clamped(point.y.interval[end])]);
    return [...side("high"), ...side("low").reverse()];
  }

  const notShown = (count) =>
    count === 0 ? "" : count === 1 ? "One point has no position on these axes and is not shown."
      : `${count} points have no position on these axes and are not shown.`;

  // ---- the kinds of chart --------------------------------------------------------------------
  // Each kind has the names that can be hidden, with their colours; the scales that can be switched;
  // and a function that draws the names for which `shown` is true.

  const roleNames = (all, name) => all.map((item) => [item[name], LOOKS[item.role][0]]);
  const oneScale = (scale, otherwise) => (scale === "linear" ? [scale, otherwise] : [scale, "linear"]);

  const kinds = {
    forest: {
      names: (chart) => roleNames(chart.rows, "label"),
      scales: () => ({ x: ["log10", "linear"] }),
      draw(chart, { shown, x: scale }) {
        const drawing = new Drawing(chart.heading, "forest");
        const rows = chart.rows.filter((row) => shown(row.label));
        const measured = rows.filter((row) => row.ratio && holds(scale, row.ratio.mid));
        const ratios = measured.flatMap((row) => valuesOf(row.ratio));
        const noise = chart.noise ? [chart.noise.low, chart.noise.high] : [];
        const base = ratios.length ? axisScale(scale, [...ratios, ...noise, 1]) : null;
        if (!base) return drawing.nothing();
        const ROW = 24, figuresOf = (row) => (row.ratio && isNumber(row.ratio.mid) ? formatEstimate("multiple", row.ratio) : "-");
        const widest = (texts, size) => Math.max(0, ...texts.map((text) => widthOf(text, size)));
        const tiers = rows.some((row) => row.tier !== null);
        const label = tiers ? MARGIN + 28 : MARGIN;
        const figures = WIDTH - MARGIN - widest(rows.map(figuresOf), 12);
        const left = label + Math.min(200, widest(rows.map((row) => row.label), 12)) + 12;
        const x = laid(base, left, figures - 16), top = drawing.y + 22, bottom = top + ROW * rows.length + 2;
        if (chart.noise) {
          const [low, high] = noise.map(x.clamped);
          drawing.add("rect", { class: "noise", x: low, y: top, width: high - low, height: bottom - top });
        }
        for (const { value, major } of ticksOf(x)) {
          const at = x.clamped(value);
          drawing.line(major ? "grid" : "faint", at, top, at, bottom);
          if (major) drawing.text(at, bottom + 16, "middle", "soft", tickName("multiple", value));
        }
        drawing.line("one", x.clamped(1), top, x.clamped(1), bottom);
        drawing.line("axis", x.start, bottom, x.end, bottom);
        if (tiers) drawing.text(MARGIN, top - 8, "start", "soft", "tier");
        drawing.text(figures, top - 8, "start", "soft", "ratio [interval]");
        const half = widthOf(chart.axis, 11.5) / 2;
        const middle = Math.min(Math.max((x.start + x.end) / 2, MARGIN + half), WIDTH - MARGIN - half);
        drawing.text(middle, bottom + 34, "middle", "soft", chart.axis);
        rows.forEach((row, index) => {
          const y = top + ROW * (index + 0.5), [colour, shape] = LOOKS[row.role];
          if (index && row.role !== rows[index - 1].role) drawing.line("grid", MARGIN, y - ROW / 2, WIDTH - MARGIN, y - ROW / 2);
          if (row.tier !== null) drawing.text(MARGIN + 4, y + 4, "start", "soft", row.tier);
          drawing.text(label, y + 4, "start", "", cut(row.label, 12, 200));
          if (measured.includes(row)) {
            const range = intervalOf(row.ratio);
            drawing.within(colour, () => {
              if (range) drawing.whisker(x.clamped(range.low), y, x.clamped(range.high), y);
              drawing.mark(shape, x.at(row.ratio.mid), y, !range);
            });
          }
          drawing.text(figures, y + 4, "start", "figures", figuresOf(row));
          const ends = measured.includes(row) ? valuesOf(row.ratio).filter((end) => scale === "linear" || end > 0).map(x.clamped) : [x.start, x.start - 10];
          const right = Math.max(...ends) + 10;
          const wide = widthOf(row.note, 11.5), mid = measured.includes(row) ? x.clamped(row.ratio.mid) : x.start;
          const spots = measured.includes(row) ? [[right, 1], [Math.min(...ends) - 10, -1], [mid + 10, 1], [mid - 10, -1]] : [[x.start, 1]];
          const spot = spots.find(([at, way]) => (way > 0 ? at + wide <= x.end : at - wide >= x.start));
          if (spot && row.note) drawing.text(spot[0], y + 4, spot[1] > 0 ? "start" : "end", "soft note", row.note);
          const words = [row.label, row.ratio ? formatEstimate("multiple", row.ratio) : "not measured", row.note];
          drawing.target((x.start + x.end) / 2, y, words.filter(Boolean).join("\n"), x.end - x.start, ROW);
        });
        drawing.y = bottom + 44;
        const entries = roleKey(drawing, measured.map((row) => row.role), measured.some((row) => !intervalOf(row.ratio)));
        if (chart.noise) entries.unshift(["s0", (px, py) => drawing.add("rect", { class: "noise", x: px, y: py - 6, width: 24, height: 12 }),
          `A/A noise: ${noise.map((end) => end.toFixed(2)).join(" to ")} is a tie`]);
        drawing.key(entries);
        return drawing.done();
      },
    },

    percentile_plot: {
      names(chart) {
        const others = [...new Set(chart.series.filter((item) => item.times !== "noop").map((item) => item.name))];
        const noops = [...new Set(chart.series.filter((item) => item.times === "noop").map((item) => item.name))];
        return [...others.map((name, index) => [name, `s${index % COLOURS}`]), ...noops.map((name) => [name, "reference"])];
      },
      scales: () => ({ y: ["log10", "linear"] }),
      draw(chart, { shown, y: scale }) {
        const drawing = new Drawing(chart.heading, "percentile_plot");
        const NAMED = [[0, "0 %"], [0.5, "50 %"], ...Array.from({ length: 8 }, (_, nine) => [1 - 10 ** -(nine + 1), `${nine < 1 ? 90 : nine < 2 ? 99 : "99." + "9".repeat(nine - 1)} %`])];
        const nines = (quantile) => (quantile >= 0 && quantile < 1 ? -Math.log10(1 - quantile) : NaN);
        const all = chart.series.flatMap((item) => item.points.map((point) => nines(point.x)).filter(isNumber));
        const max = all.reduce((a, b) => Math.max(a, b), 0) + 0.5;
        const placeOf = (point) => ({ ...point, q: point.x, x: point.x === 1 ? max : nines(point.x) });
        const series = chart.series.filter((item) => shown(item.name)).map((item) => ({
          ...item, all: item.points.length,
          points: item.points.map(placeOf).filter((point) => isNumber(point.x) && holds(scale, point.y.mid)),
        }));
        const xs = series.flatMap((item) => item.points.map((point) => point.x));
        const y = axisScale(scale, series.flatMap((item) => item.points.flatMap((point) => valuesOf(point.y))));
        if (!y) return drawing.nothing();
        const LINES = { response: "line", service: "line thin dashed", noop: "line dotted" };
        const KEY = [["response", "s6", "response time, from the due time"], ["service", "s6", "service time, from the actual start"], ["noop", "reference", "noop: the time of the machine alone"]];
        drawing.key(KEY.filter(([times]) => series.some((item) => item.times === times))
          .map(([times, colour, text]) => [colour, (px, py) => drawing.line(LINES[times], px, py, px + 24, py), text]));
        const low = Math.min(...xs), high = Math.max(Math.max(...xs), low + 1e-3);
        const colours = new Map(this.names(chart));
        const colourOf = (item) => (item.times === "noop" ? "reference" : colours.get(item.name));
        const named = series.filter((item) => item.points.length && !(item.times === "service" &&
          series.some((other) => other.name === item.name && other.times === "response")));
        const nameOf = (item) => (item.times === "service" ? `${item.name} (service)` : item.name);
        const frame = frameOf(drawing, { scale: "linear", low, high }, y, named.map((item) => [nameOf(item), ""]));
        const ticks = NAMED.map(([quantile, name]) => ({ value: nines(quantile), major: true, name }))
          .filter(({ value }) => value >= low - 1e-9 && value <= high + 1e-9);
        if (xs.includes(max)) ticks.push({ value: max, major: true, name: "max" });
        drawAxes(drawing, frame, "percentile of commands", ticks, { label: chart.axis, unit: "nanoseconds" });
        for (const item of series) drawing.within(colourOf(item), () =>
          drawing.path(series.length > 4 ? "band many" : "band", bandIn(frame, item.points), true), item.name);
        for (const item of series) drawing.within(colourOf(item), () => {
          const again = item.times === "response" && [...colours.keys()].indexOf(item.name) >= COLOURS;
          drawing.path(again ? "line again" : LINES[item.times], lineIn(frame, item.points));
        }, item.name);
        labelEnds(drawing, frame, named.map((item) => ({ place: lineIn(frame, item.points).at(-1), colour: colourOf(item), name: nameOf(item) })));
        for (const item of series) drawing.within(colourOf(item), () => item.points.forEach((point) => {
          const words = `${item.name}, ${item.times} time\n${point.q === 1 ? "maximum" : `${Number((point.q * 100).toPrecision(9))} % within`} ${formatEstimate("nanoseconds", point.y)}`;
          drawing.target(...frame.place(point.x, point.y.mid), words, 12, 12);
        }), item.name);
        return drawing.done(notShown(series.reduce((sum, item) => sum + item.all - item.points.length, 0)));
      },
    },

    curve: {
      names: (chart) => chart.series.map((item, index) => [item.name, `s${index % COLOURS}`]),
      scales: (chart) => ({ x: oneScale(chart.x.scale, "log2"), y: oneScale(chart.y.scale, "log10") }),
      draw(chart, { shown, x: xScale, y: yScale }) {
        const drawing = new Drawing(chart.heading, "curve");
        const series = chart.series.map((item, index) => ({ ...item, index })).filter((item) => shown(item.name));
        const measured = series.flatMap((item) => item.points), fitted = series.flatMap((item) => item.fit?.points ?? []);
        const placed = measured.filter((point) => holds(xScale, point.x) && holds(yScale, point.y.mid));
        const x = placed.length && axisScale(xScale, [...placed, ...fitted].map((point) => point.x));
        const y = placed.length && axisScale(yScale, [...placed.flatMap((point) => valuesOf(point.y)), ...fitted.map((point) => point.y.mid)]);
        if (!x || !y) return drawing.nothing();
        const frame = frameOf(drawing, x, y, series.map((item) => [item.name, item.fit?.label ?? ""]));
        const stops = [...new Set(placed.map((point) => point.x))].sort((a, b) => a - b);
        const stopName = (value) => (Number.isInteger(value) && value < 1e4 ? `${value}` : tickName(chart.x.unit, value));
        const ticks = stops.length <= 9 ? stops.map((value) => ({ value, major: true, name: stopName(value) })) : namedTicks(frame.x, chart.x.unit);
        drawAxes(drawing, frame, chart.x.label, ticks, chart.y);
        const colourOf = (item) => `s${item.index % COLOURS}`;
        for (const item of series) drawing.within(colourOf(item), () => {
          drawing.path(series.length > 4 ? "band many" : "band", bandIn(frame, item.fit?.points ?? []), true);
          drawing.path(item.fit ? "line" : "line thin", lineIn(frame, item.fit?.points ?? item.points));
        }, item.name);
        const places = placed.map((point) => frame.x.at(point.x)).sort((a, b) => a - b);
        const gap = Math.min(Infinity, ...places.slice(1).map((at, index) => at - places[index]).filter((gap) => gap > 0.01));
        const offset = series.length > 1 && placed.length > 1 ? Math.min(3.5, 0.7 * gap / series.length) : 0;
        const middle = (series.length - 1) / 2;
        series.forEach((item, order) => drawing.within(colourOf(item), () => {
          for (const point of item.points) {
            const at = frame.place(point.x, point.y.mid), range = intervalOf(point.y);
            if (!at) continue;
            const px = at[0] + offset * (order - middle);
            if (range) drawing.whisker(px, frame.y.clamped(range.low), px, frame.y.clamped(range.high));
            drawing.mark(shapeOf(item.index), px, at[1], !range);
            const words = `${item.name}\n${chart.x.label}: ${tickName(chart.x.unit, point.x)}\n${chart.y.label}: ${formatEstimate(chart.y.unit, point.y)}`;
            drawing.target(px, at[1], item.fit?.label ? `${words}\nfit: ${item.fit.label}` : words, Math.max(6, offset * 2), 14);
          }
        }, item.name));
        const ends = series.map((item) => {
          const line = lineIn(frame, item.fit?.points ?? []);
          const place = (line.length ? line : lineIn(frame, item.points)).at(-1);
          return place && { place: [place[0] + offset * middle, place[1]], colour: colourOf(item), name: item.name, note: item.fit?.label };
        });
        labelEnds(drawing, frame, ends.filter(Boolean));
        return drawing.done(offset ? "Points at one position are drawn side by side." : "", notShown(measured.length - placed.length));
      },
    },

    scatter: {
      names: (chart) => roleNames(chart.spots, "label"),
      scales: (chart) => ({ x: oneScale(chart.x.scale, "log10"), y: oneScale(chart.y.scale, "log10") }),
      draw(chart, { shown, x: xScale, y: yScale }) {
        const drawing = new Drawing(chart.heading, "scatter");
        const all = chart.spots.filter((spot) => shown(spot.label));
        const spots = all.filter((spot) => holds(xScale, spot.x.mid) && holds(yScale, spot.y.mid));
        const xs = spots.flatMap((spot) => valuesOf(spot.x)), least = Math.min(...xs);
        const share = xScale === "linear" && least >= 0 && Math.max(...xs) <= 1;
        const x = share ? { scale: "linear", low: least < 0.5 ? 0 : 0.5, high: 1 } : axisScale(xScale, xs);
        const y = axisScale(yScale, spots.flatMap((spot) => valuesOf(spot.y)));
        if (!spots.length || !x || !y) return drawing.nothing();
        const frame = frameOf(drawing, x, y, []);
        drawAxes(drawing, frame, chart.x.label, namedTicks(frame.x, chart.x.unit), chart.y);
        const taken = [], bare = (spot) => !intervalOf(spot.x) && !intervalOf(spot.y);
        for (const spot of spots) drawing.within(LOOKS[spot.role][0], () => {
          const [px, py] = frame.place(spot.x.mid, spot.y.mid), across = intervalOf(spot.x), up = intervalOf(spot.y);
          if (across) {
            const [low, high] = [across.low, across.high].map(frame.x.clamped);
            drawing.whisker(low, py, high, py);
            taken.push([low - 3, py - 5, high - low + 6, 10]);
          }
          if (up) {
            const [low, high] = [up.low, up.high].map(frame.y.clamped);
            drawing.whisker(px, low, px, high);
            taken.push([px - 5, high - 3, 10, low - high + 6]);
          }
          drawing.mark(LOOKS[spot.role][1], px, py, bare(spot));
          taken.push([px - 5, py - 5, 10, 10]);
        });
        for (const spot of spots) {
          const [px, py] = frame.place(spot.x.mid, spot.y.mid);
          const area = beside(px, py, widthOf(spot.label, 12) + 4, 14, frame, taken);
          taken.push(area);
          const near = [Math.min(Math.max(px, area[0]), area[0] + area[2]), Math.min(Math.max(py, area[1]), area[1] + area[3])];
          const far = Math.hypot(near[0] - px, near[1] - py), [dx, dy] = [(near[0] - px) / far, (near[1] - py) / far];
          if (far > 9) drawing.line("leader", px + 6 * dx, py + 6 * dy, near[0] - 2 * dx, near[1] - 2 * dy);
          drawing.text(area[0] + 2, area[1] + 11, "start", "", spot.label);
        }
        for (const spot of spots) drawing.target(...frame.place(spot.x.mid, spot.y.mid),
          `${spot.label}\n${chart.x.label}: ${formatEstimate(chart.x.unit, spot.x)}\n${chart.y.label}: ${formatEstimate(chart.y.unit, spot.y)}`);
        drawing.key(roleKey(drawing, spots.map((spot) => spot.role), spots.some(bare)));
        return drawing.done(notShown(all.length - spots.length));
      },
    },

    timeline: {
      names: (chart) => chart.lanes.map((lane) => [lane.name, "s0"]),
      scales: () => ({ y: ["log10", "linear"] }),
      draw(chart, { shown, y: scale }) {
        const drawing = new Drawing(chart.heading, "timeline");
        const placed = (block) => isNumber(block.minutes) && holds("log10", block.multiple);
        const lanes = chart.lanes.filter((lane) => shown(lane.name)).map((lane) => ({
          name: lane.name, blocks: lane.blocks.filter(placed).sort((a, b) => a.minutes - b.minutes),
        }));
        const blocks = lanes.flatMap((lane) => lane.blocks), valid = blocks.filter((block) => block.excluded_because === null);
        if (!blocks.length) return drawing.nothing();
        const multiples = (valid.length ? valid : blocks).map((block) => block.multiple);
        const low = Math.min(Math.max(Math.min(...multiples), 0.25), 0.9), high = Math.max(Math.min(Math.max(...multiples), 4), 1.1);
        const minutes = blocks.map((block) => block.minutes), first = Math.min(...minutes);
        const left = MARGIN + Math.min(160, Math.max(...lanes.map((lane) => widthOf(lane.name, 12)))) + 56, right = WIDTH - MARGIN - 6;
        const x = laid({ scale: "linear", low: first, high: Math.max(Math.max(...minutes), first + 1e-3) }, left, right);
        drawing.text(MARGIN, drawing.y + 12, "start", "soft", chart.axis);
        const LANE = lanes.length > 12 ? 24 : 40, GAP = 12, top = drawing.y + 26, bottom = top + (LANE + GAP) * lanes.length;
        for (const { value } of ticksOf(x)) {
          drawing.line("faint", x.clamped(value), top, x.clamped(value), bottom);
          drawing.text(x.clamped(value), bottom + 15, "middle", "soft", tickName("plain", value));
        }
        drawing.text((left + right) / 2, bottom + 34, "middle", "soft", "minutes since the start");
        let anyBeyond = false;
        lanes.forEach((lane, index) => {
          const upper = top + (LANE + GAP) * index, lower = upper + LANE;
          const y = laid({ scale, low: low / 1.02, high: high * 1.02 }, lower, upper);
          drawing.text(MARGIN, (upper + lower) / 2 + 4, "start", "", cut(lane.name, 12, 160));
          for (const at of [upper, lower]) drawing.line("grid", left - 8, at, right + 6, at);
          drawing.line("one", left - 8, y.clamped(1), right + 6, y.clamped(1));
          drawing.text(left - 14, upper + 7, "end", "soft", tickName("multiple", Math.round(high * 100) / 100));
          drawing.text(left - 14, lower, "end", "soft", tickName("multiple", Math.round(low * 100) / 100));
          const at = (block) => [x.clamped(block.minutes), y.clamped(block.multiple)];
          drawing.within("s0", () => drawing.path("line thin", lane.blocks.filter((block) => block.excluded_because === null).map(at)));
          for (const block of lane.blocks) {
            const beyond = block.excluded_because === null && (block.multiple < y.low || block.multiple > y.high);
            anyBeyond ||= beyond;
            const [colour, shape] = block.excluded_because !== null ? ["violation", "cross"] : ["s0", beyond ? "triangle" : "circle"];
            drawing.within(colour, () => drawing.mark(shape, ...at(block), false));
            const words = [lane.name, `${exact("multiple", block.multiple)} after ${exact("plain", block.minutes)} min`];
            drawing.target(...at(block), (block.excluded_because === null ? words : [...words, `excluded: ${block.excluded_because}`]).join("\n"));
          }
        });
        drawing.y = bottom + 46;
        const entries = [["s0", drawing.keyMark("circle", false), "block"]];
        if (valid.length < blocks.length) entries.push(["violation", drawing.keyMark("cross", false), "excluded block, at the edge if out of range"]);
        if (anyBeyond) entries.push(["s0", drawing.keyMark("triangle", false), "block out of range"]);
        drawing.key(entries);
        return drawing.done();
      },
    },
  };

  /// Returns a position for a name near its point that overlaps `taken` as little as possible.
  function beside(px, py, width, height, frame, taken) {
    const along = (a, sizeA, b, sizeB) => Math.max(0, Math.min(a + sizeA, b + sizeB) - Math.max(a, b));
    const hiddenBy = ([x, y, w, h]) => taken.reduce((sum, [ox, oy, ow, oh]) => sum + along(x, w, ox, ow) * along(y, h, oy, oh), 0);
    let best = null, least = Infinity;
    for (const ring of [8, 14, 22, 32, 44, 60]) {
      const slant = 0.7 * ring;
      for (const [x, y] of [
        [px + ring, py - height / 2], [px - ring - width, py - height / 2],
        [px + slant, py - slant - height], [px + slant, py + slant],
        [px - slant - width, py - slant - height], [px - slant - width, py + slant],
        [px - width / 2, py - ring - height], [px - width / 2, py + ring],
      ]) {
        if (x < frame.left || x + width > frame.right || y < frame.top || y + height > frame.bottom) continue;
        const area = [x, y, width, height], hidden = hiddenBy(area);
        if (hidden === 0) return area;
        if (hidden < least) [least, best] = [hidden, area];
      }
    }
    return best ?? [px + 8, py - height / 2, width, height];
  }

  // ---- the page ------------------------------------------------------------------------------

  const button = (text, name) => Object.assign(document.createElement("button"), { type: "button", className: name, textContent: text });
  const SCALES = { linear: "linear", log2: "log", log10: "log" };

  /// Draws a chart with its buttons. The observer below calls this when the chart comes near the window.
  function mount(figure) {
    const chart = charts[Number(figure.dataset.chart)], kind = kinds[chart.kind];
    const hidden = new Set(), scales = kind.scales(chart), chosen = {};
    for (const axis of Object.keys(scales)) chosen[axis] = scales[axis][0];
    const redraw = () => {
      hideTip();
      const made = kind.draw(chart, { shown: (name) => !hidden.has(name), ...chosen });
      figure.querySelector("svg").replaceWith(made);
    };
    const tools = Object.assign(document.createElement("div"), { className: "tools" });
    for (const [axis, [first, second]] of Object.entries(scales)) {
      const words = () => `${axis}: ${SCALES[chosen[axis]]}`;
      const toggle = button(words(), "scale");
      toggle.title = `Switch the ${axis} axis between linear and logarithmic`;
      toggle.addEventListener("click", () => {
        chosen[axis] = chosen[axis] === first ? second : first;
        toggle.textContent = words();
        redraw();
      });
      tools.append(toggle);
    }
    const toggles = kind.names(chart).map(([name, colour]) => {
      const toggle = button("", colour);
      toggle.append(document.createElement("i"), name);
      toggle.title = "Show or hide. Shift: show only this";
      const press = () => toggle.setAttribute("aria-pressed", !hidden.has(name));
      toggle.addEventListener("click", (event) => {
        if (event.shiftKey) {
          const alone = toggles.every(([other]) => hidden.has(other) === (other !== name));
          toggles.forEach(([other]) => (alone || other === name ? hidden.delete(other) : hidden.add(other)));
        } else if (!hidden.delete(name)) hidden.add(name);
        toggles.forEach(([, , press]) => press());
        redraw();
      });
      press();
      toggle.addEventListener("pointerenter", () => hidden.has(name) || highlight(figure.querySelector("svg"), name));
      toggle.addEventListener("pointerleave", () => highlight(figure.querySelector("svg"), null));
      tools.append(toggle);
      return [name, toggle, press];
    });
    if (toggles.length || tools.childElementCount) figure.append(tools);
    redraw();
  }

  /// Dims all series of a chart except that with this name. With null, no series is dimmed.
  function highlight(svg, name) {
    for (const group of svg?.querySelectorAll("g[data-name]") ?? [])
      group.classList.toggle("dim", name !== null && group.dataset.name !== name);
  }

  let pointed = null;

  function showTip(target) {
    hideTip();
    pointed = target.closest("svg");
    highlight(pointed, target.closest("g[data-name]")?.dataset.name ?? null);
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    const at = target.getBoundingClientRect(), own = tip.getBoundingClientRect();
    // The tip of a wide target, such as a row, is shown at its middle.
    const left = Math.min(at.left + at.width / 2 + 10, innerWidth - own.width - 8);
    const above = at.top - own.height - 6;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 60 ? above : at.bottom + 6}px`;
  }
  function hideTip() {
    tip.hidden = true;
    highlight(pointed, null);
  }

  const isTarget = (event) => event.target instanceof Element && event.target.classList.contains("target");
  document.addEventListener("pointerover", (event) => (isTarget(event) ? showTip(event.target) : hideTip()));
  // Scrolling hides the tip, but the pointer can still be on the same target.
  document.addEventListener("pointermove", (event) => tip.hidden && isTarget(event) && showTip(event.target));
  document.addEventListener("focusin", (event) => (isTarget(event) ? showTip(event.target) : hideTip()));
  document.addEventListener("scroll", hideTip, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !isTarget(event)) return;
    const all = [...event.target.closest("svg").querySelectorAll(".target")];
    const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
    event.target.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
    event.preventDefault();
  });

  const form = document.querySelector(".controls"), sections = [...document.querySelectorAll("main section")];
  const kindOf = (figure) => charts[Number(figure.dataset.chart)].kind;

  function apply() {
    const find = form.elements.find.value.trim().toLowerCase(), scenario = form.elements.scenario.value;
    const wanted = new Set([...form.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value));
    let count = 0;
    sections.forEach((section, index) => {
      const fits = (scenario === "" || Number(scenario) === index) && section.dataset.title.toLowerCase().includes(find);
      const figures = [...section.querySelectorAll("figure")];
      for (const figure of figures) figure.hidden = !wanted.has(kindOf(figure));
      const seen = figures.filter((figure) => !figure.hidden).length;
      section.hidden = !fits || (figures.length > 0 && seen === 0);
      count += section.hidden ? 0 : seen;
    });
    form.querySelector("output").textContent = `${count} of ${charts.length} charts`;
  }

  sections.forEach((section, index) => form.elements.scenario.append(new Option(section.dataset.title, index)));
  for (const kind of Object.keys(KINDS).filter((kind) => charts.some((chart) => chart.kind === kind))) {
    const label = document.createElement("label");
    label.append(Object.assign(document.createElement("input"), { type: "checkbox", value: kind, checked: true }), KINDS[kind]);
    form.querySelector("fieldset").append(label);
  }
  form.elements.theme.addEventListener("click", () => {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme ?? (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      mount(target);
    }
  }, { rootMargin: "400px" });
  document.querySelectorAll("figure[data-chart]").forEach((figure) => near.observe(figure));
})();
