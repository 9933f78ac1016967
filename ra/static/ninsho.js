// Keys, the scanner, printing, and the lock. Every page works without this file; nothing here decides anything.
"use strict";
(() => {
  const body = document.body;

  // Keys: an element with data-key is pressed (or focused, if it is an input) by that key. "F2", "Alt+1", "Escape".
  const name = (event) => (event.altKey ? "Alt+" : "") + (event.altKey ? event.code.replace(/^(Digit|Key)/, "") : event.key);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const pressed = name(event);
    if (/^F\d+$/.test(pressed) && body.dataset.keys === "off") return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && !/^(radio|checkbox)$/.test(event.target.type);
    if (pressed.length === 1 && typing) return;
    const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === pressed);
    if (!target || target.closest("[hidden]")) return;
    event.preventDefault();
    if (target.matches("input[type=radio], input[type=checkbox]")) target.click();
    if (target.matches("input, select, textarea")) target.focus();
    else target.click();
  });

  // The way back from an error keeps what was typed, where the page before is the form and not the lock's.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    if (!event.target.closest("[data-back]") || history.length < 2 || document.referrer.endsWith("/unlock")) return;
    event.preventDefault();
    history.back();
  });

  // A form that was sent once is not sent again while its answer is awaited; the server would take it as one anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-again")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // The scanner types a number faster than anybody and ends with Enter. Whatever field has the focus, the number goes
  // to the search box, and the field is as it was before.
  const box = document.querySelector("[data-scan]");
  let burst = { text: "", at: 0, field: null, before: "" };
  document.addEventListener("keydown", (event) => {
    if (!box || event.target === box) return;
    const now = event.timeStamp;
    if (now - burst.at > 30) burst = { text: "", at: now, field: event.target, before: event.target.value };
    burst.at = now;
    if (event.key.length === 1) burst.text += event.key;
    else if (event.key === "Enter" && /^[RSK]-?[0-9A-Z-]{5,}$/i.test(burst.text)) {
      if (event.target.matches("[data-card]") && /^K/i.test(burst.text)) return; // a card's own field takes its number
      event.preventDefault();
      event.stopImmediatePropagation();
      if (burst.field && burst.before !== undefined) burst.field.value = burst.before;
      box.value = burst.text;
      box.form.requestSubmit();
    }
  }, true);

  // The lock: the page is covered after so many seconds without a key or a click, and stays as it is underneath.
  const idle = Number(body.dataset.lock) * 1000;
  if (!idle) return;
  let last = Date.now();
  let told = Date.now();
  let dialog = null;

  function cover() {
    dialog = document.createElement("dialog");
    dialog.className = "lock";
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    body.append(dialog);
    wait();
    dialog.showModal();
  }

  // Covered first, and asked then: a server that is away must not leave the page open, nor cost what was typed.
  function wait() {
    dialog.replaceChildren(document.getElementById("locked").content.cloneNode(true));
    ask();
  }

  async function ask() {
    try {
      const answer = await fetch(body.dataset.unlock, { credentials: "same-origin", signal: AbortSignal.timeout(10000) });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (answer.ok) return show(await answer.text());
    } catch {
      // away, or too slow: asked again like after an answer that is none
    }
    setTimeout(ask, 3000);
  }

  function show(form) {
    dialog.innerHTML = form;
    dialog.querySelector("button")?.focus();
  }

  document.addEventListener("submit", async (event) => {
    if (!dialog || !dialog.contains(event.target) || event.defaultPrevented) return;
    event.preventDefault();
    const form = event.target;
    const sent = { method: "POST", body: new FormData(form, event.submitter) };
    const answer = await fetch(form.action, sent).catch(() => null);
    if (!answer || answer.status >= 500) wait();
    else if (answer.status === 204) {
      dialog.remove();
      dialog = null;
      last = told = Date.now();
    } else if (answer.redirected) location.reload();
    else show(await answer.text());
  }, true);

  function alive() {
    if (dialog) return;
    last = Date.now();
    if (last - told < 60000) return;
    told = last;
    fetch(body.dataset.alive, { method: "POST", headers: { "X-CSRFToken": body.dataset.token } }).then((answer) => {
      if (answer.status === 423 && !dialog) cover();
    }, () => {}); // a server that is away is told with a later key
  }
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, alive, true);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 423 && !dialog) cover();
  });
  setInterval(() => {
    if (!dialog && Date.now() - last >= idle) cover();
  }, 1000);
})();
