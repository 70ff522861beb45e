// Adds to each chart of this page: values under the pointer and for the keyboard, buttons that hide
// a series or switch a scale, and a filter whose state is in the address.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const create = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const tip = document.getElementById("tip");

  // ---- the buttons of a chart -----------------------------------------------------------------

  function addTools(figure) {
    const views = all("svg", figure), tools = create("div", { className: "tools" });
    let shown = views[0];
    const axes = ["x", "y"].filter((axis) => shown.dataset[axis]);
    for (const axis of axes) {
      const words = () => `${axis}: ${shown.dataset[axis]}`;
      const toggle = create("button", { type: "button", className: "scale", textContent: words() });
      toggle.title = `Switch the ${axis} axis between linear and logarithmic`;
      toggle.addEventListener("click", () => {
        shown = views.find((view) => axes.every((other) =>
          (view.dataset[other] === shown.dataset[other]) === (other !== axis)));
        for (const view of views) view.toggleAttribute("hidden", view !== shown);
        toggle.textContent = words();
      });
      tools.append(toggle);
    }
    const colours = new Map(all("[data-name]", shown).map(({ dataset }) => [dataset.name, dataset.colour]));
    const hidden = new Set(), toggles = new Map();
    const update = () => {
      for (const group of all("[data-name]", figure)) group.toggleAttribute("hidden", hidden.has(group.dataset.name));
      for (const [name, toggle] of toggles) toggle.ariaPressed = String(!hidden.has(name));
      for (const view of views) setTabStop(view);
    };
    for (const [name, colour] of colours) {
      const toggle = create("button", { type: "button", className: colour, ariaPressed: "true" });
      toggle.append(create("i"), name);
      toggle.title = "Show or hide. Shift: show only this";
      toggle.addEventListener("click", ({ shiftKey }) => {
        const isAlone = hidden.size === colours.size - 1 && !hidden.has(name);
        if (!shiftKey) hidden.delete(name) || hidden.add(name);
        else for (const other of colours.keys()) isAlone || other === name ? hidden.delete(other) : hidden.add(other);
        update();
      });
      toggle.addEventListener("pointerenter", () => highlight(shown, name));
      toggle.addEventListener("pointerleave", () => highlight(shown, null));
      toggles.set(name, toggle);
      tools.append(toggle);
    }
    figure.append(tools);
  }

  /// Dims all series of a chart except that with this name. With null, no series is dimmed.
  function highlight(svg, name) {
    for (const group of all("[data-name]", svg))
      group.classList.toggle("dim", name !== null && group.dataset.name !== name);
  }

  // ---- values ---------------------------------------------------------------------------------

  const visible = (svg) => all(".target", svg).filter((target) => !target.closest("[data-name][hidden]"));

  /// Gives a chart a single tab stop. The arrow keys move between its values.
  function setTabStop(svg, stop = visible(svg)[0]) {
    for (const target of all(".target", svg)) target.setAttribute("tabindex", target === stop ? 0 : -1);
  }

  for (const svg of all("figure svg")) {
    for (const target of all(".target", svg)) {
      const title = target.firstElementChild;
      target.dataset.tip = title.textContent;
      title.remove();
      target.role = "img";
      target.ariaLabel = target.dataset.tip.replaceAll("\n", ", ");
    }
    setTabStop(svg);
  }

  let pointed = null;
  const isTarget = ({ target }) => target instanceof Element && target.classList.contains("target");

  function showTip(target) {
    hideTip();
    pointed = target.closest("svg");
    highlight(pointed, target.closest("[data-name]").dataset.name);
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
    if (pointed) highlight(pointed, null);
  }

  document.addEventListener("pointerover", (event) => (isTarget(event) ? showTip(event.target) : hideTip()));
  // Scrolling hides the tip, but the pointer can still be on the same target.
  document.addEventListener("pointermove", (event) => tip.hidden && isTarget(event) && showTip(event.target));
  document.addEventListener("focusin", (event) => (isTarget(event) ? showTip(event.target) : hideTip()));
  document.addEventListener("scroll", hideTip, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !isTarget(event)) return;
    const svg = event.target.closest("svg"), targets = visible(svg);
    const next = targets.at((targets.indexOf(event.target) + step) % targets.length);
    setTabStop(svg, next);
    next.focus();
    event.preventDefault();
  });

  // ---- the filter -----------------------------------------------------------------------------

  const form = document.querySelector(".controls"), { find, scenario, theme } = form.elements;
  const sections = all("main section"), figures = all("figure");
  for (const { dataset } of sections) scenario.append(new Option(dataset.title, dataset.title));
  const boxes = [...new Set(figures.map(({ dataset }) => dataset.kind))].map((kind) => {
    const box = create("input", { type: "checkbox", value: kind });
    const label = create("label");
    label.append(box, kind);
    form.querySelector("fieldset").append(label);
    return box;
  });

  function apply() {
    const wanted = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    for (const figure of figures) figure.hidden = !wanted.includes(figure.dataset.kind);
    for (const section of sections) {
      const own = all("figure", section), { title } = section.dataset;
      section.hidden = !["", title].includes(scenario.value) ||
        !title.toLowerCase().includes(find.value.trim().toLowerCase()) ||
        (own.length > 0 && own.every(({ hidden }) => hidden));
    }
    const count = figures.filter((figure) => !figure.closest("[hidden]")).length;
    form.querySelector("output").textContent = `${count} of ${figures.length} charts`;
  }

  /// Writes what is chosen to the address, so that a copy of the address shows the same.
  function save() {
    const state = new URLSearchParams();
    if (find.value) state.set("find", find.value);
    if (scenario.value) state.set("scenario", scenario.value);
    for (const { checked, value } of boxes) if (!checked) state.append("without", value);
    history.replaceState(null, "", `#${state}`);
  }

  function load() {
    const state = new URLSearchParams(location.hash.slice(1)), without = state.getAll("without");
    find.value = state.get("find") ?? "";
    scenario.value = state.get("scenario") ?? "";
    if (scenario.selectedIndex < 0) scenario.value = "";
    for (const box of boxes) box.checked = !without.includes(box.value);
    apply();
  }

  theme.addEventListener("click", () => {
    const root = document.documentElement, isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme ?? (isDark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
  form.addEventListener("input", () => { apply(); save(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", load);
  form.hidden = false;
  load();
  figures.forEach(addTools);
})();
