// What a page can be asked about itself; every function returns a list of faults in words.
(() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const TARGET = 24; // CSS pixels, WCAG 2.2, 2.5.8
  const NON_TEXT = 3; // WCAG 2.2, 1.4.11
  const SLACK = 1;

  const tell = (e) => {
    const id = e.id ? `#${e.id}` : e.className && e.getAttribute("class") ? `.${e.getAttribute("class")}` : "";
    const words = (e.innerText || e.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${e.tagName.toLowerCase()}${id} "${words}"`;
  };
  const style = (e) => getComputedStyle(e);
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const tucked = (e) => e.closest(".skip, .trap, .unseen, thead[role]") !== null;
  const controls = () => [...document.querySelectorAll(CONTROLS)].filter((e) => shown(e) && !tucked(e));
  const scroller = (e) => {
    for (let at = e.parentElement; at; at = at.parentElement) {
      if (["auto", "scroll"].includes(style(at).overflowX)) return at;
    }
    return null;
  };
  const ownWords = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());

  // 1.4.10, 1.4.12, 1.4.4: nothing needs scrolling sideways, nothing is cut off or lies on another.
  const fits = () => {
    const wide = document.documentElement;
    const found = [];
    if (wide.scrollWidth > wide.clientWidth) found.push(`scrolls sideways by ${wide.scrollWidth - wide.clientWidth}`);
    const inside = (r) => r.left >= -SLACK && r.right <= wide.clientWidth + SLACK;
    const boxes = controls();
    for (const e of boxes) {
      if (!scroller(e) && !inside(e.getBoundingClientRect())) found.push(`outside: ${tell(e)}`);
    }
    for (const e of document.body.querySelectorAll("*")) {
      if (!ownWords(e) || !shown(e) || tucked(e) || scroller(e)) continue;
      if (e.scrollWidth > e.clientWidth + SLACK && style(e).display !== "inline") found.push(`cut off: ${tell(e)}`);
      const clipped = style(e).overflowY !== "visible" && e.tagName !== "TEXTAREA";
      if (clipped && e.scrollHeight > e.clientHeight + SLACK) found.push(`cut off below: ${tell(e)}`);
      const range = document.createRange();
      for (const words of [...e.childNodes].filter((n) => n.nodeType === 3 && n.data.trim())) {
        range.selectNodeContents(words);
        if (![...range.getClientRects()].every(inside)) found.push(`words outside: ${tell(e)}`);
      }
    }
    boxes.forEach((one, place) => {
      const a = one.getBoundingClientRect();
      for (const other of boxes.slice(place + 1)) {
        if (one.contains(other) || other.contains(one) || style(one).display === "inline") continue;
        const b = other.getBoundingClientRect();
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        const sticky = one.closest(".leave") || other.closest(".leave");
        if (across > SLACK && down > SLACK && !sticky) found.push(`overlap: ${tell(one)} and ${tell(other)}`);
      }
    });
    return found;
  };

  // 2.5.8: 24 by 24 pixels, or 24 pixels from the next, or a link among words.
  const targets = () => {
    const areas = controls().map((e) => {
      const own = e.getBoundingClientRect();
      const labels = e.labels ? [...e.labels].map((l) => l.getBoundingClientRect()) : [];
      const all = [own, ...labels];
      const left = Math.min(...all.map((r) => r.left)), right = Math.max(...all.map((r) => r.right));
      const top = Math.min(...all.map((r) => r.top)), bottom = Math.max(...all.map((r) => r.bottom));
      return { e, left, right, top, bottom, width: right - left, height: bottom - top };
    });
    const near = (x, y, r) => Math.hypot(Math.max(r.left - x, 0, x - r.right), Math.max(r.top - y, 0, y - r.bottom));
    const among = (e) => e.tagName === "A" && style(e).display.startsWith("inline") && e.parentElement.textContent.trim().length > e.textContent.trim().length;
    const small = areas.filter((a) => a.width < TARGET || a.height < TARGET);
    return small
      .filter((a) => !among(a.e))
      .filter((a) => areas.some((b) => b !== a && near((a.left + a.right) / 2, (a.top + a.bottom) / 2, b) < TARGET / 2))
      .map((a) => `${Math.round(a.width)}x${Math.round(a.height)}: ${tell(a.e)}`);
  };

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (words) => {
    const parts = words.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    if (parts) return [+parts[1], +parts[2], +parts[3], parts[4] === undefined ? 1 : +parts[4]];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = words;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const layer = colour(style(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const told = (ratio) => ratio.toFixed(2);

  // 1.4.3: words, those of empty fields too.
  const wordsContrast = () => {
    const found = [];
    for (const e of document.body.querySelectorAll("*")) {
      if (!(ownWords(e) || ["INPUT", "TEXTAREA", "SELECT"].includes(e.tagName)) || !shown(e) || tucked(e)) continue;
      if (e.closest("svg, option") || ["radio", "checkbox"].includes(e.type)) continue;
      const look = style(e);
      const size = parseFloat(look.fontSize);
      const large = size >= 24 || (size >= 18.66 && +look.fontWeight >= 700);
      const ground = behind(e);
      const ratio = contrast(over(colour(look.color), ground), ground);
      if (ratio < (large ? 3 : 4.5)) found.push(`words ${told(ratio)}: ${tell(e)}`);
      if (e.placeholder) {
        const pale = contrast(over(colour(getComputedStyle(e, "::placeholder").color), ground), ground);
        if (pale < 4.5) found.push(`placeholder ${told(pale)}: ${tell(e)}`);
      }
    }
    return found;
  };

  // 1.4.11: where a control begins and ends, what is chosen, and what has the focus.
  const edgesContrast = () => {
    const found = [];
    const bordered = "input:not([type=radio], [type=checkbox], [type=hidden]), select, textarea, .button:not(.plain), .door, .out";
    for (const e of [...document.querySelectorAll(bordered)].filter((e) => shown(e) && !tucked(e))) {
      const look = style(e);
      const ground = behind(e.parentElement);
      const edge = look.borderTopStyle === "none" || parseFloat(look.borderTopWidth) === 0 ? 1 : contrast(over(colour(look.borderTopColor), ground), ground);
      const face = contrast(behind(e), ground);
      if (Math.max(edge, face) < NON_TEXT) found.push(`edge ${told(Math.max(edge, face))}: ${tell(e)}`);
    }
    for (const e of document.querySelectorAll("input[type=radio], input[type=checkbox]")) {
      const accent = style(e).accentColor;
      if (!shown(e) || accent === "auto") continue;
      const ratio = contrast(colour(accent), behind(e.parentElement));
      if (ratio < NON_TEXT) found.push(`chosen ${told(ratio)}: ${tell(e)}`);
    }
    return found;
  };
  const focusContrast = () => {
    const found = [];
    for (const e of controls()) {
      e.focus({ focusVisible: true, preventScroll: true });
      if (document.activeElement !== e) continue;
      const look = style(e);
      const ground = behind(e.parentElement);
      const ratio = contrast(over(colour(look.outlineColor), ground), ground);
      const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
      if (!ring) found.push(`no ring: ${tell(e)}`);
      else if (ratio < NON_TEXT) found.push(`ring ${told(ratio)}: ${tell(e)}`);
    }
    document.activeElement?.blur();
    return found;
  };

  // 2.4.11: what has the focus is not wholly under the bar that stays.
  const covered = () => {
    const found = [];
    const bar = document.querySelector(".leave");
    if (!bar) return found;
    for (const e of controls().filter((e) => !bar.contains(e)).reverse()) {
      e.focus({ focusVisible: true });
      const own = e.getBoundingClientRect(), over = bar.getBoundingClientRect();
      if (own.bottom <= over.bottom + SLACK && own.top >= over.top - SLACK) found.push(`under the bar: ${tell(e)}`);
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    return found;
  };

  // 2.4.3: what Tab comes to, in the order of the document; one radio of each group.
  const stops = () => {
    const seen = new Set();
    return [...document.querySelectorAll(CONTROLS)].filter((e) => {
      if (!shown(e) || e.disabled || e.closest(".trap")) return false;
      if (e.type !== "radio") return true;
      const group = `${e.form && [...document.forms].indexOf(e.form)} ${e.name}`;
      if (seen.has(group)) return false;
      seen.add(group);
      return true;
    });
  };
  const sameStop = (a, b) => a === b || (a.type === "radio" && b.type === "radio" && a.name === b.name && a.form === b.form);
  const watchTabs = () => {
    window.tabbed = [];
    document.addEventListener("focusin", (event) => {
      const look = style(event.target);
      tabbed.push({ e: event.target, ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2, at: event.target.getBoundingClientRect(), down: scrollY });
    });
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    tabbed.length = 0;
    return stops().length;
  };
  const tabFaults = () => {
    const found = [];
    const expected = stops();
    expected.forEach((e, place) => {
      const got = tabbed[place];
      if (!got) found.push(`never reached: ${tell(e)}`);
      else if (!sameStop(e, got.e)) found.push(`expected ${tell(e)}, came to ${tell(got.e)}`);
      else if (!got.ring) found.push(`no ring: ${tell(e)}`);
    });
    if (expected.length && !expected[0].matches(".skip") && document.querySelector(".skip")) found.push("the skip link is not first");
    const rtl = document.documentElement.dir === "rtl";
    const ways = tabbed.slice(1, expected.length).filter((s) => !s.e.closest(".leave"));
    ways.slice(1).forEach((next, place) => {
      const last = ways[place];
      const a = { top: last.at.top + last.down, bottom: last.at.bottom + last.down, left: last.at.left, right: last.at.right };
      const b = { top: next.at.top + next.down, bottom: next.at.bottom + next.down, left: next.at.left, right: next.at.right };
      const onwards = rtl ? b.right <= a.left + SLACK : b.left >= a.right - SLACK;
      const sameLine = b.top < a.bottom && b.bottom > a.top;
      const ltr = style(next.e.parentElement).direction === "ltr" && rtl;
      if (b.bottom <= a.top && !onwards) found.push(`goes up: ${tell(last.e)} to ${tell(next.e)}`);
      if (sameLine && !onwards && !ltr && Math.abs((a.top + a.bottom) / 2 - (b.top + b.bottom) / 2) < 8) found.push(`goes back: ${tell(last.e)} to ${tell(next.e)}`);
    });
    return found;
  };

  // 2.4.1, 3.3.1: where the skip link and the links of a problem summary lead.
  const leads = () => {
    const found = [];
    const summary = document.querySelector(".summary");
    if (summary && document.activeElement !== summary) found.push(`the focus begins at ${tell(document.activeElement)}, not at the problems`);
    for (const link of document.querySelectorAll(".skip, .summary a[href^='#']")) {
      const goal = document.getElementById(link.hash.slice(1));
      link.click();
      const field = goal && (goal.matches("input, select, textarea, main") ? document.activeElement === goal : goal.matches("h2"));
      if (!field) found.push(`${tell(link)} does not lead to ${link.hash}`);
    }
    for (const bad of document.querySelectorAll("[aria-invalid]")) {
      const words = (bad.getAttribute("aria-describedby") || "").split(" ").map((id) => document.getElementById(id));
      if (!words.some((w) => w && w.matches(".wrong"))) found.push(`its problem is not tied to it: ${tell(bad)}`);
    }
    for (const words of document.querySelectorAll(".wrong")) {
      if (!document.querySelector(`[aria-invalid][aria-describedby~="${words.id}"]`)) found.push(`tied to nothing: ${tell(words)}`);
    }
    for (const hint of document.querySelectorAll(".hint[id]")) {
      if (!document.querySelector(`[aria-describedby~="${hint.id}"]`)) found.push(`a hint of nothing: ${tell(hint)}`);
    }
    return found;
  };

  // 1.3.2, 2.3.3: without styles the order still makes sense, and nothing moves for who asked so.
  const plainOrder = () => {
    const found = [];
    const place = (selector) => { const e = document.querySelector(selector); return e && [...document.querySelectorAll("*")].indexOf(e); };
    const order = [".skip", ".top", ".leave", ".bar", "main", ".bottom"].map(place).filter((p) => p !== null);
    if (order.some((p, i) => i && p < order[i - 1])) found.push("the order of the parts");
    const form = place("main form");
    if (form !== null && place(".summary") > form) found.push("problems after the form");
    for (const e of document.querySelectorAll("main :is(input, select, textarea):not([type=hidden])")) {
      const label = e.labels && e.labels[0];
      const after = e.type === "radio" || e.type === "checkbox";
      if (!label) found.push(`no label: ${tell(e)}`);
      else if (!after && !(label.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)) found.push(`its label comes after: ${tell(e)}`);
    }
    for (const form of document.querySelectorAll("form")) if (!form.querySelector("button")) found.push("a form without a button");
    return found;
  };
  const moves = () => {
    const moving = [...document.querySelectorAll("*")].filter((e) => {
      const look = style(e);
      return look.animationName !== "none" || look.transitionDuration.split(", ").some((d) => parseFloat(d) > 0);
    });
    return document.getAnimations().map(() => "an animation").concat(moving.map((e) => `moves: ${tell(e)}`));
  };

  // 3.1.1, 3.1.2, 1.3.1 and our own: languages and directions of words, heads of tables, one h1.
  const marks = () => {
    const found = [];
    const root = document.documentElement;
    const count = (selector, number) => { const n = document.querySelectorAll(selector).length; if (n !== number) found.push(`${n} times ${selector}`); };
    if (!root.lang || !root.dir) found.push("no language or direction");
    if (!document.title.trim()) found.push("no title");
    count("main", 1);
    if (document.querySelector("header")) count("h1", 1);
    for (const table of document.querySelectorAll("table")) {
      if (!table.caption || !table.caption.textContent.trim()) found.push("a table without a caption");
      for (const head of table.querySelectorAll("th")) if (!head.scope) found.push(`a head without scope: ${tell(head)}`);
    }
    for (const link of document.querySelectorAll(".languages a")) if (!link.lang || link.hreflang !== link.lang) found.push(`a language link without its language: ${tell(link)}`);
    for (const picture of document.querySelectorAll("svg")) if (picture.getAttribute("aria-hidden") !== "true") found.push("a picture that is not hidden");
    for (const code of document.querySelectorAll(".receipt, .seven, .groups, input.code")) {
      if (style(code).direction !== "ltr") found.push(`not from left to right: ${tell(code)}`);
      if (!code.matches("input") && code.translate) found.push(`a browser would translate: ${tell(code)}`);
    }
    for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) found.push(`an order of its own: ${tell(e)}`);
    let last = 0;
    for (const head of document.querySelectorAll("h1, h2, h3, h4")) {
      const level = +head.tagName[1];
      if (last && level > last + 1) found.push(`a level is left out before ${tell(head)}`);
      last = level;
    }
    return found;
  };

  window.inspect = { fits, targets, wordsContrast, edgesContrast, focusContrast, covered, watchTabs, tabFaults, leads, plainOrder, moves, marks };
})();
