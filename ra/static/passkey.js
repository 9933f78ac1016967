// A form with data-passkey asks the browser's passkey for a signature before it is sent.
// data-challenge and data-ids (a space between) are base64url, data-rp is the RP ID. See ra/passkey_form.py.
"use strict";
(() => {
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function answer(form) {
    const ids = form.dataset.ids.split(" ").filter(Boolean);
    const credential = await navigator.credentials.get({
      publicKey: {
        challenge: octets(form.dataset.challenge),
        rpId: form.dataset.rp,
        allowCredentials: ids.map((id) => ({ type: "public-key", id: octets(id) })),
        userVerification: "required",
        timeout: 120000,
      },
    });
    return JSON.stringify({
      id: text(credential.rawId),
      authenticator_data: text(credential.response.authenticatorData),
      client_data: text(credential.response.clientDataJSON),
      signature: text(credential.response.signature),
    });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]") || event.submitter?.hasAttribute("formnovalidate")) return;
    const field = form.elements.namedItem("assertion");
    if (field.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const failed = form.querySelector("[data-passkey-failed]");
    const missing = form.querySelector("[data-passkey-missing]");
    failed.hidden = true;
    if (!window.PublicKeyCredential) {
      missing.hidden = false;
      return;
    }
    try {
      field.value = await answer(form);
    } catch {
      failed.hidden = false;
      return;
    }
    form.requestSubmit(event.submitter);
  }, true);
})();
