// Lets a gateway in: the browser sends the password to the API by itself, so that it is in no page and no state of one.
(() => {
  "use strict";
  async function enrol(form) {
    const panel = form.closest(".enrol"), field = (name) => panel.querySelector(name);
    const said = field(".mistake"), password = field("[type=password]"), button = field("button[type=submit]");
    said.textContent = "";
    button.disabled = true;
    try {
      const answer = await fetch(form.dataset.enrol, {
        method: "POST",
        headers: { "X-CSRF-Token": document.body.dataset.csrf, "Content-Type": "application/json" },
        body: JSON.stringify({ password: password.value, again: field("[type=checkbox]").checked }),
      });
      const bundle = await answer.json();
      if (answer.ok) show(field, bundle);
      else said.textContent = JSON.parse(form.dataset.refusals)[bundle.type.split(":").pop()] ?? bundle.detail;
    } catch (error) {
      said.textContent = String(error);
    } finally {
      password.value = "";
      button.disabled = false;
    }
  }

  function show(field, bundle) {
    field(".qr").src = `data:image/svg+xml;base64,${btoa(bundle.qr_svg)}`;
    field(".bundle-file").href = `data:text/plain;base64,${btoa(`${bundle.bundle}\n`)}`;
    field(".bundle-text").value = bundle.bundle;
    field(".bundle-ends").textContent = ` ${bundle.ends}`;
    field(".made-bundle").dataset.state = "some";
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.enrol) return;
    event.preventDefault();
    enrol(event.target);
  });
})();
