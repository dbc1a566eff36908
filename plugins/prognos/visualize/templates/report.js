// Sorts and filters tables, shows one patient at a time, and switches between light and dark. Loads nothing. Texts enter
// the page as text, never as markup. Numbers are shown as they were computed; only places on the screen are worked out.
"use strict";
(() => {
  const SHOWN = 12; // lesions before the rest is folded
  const DAYS_PER_MONTH = 30.4375;
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const draw = (tag, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);

  function offerTheme() {
    const button = document.getElementById("theme");
    const root = document.documentElement;
    const preferred = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : preferred.matches);
    const label = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `Show the page in ${isDark() ? "light" : "dark"} colours`);
    };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      label();
    });
    preferred.addEventListener("change", label);
    button.hidden = false;
    label();
  }

  const number = (text) => {
    const value = text.trim().replaceAll("\u2212", "-");
    return value !== "" && Number.isFinite(Number(value)) ? Number(value) : null;
  };

  function sortRows(table, column, direction) {
    const rows = [...table.tBodies[0].rows];
    const keyed = rows.map((row) => ({ row, text: row.cells[column].textContent, value: number(row.cells[column].textContent) }));
    const numeric = keyed.some((entry) => entry.value !== null);
    const missing = (entry) => (numeric ? entry.value === null : entry.text === "\u2013");
    keyed.sort((a, b) => {
      if (missing(a) || missing(b)) return missing(a) - missing(b); // unknown values stay at the end
      return direction * (numeric ? a.value - b.value : a.text.localeCompare(b.text));
    });
    table.tBodies[0].append(...keyed.map((entry) => entry.row));
  }

  function offerSorting(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const isFalling = head.getAttribute("aria-sort") === "descending";
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", isFalling ? "ascending" : "descending");
        sortRows(table, column, isFalling ? 1 : -1);
      });
    });
    const field = make("input", { type: "search", autocomplete: "off" });
    const count = make("span", { "aria-live": "polite" });
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = words.length ? `${shown} rows` : "";
    });
    table.closest(".card").prepend(make("div", { class: "tools" }, make("label", {}, "Filter rows ", field), count));
  }

  function colourOf(data, risk) {
    const [low, high] = data.limits;
    const place = Math.min(Math.max((risk - low) / (high - low), 0), 1);
    return data.colours[Math.round(place * (data.colours.length - 1))];
  }

  function describeOutcome(time, event) {
    if (time === null) return "outcome unknown";
    const months = (time / DAYS_PER_MONTH).toFixed(1);
    if (event === null) return `followed for ${months} months`;
    return event ? `event after ${months} months` : `no event in ${months} months of follow-up`;
  }

  function drawCurve(data, patient, room) {
    const [name, , time, event, , survival] = patient;
    const days = data.days.slice(0, survival.length);
    const width = Math.min(Math.max(room, 300), 720);
    const [height, left, bottom, top, right] = [270, 46, 40, 14, 88];
    const last = data.days[data.days.length - 1];
    const x = (day) => left + (day / last) * (width - left - right);
    const y = (share) => top + (1 - share) * (height - top - bottom);
    const at = (day) => {
      const before = days.filter((known) => known <= day).length - 1;
      const after = Math.min(before + 1, days.length - 1);
      const way = data.joined && after > before ? (day - days[before]) / (days[after] - days[before]) : 0;
      return (survival[before] + way * (survival[after] - survival[before])) / 1000;
    };
    const ends = `${Math.round(survival[survival.length - 1] / 10)} % after ${Math.round(days[days.length - 1] / DAYS_PER_MONTH)} months`;
    const svg = draw("svg", {
      viewBox: `0 0 ${width} ${height}`, class: "drawing", role: "img", "font-size": 12,
      "aria-label": `Predicted survival of ${name}: ${ends}; ${describeOutcome(time, event)}.`,
    });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(draw("line", { x1: left, x2: width - right, y1: y(share), y2: y(share), stroke: "var(--line)" }));
      svg.append(draw("text", { x: left - 7, y: y(share) + 4, "text-anchor": "end" }, `${share * 100}%`));
    }
    const step = [1, 3, 6, 12, 24, 60, 120].find((months) => last / DAYS_PER_MONTH / months <= width / 70) || 240;
    for (let month = 0; month * DAYS_PER_MONTH <= last; month += step) {
      const place = x(month * DAYS_PER_MONTH);
      svg.append(draw("text", { x: place, y: height - bottom + 18, "text-anchor": "middle" }, String(month)));
    }
    const middle = (left + width - right) / 2;
    svg.append(draw("text", { x: middle, y: height - 5, "text-anchor": "middle" }, "months since baseline"));
    const point = (share, i) => {
      const [across, down] = [x(data.days[i]).toFixed(1), y(share / 1000).toFixed(1)];
      return i === 0 ? `M${across} ${down}` : data.joined ? `L${across} ${down}` : `H${across}V${down}`;
    };
    const lines = [[data.median, "var(--soft)", 1.5, "median risk"], [survival, "var(--blue)", 2.5, "this patient"]];
    if (!data.median.length) lines.shift();
    const close = lines.length > 1 && Math.abs(y(data.median.at(-1) / 1000) - y(survival.at(-1) / 1000)) < 14;
    for (const [curve, stroke, thick, label] of lines) {
      svg.append(draw("path", { d: curve.map(point).join(""), fill: "none", stroke, "stroke-width": thick }));
      const above = close && (label === "this patient") === (survival.at(-1) >= data.median.at(-1)) ? -7 : close ? 7 : 0;
      const weight = label === "this patient" ? 600 : 400;
      const end = { x: x(data.days[curve.length - 1]) + 7, y: y(curve.at(-1) / 1000) + 4 + above };
      svg.append(draw("text", { ...end, "font-weight": weight, style: `fill:${stroke}` }, label));
    }
    if (time !== null && event !== null && time <= days[days.length - 1]) {
      const [cx, cy] = [x(time), y(at(time))];
      const fill = event ? "var(--vermillion)" : "var(--card)";
      const stroke = event ? "var(--vermillion)" : "var(--soft)";
      svg.append(draw("line", { x1: cx, x2: cx, y1: cy, y2: height - bottom, stroke, "stroke-dasharray": "3 3" }));
      svg.append(draw("circle", { cx, cy, r: 5.5, fill, stroke, "stroke-width": 2 }));
      const anchor = cx > middle ? "end" : "start";
      const beside = { x: cx + (anchor === "start" ? 10 : -10), y: height - bottom - 8, "text-anchor": anchor, class: "halo" };
      svg.append(draw("text", beside, event ? "event" : "censored"));
    }
    return svg;
  }

  function thumbnail(data, annotation, index, lesion) {
    const strip = annotation[2];
    const square = make("span", { class: strip ? "thumb" : "thumb empty" });
    square.style.borderColor = colourOf(data, lesion[4]);
    if (strip) {
      const count = annotation[1].length;
      square.style.backgroundImage = `url(data:image/jpeg;base64,${strip})`;
      square.style.backgroundSize = `${count * 100}% 100%`;
      square.style.backgroundPosition = `${count > 1 ? (index / (count - 1)) * 100 : 0}% 0`;
      square.setAttribute("role", "img");
      square.setAttribute("aria-label", `CT patch of lesion ${lesion[0]}`);
    } else square.title = "no thumbnail in this file";
    return square;
  }

  function bar(from, to, scale) {
    const cell = make("span", { class: "bar" });
    const place = (value) => `${((value - scale[0]) / (scale[1] - scale[0])) * 100}%`;
    const zero = make("i", { class: "zero" });
    zero.style.left = place(0);
    const body = make("i", { class: to < from ? "down" : "up" });
    body.style.left = place(Math.min(from, to));
    body.style.width = `${(Math.abs(to - from) / (scale[1] - scale[0])) * 100}%`;
    cell.append(zero, body);
    return cell;
  }

  function drawFall(data, annotation, isWhole) {
    const lesions = annotation[1].map((lesion, index) => ({ lesion, index })).sort((a, b) => b.lesion[5] - a.lesion[5]);
    const bySize = [...lesions].sort((a, b) => Math.abs(b.lesion[5]) - Math.abs(a.lesion[5]));
    const kept = new Set(isWhole ? lesions : bySize.slice(0, SHOWN));
    const rows = [];
    let folded = null;
    for (const entry of lesions) {
      if (kept.has(entry)) rows.push({ ...entry, add: entry.lesion[5] });
      else if (folded) [folded.add, folded.count] = [folded.add + entry.lesion[5], folded.count + 1];
      else rows.push((folded = { add: entry.lesion[5], count: 1 }));
    }
    let sum = 0;
    for (const row of rows) [row.from, sum] = [sum, sum + row.add];
    const ends = [0, ...rows.map((row) => row.from + row.add)];
    const scale = [Math.min(...ends), Math.max(...ends, Math.min(...ends) + 1e-6)];
    const list = make("ol", { class: "fall", "aria-label": "What each lesion adds to the log hazard" });
    for (const row of rows) {
      const what = make("span", { class: "what" });
      if (row.lesion) {
        const [id, organ, volume, diameter, risk] = row.lesion;
        what.append(`${data.organs[organ]} `, make("small", {}, `${diameter} mm \u00b7 ${(volume / 1000).toFixed(1)} cm\u00b3 \u00b7 risk ${signed(risk)}`));
        what.title = `lesion ${id}`;
      } else what.append(`${row.count} other lesions`);
      const image = row.lesion ? thumbnail(data, annotation, row.index, row.lesion) : make("span");
      list.append(make("li", {}, image, what, bar(row.from, row.from + row.add, scale), make("span", { class: "add" }, signed(row.add))));
    }
    list.append(make("li", { class: "sum" }, make("span"), make("span", { class: "what" }, "together"), bar(0, sum, scale),
      make("span", { class: "add" }, signed(sum))));
    return list;
  }

  function showLesions(data, patient, place, chosen, isWhole) {
    const annotations = patient[6];
    const annotation = annotations[chosen];
    const parts = [make("h4", {}, "What each lesion adds to the log hazard (scaled risk, no unit)")];
    if (annotations.length > 1) {
      const buttons = annotations.map(([reader], index) => {
        const button = make("button", { type: "button", "aria-pressed": index === chosen }, reader || `reader ${index + 1}`);
        button.addEventListener("click", () => showLesions(data, patient, place, index, false));
        return button;
      });
      parts.push(make("div", { class: "readers", role: "group", "aria-label": "Reader" }, ...buttons));
    }
    if (!annotation[1].length) parts.push(make("p", { class: "soft" }, "No lesion was marked: the log hazard is 0."));
    else parts.push(drawFall(data, annotation, isWhole));
    if (!isWhole && annotation[1].length > SHOWN) {
      const more = make("button", { type: "button", class: "more" }, `show all ${annotation[1].length} lesions`);
      more.addEventListener("click", () => showLesions(data, patient, place, chosen, true));
      parts.push(more);
    }
    const mean = annotations.length > 1 ? `The log hazard of the patient, ${signed(patient[1])}, is the mean over ${annotations.length} readers.` : "";
    if (mean) parts.push(make("p", { class: "soft" }, mean));
    place.replaceChildren(...parts);
  }

  function showPatient(data, patient, place) {
    const [name, logHazard, time, event, flags, survival, annotations] = patient;
    const rank = data.ranked ? `, rank ${data.patients.indexOf(patient) + 1} of ${data.patients.length}` : "";
    const story = `log hazard ${signed(logHazard)}${rank} \u00b7 ${describeOutcome(time, event)}`;
    const parts = [make("h3", {}, name), make("p", { class: "soft" }, flags ? `${story} \u00b7 ${flags}` : story)];
    if (survival.length) parts.push(make("h4", {}, "Predicted survival"), drawCurve(data, patient, place.clientWidth - 40));
    const lesions = make("div");
    if (annotations.length) {
      parts.push(lesions);
      showLesions(data, patient, lesions, 0, false);
    }
    place.replaceChildren(...parts);
  }

  function offerPatients() {
    const source = document.getElementById("patients-data");
    if (!source) return;
    const data = JSON.parse(source.textContent);
    const [list, place, field] = ["list", "patient", "find"].map((id) => document.getElementById(id));
    const options = data.patients.map((patient, index) => {
      const [name, logHazard, , event] = patient;
      const dot = make("span", { class: event === 1 ? "had yes" : "had", role: "img", "aria-label": event === 1 ? "event" : event === 0 ? "censored" : "outcome unknown" });
      const texts = [make("span", { class: "name" }, name), make("span", { class: "value" }, signed(logHazard))];
      const option = make("div", { role: "option", id: `patient-${index}`, "aria-selected": "false" }, dot, ...texts);
      option.addEventListener("click", () => choose(index));
      return option;
    });
    let chosen = -1;
    const choose = (index) => {
      if (chosen >= 0) options[chosen].setAttribute("aria-selected", "false");
      chosen = index;
      options[index].setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", options[index].id);
      const [top, end] = [options[index].offsetTop - list.offsetTop, options[index].offsetHeight];
      if (top < list.scrollTop) list.scrollTop = top;
      else if (top + end > list.scrollTop + list.clientHeight) list.scrollTop = top + end - list.clientHeight;
      showPatient(data, data.patients[index], place);
    };
    list.addEventListener("keydown", (pressed) => {
      const shown = options.map((option, index) => (option.hidden ? -1 : index)).filter((index) => index >= 0);
      const now = shown.indexOf(chosen);
      const moves = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: shown.length - 1, PageDown: now + 10, PageUp: now - 10 };
      if (!(pressed.key in moves) || !shown.length) return;
      pressed.preventDefault();
      choose(shown[Math.min(Math.max(moves[pressed.key], 0), shown.length - 1)]);
    });
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      options.forEach((option, index) => (option.hidden = !data.patients[index][0].toLowerCase().includes(wanted)));
    });
    list.append(...options);
    list.closest(".browser").hidden = false;
    if (options.length) choose(0);
  }

  offerTheme();
  document.querySelectorAll("table[data-sortable]").forEach(offerSorting);
  offerPatients();
})();
