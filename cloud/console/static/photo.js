// A photo is made small on the phone before it is sent: a slow link takes a tenth of it. The server does so, too.
(() => {
  "use strict";
  const LARGEST_SIDE = 1600, QUALITY = 0.85, SMALL_BYTES = 400000;

  async function shrink(input) {
    const photo = input.files[0];
    if (!photo || photo.size <= SMALL_BYTES) return;
    const picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
    const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!small || small.size >= photo.size || input.files[0] !== photo) return;
    const chosen = new DataTransfer();
    chosen.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
    input.files = chosen.files;
  }

  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches("input[type=file][data-photo]")) return;
    const button = input.form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      await shrink(input);
    } catch {
      // what this browser cannot decode the server may, or says why not
    } finally {
      button.disabled = false;
    }
  });
})();
