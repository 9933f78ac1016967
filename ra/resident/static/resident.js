"use strict";
// Loads the page anew when it is another one, and shows the keys on the screen. Everything works without it.

const seconds = Number(document.body.dataset.seconds);
setInterval(async () => {
  try {
    const answer = await fetch("/stamp", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== document.body.dataset.stamp) location.replace("/");
  } catch {
    // the terminal is being started again; the next look finds it
  }
}, seconds * 1000);

const keypad = document.getElementById("keypad");
if (keypad) {
  const fields = [...document.querySelectorAll("#entry input[type=password]")];
  let field = fields[0];
  for (const each of fields) each.addEventListener("focus", () => { field = each; });

  const type = (text) => {
    if (field.value.length < field.maxLength) field.value += text;
    if (field.value.length === field.maxLength && field === fields[0]) {
      field = fields[1];
      field.focus();
    }
  };
  const button = (text, act, kind) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (kind) made.className = kind;
    made.addEventListener("click", act);
    return made;
  };
  const keys = (order) => order.map((key) => button(key, () => type(key)));
  const lay = (order) => {
    const erase = button(keypad.dataset.erase, () => { field.value = field.value.slice(0, -1); }, "wide");
    const clear = button(keypad.dataset.clear, () => { field.value = ""; }, "wide");
    const shuffle = button(keypad.dataset.shuffle, () => { lay(mixed(order)); keypad.querySelector(".shuffle").focus(); }, "wide shuffle");
    const made = keys(order);
    const last = order.length === 10 ? [erase, made.pop(), clear, shuffle] : [erase, clear, shuffle];
    keypad.replaceChildren(...made, ...last);
  };
  const mixed = (order) => {
    const mixed = [...order];
    for (let at = mixed.length - 1; at > 0; at -= 1) {
      const other = crypto.getRandomValues(new Uint32Array(1))[0] % (at + 1);
      [mixed[at], mixed[other]] = [mixed[other], mixed[at]];
    }
    return mixed;
  };
  lay([...keypad.dataset.keys]);
  keypad.hidden = false;

  const show = document.getElementById("show");
  show.parentElement.hidden = false;
  show.addEventListener("change", () => {
    for (const each of fields) each.type = show.checked ? "text" : "password";
  });
}
