"use strict";
// Draws a ladder diagram from a trace that is folded away as data: letter for letter what reports/ladder.py draws, which
// a test holds. The text is printable ASCII (others come drawn), so a column is a character.
const ladder = (() => {
  const COLUMN = 6.7, LINE = 14, GUTTER = 94, PADDING = 8, GAP = 150, HEAD = 34, HEAD_BOX = 24, FOOT = 8, MANY = 24;
  const LINES = 3, ARROW = 44, LOOP = 30, NAME = 24, REMARK = 72, TIP = 7, BAR = 8;
  const BELOW = { call: 12, note: 12, packet: 12, loop: 16, return: 6, open: 6, remark: 6 };
  const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
  const said = (text) => text.replace(/[&<>"']/g, (sign) => SIGNS[sign]);
  const round = (value) => {
    const up = Math.round(value);
    return value % 1 === 0.5 && up % 2 ? up - 1 : up;
  };
  const wide = (text) => round(text.length * COLUMN);
  const half = (length) => Math.floor(length / 2);
  const flat = (text) => text.split(/\s+/).filter(Boolean).join(" ");
  const count = (text, sign) => text.split(sign).length - 1;

  const shortened = (text, width) =>
    text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 1)).trimEnd()}…`;
  const breakOf = (head) => {
    const blanks = [...head].flatMap((sign, at) => (sign === " " ? [at] : []));
    const outside = blanks.filter((at) => count(head.slice(0, at), "<") <= count(head.slice(0, at), ">"));
    return outside.at(-1) ?? blanks.at(-1) ?? 0;
  };
  const wrapped = (text, width, lines) => {
    const done = [];
    let rest = flat(text);
    while (rest.length > width && done.length < lines - 1) {
      const end = breakOf(rest.slice(0, width + 1)) || width;
      done.push(rest.slice(0, end).trimEnd());
      rest = rest.slice(end).trimStart();
    }
    return [...done, shortened(rest, width)];
  };
  const offset = (nanoseconds) => {
    const micro = round(nanoseconds / 1000);
    if (micro >= 1e6) return `+${(micro / 1e6).toFixed(6)} s`;
    if (micro >= 1e3) return `+${(micro / 1e3).toFixed(3)} ms`;
    return nanoseconds ? `+${micro} µs` : "0";
  };

  const eventOf = ([at, kind, lane, text, result, until, to, failed]) =>
    ({ at, kind, lane, text, result, until, to, failed: Boolean(failed) });
  const destination = (event) => event.to || "elsewhere";
  const outcome = (event) => {
    if (event.failed) return `✗ ${event.result || "error"}`;
    return event.result === null || event.result === "" ? "" : `→ ${event.result}`;
  };
  const lanesOf = (names, events) => {
    const named = new Set(names);
    for (const event of events) {
      if (event.kind !== "note") named.add(event.lane);
      if (event.kind === "packet") named.add(destination(event));
    }
    return [...named];
  };

  const row = (kind, event, at, lines, number = -1) => ({ kind, event, at, lines, number });
  const width = (row) => wide(row.lines.reduce((most, line) => (line.length > most.length ? line : most), ""));
  const centre = (row) => (row.kind === "packet" ? row.height - 6 : half(row.height));
  const middle = (row) => row.top + centre(row);
  const withResult = (event, room) => {
    const both = `${event.text} ${outcome(event)}`.trimEnd();
    if (both.length <= room) return wrapped(both, room, 1);
    const result = outcome(event) ? wrapped(outcome(event), room, 1) : [];
    return [...wrapped(event.text, room, LINES - result.length), ...result];
  };
  const rowsOf = (event, number, lanes, room, starts) => {
    if (event.kind === "packet") {
      const kind = destination(event) === event.lane ? "loop" : "packet";
      return [row(kind, event, event.at, wrapped(event.text, room, LINES))];
    }
    if (event.kind === "note") {
      const here = lanes.includes(event.lane);
      return [row(here ? "note" : "remark", event, event.at, wrapped(event.text, here ? room : REMARK, LINES))];
    }
    const unreturned = event.until === null && event.result === null && !event.failed;
    const spans = event.until !== null && starts.some((start) => event.at < start && start < event.until);
    if (!unreturned && !spans) return [row("call", event, event.at, withResult(event, room))];
    const call = row("call", event, event.at, wrapped(event.text, room, LINES), number);
    if (unreturned) return [call, row("open", event, null, ["no return"], number)];
    return [call, row("return", event, event.until, wrapped(outcome(event), room, LINES), number)];
  };
  const rowsIn = (events, lanes, omitted) => {
    const room = { 1: 72, 2: 72, 3: 46 }[lanes.length] || 34;
    const starts = events.map((event) => event.at);
    const found = events.flatMap((event, number) =>
      rowsOf(event, number, lanes, room, starts).map((each) => ({ each, number })));
    const ordered = found.filter(({ each }) => each.kind !== "open")
      .sort((one, other) => one.each.at - other.each.at || one.number - other.number);
    const rows = [...ordered, ...found.filter(({ each }) => each.kind === "open")].map(({ each }) => each);
    if (omitted || !events.length) {
      const text = omitted ? `${omitted} more event${omitted === 1 ? "" : "s"} omitted` : "no events";
      rows.push(row("remark", { text }, null, [text]));
    }
    let top = HEAD;
    for (const each of rows) {
      each.top = top;
      each.height = Math.max(LINE * each.lines.filter(Boolean).length + BELOW[each.kind], LINE);
      top += each.height;
    }
    return rows;
  };

  const widen = (gaps, lanes, row) => {
    if (row.kind !== "packet" && row.kind !== "loop") return 0;
    const start = lanes.indexOf(row.event.lane), end = lanes.indexOf(destination(row.event));
    const needed = width(row) + (row.kind === "loop" ? LOOP + 2 * PADDING : ARROW);
    const gap = end < start ? start - 1 : start;
    if (gap === gaps.length) return needed;
    gaps[gap] = Math.max(gaps[gap], needed);
    return 0;
  };
  const placesOf = (lanes, rows) => {
    const halves = lanes.map((lane) => half(round(Math.min(lane.length, NAME) * COLUMN)) + PADDING);
    let gaps = halves.slice(1).map((right, at) => Math.max(GAP, halves[at] + right + PADDING));
    let edge = 0;
    for (const each of rows) {
      const at = lanes.indexOf(each.event.lane);
      if (["call", "return", "open", "note"].includes(each.kind)) {
        halves[at] = Math.max(halves[at], half(width(each)) + PADDING);
      }
      edge = Math.max(edge, widen(gaps, lanes, each));
    }
    gaps = gaps.map((gap, at) => Math.max(gap, halves[at] + 14, halves[at + 1] + 14));
    const remarks = Math.max(0, ...rows.filter((each) => each.kind === "remark").map((each) => width(each) + 2 * PADDING));
    if (!lanes.length) return [new Map(), GUTTER + remarks];
    const places = new Map();
    let place = GUTTER + halves[0];
    lanes.forEach((lane, at) => {
      places.set(lane, place);
      place += gaps[at] || 0;
    });
    const end = places.get(lanes.at(-1)) + Math.max(halves.at(-1), edge) + PADDING;
    return [places, Math.max(end, GUTTER + remarks)];
  };
  const barsOf = (rows, bottom) => {
    const ends = new Map(rows.filter((each) => ["return", "open"].includes(each.kind)).map((each) => [each.number, each]));
    const underWay = new Map();
    return rows.filter((each) => each.kind === "call" && ends.has(each.number)).map((each) => {
      const end = ends.get(each.number), lane = each.event.lane;
      const others = (underWay.get(lane) || []).filter((until) => until > each.top);
      underWay.set(lane, [...others, middle(end)]);
      const open = end.kind === "open";
      return { lane, top: each.top + each.height - 2, bottom: open ? bottom : middle(end), depth: others.length, open };
    });
  };

  const box = (style, x, y, width, height) =>
    `<rect class="${style}" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`;
  const words = (style, x, y, text) => `<text class="${style}" x="${x}" y="${y}">${said(text)}</text>`;
  const lines = (style, x, baseline, row) =>
    row.lines.map((line, at) => words(style, x, baseline + LINE * at, line)).join("");
  const titled = (drawn, whole, shown) =>
    whole === shown || flat(whole) === shown ? drawn : `<g><title>${said(whole)}</title>${drawn}</g>`;
  const head = (lane, x, top) => {
    const name = shortened(lane, NAME), side = half(wide(name)) + PADDING;
    return titled(box("lane", x - side, top + 1, 2 * side, HEAD_BOX) + words("lane", x, top + 17, name), lane, name);
  };
  const boxed = (lanes, row) => {
    const x = lanes.get(row.event.lane), side = half(width(row)) + PADDING;
    const style = row.kind === "note" ? "note" : row.event.failed && row.number < 0 ? "call failed" : "call";
    return box(style, x - side, 2, 2 * side, row.height - 4) + lines(style, x, 17, row);
  };
  const returned = (lanes, row) => {
    const x = lanes.get(row.event.lane);
    if (!row.lines.some(Boolean)) return `<path class="end" d="M${x - BAR} ${centre(row)}h${2 * BAR}"/>`;
    const side = half(width(row)) + PADDING, style = row.event.failed ? "gave failed" : "gave";
    return box(style, x - side, 1, 2 * side, row.height - 2) + lines(style, x, 14, row);
  };
  const packetStyle = (row) => (row.event.text.startsWith("RST") ? "packet rst" : "packet");
  const arrow = (lanes, row) => {
    const start = lanes.get(row.event.lane), end = lanes.get(destination(row.event));
    const way = end > start ? 1 : -1, y = centre(row), style = packetStyle(row);
    const line = `M${start + way * TIP} ${y}H${end - way * (TIP + 8)}`;
    const tip = `M${end - way * TIP} ${y}l${-way * 9} -4v8z`;
    const beside = [...lanes.values()].filter((x) => (x - start) * way > 0)
      .reduce((near, x) => (Math.abs(x - start) < Math.abs(near - start) ? x : near));
    const first = y - 5 - LINE * (row.lines.length - 1);
    return `<path class="${style}" d="${line}"/><path class="${style} tip" d="${tip}"/>` +
      lines(style, half(start + beside), first, row);
  };
  const loop = (lanes, row) => {
    const x = lanes.get(row.event.lane) + TIP, y = centre(row), style = packetStyle(row);
    const line = `M${x} ${y - 6}h${LOOP - 14}q6 0 6 6t-6 6h-${LOOP - 22}`;
    const first = y + 4 - half(LINE * (row.lines.length - 1));
    return `<path class="${style}" d="${line}"/><path class="${style} tip" d="M${x} ${y + 6}l9 -4v8z"/>` +
      lines(`${style} left`, x + LOOP - half(PADDING), first, row);
  };
  const remark = (lanes, row) => lines("remark", GUTTER + PADDING, 14, row);
  const DRAWN = { call: boxed, note: boxed, return: returned, open: returned, packet: arrow, loop, remark };

  const drawnRow = (lanes, row) => {
    const time = row.at === null ? "" : words("time", GUTTER - PADDING, centre(row) + 4, offset(row.at));
    let whole = row.event.text;
    if (row.kind === "call" && row.number < 0) whole = `${whole} ${outcome(row.event)}`;
    if (row.kind === "return") whole = outcome(row.event);
    const drawn = titled(DRAWN[row.kind](lanes, row), whole.trim(), row.lines.join(" ").trim());
    return `<g transform="translate(0 ${row.top})">${time}${drawn}</g>`;
  };

  return ([names, omitted, told]) => {
    const events = told.map(eventOf), lanes = lanesOf(names, events), rows = rowsIn(events, lanes, omitted);
    const [places, wideness] = placesOf(lanes, rows);
    const bottom = rows.at(-1).top + rows.at(-1).height + FOOT, again = rows.length > MANY;
    const height = bottom + (again ? HEAD : 0) - HEAD;
    const heads = [...places].map(([lane, x]) => `<path class="life" d="M${x} ${HEAD_BOX}V${HEAD}"/>${head(lane, x, 0)}`);
    const lifelines = [...places].map(([lane, x]) =>
      `<path class="life" d="M${x} ${HEAD}V${bottom}"/>${again ? head(lane, x, bottom) : ""}`);
    const bars = barsOf(rows, bottom).map((bar) =>
      box(bar.open ? "bar open" : "bar", places.get(bar.lane) - BAR / 2 + bar.depth * BAR, bar.top, BAR, bar.bottom - bar.top));
    const kinds = (kind) => events.filter((event) => event.kind === kind).length;
    const label = `Ladder diagram: ${kinds("call")} calls and ${kinds("packet")} packets ` +
      `on the lanes ${lanes.join(", ") || "of nobody"}`;
    const size = (top, height) => `width="${wideness}" height="${height}" viewBox="0 ${top} ${wideness} ${height}"`;
    const body = [...lifelines, ...bars, ...rows.map((each) => drawnRow(places, each))].join("");
    return `<svg class="heads ladder" aria-hidden="true" ${size(0, HEAD)}>${heads.join("")}</svg>` +
      `<svg class="ladder" role="img" aria-label="${said(label)}" ${size(HEAD, height)}>${body}</svg>`;
  };
})();
