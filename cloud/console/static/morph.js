// Makes one element like another with as few changes as there are: what somebody types, opens or scrolls stays.
const siagaMorph = (() => {
  "use strict";
  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");
  const alike = (one, other) =>
    one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

  function attributes(from, to) {
    for (const { name } of [...from.attributes]) {
      // a reader opens and closes a <details>, and the script says that a form is busy
      if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
    }
    for (const { name, value } of to.attributes) {
      if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
  }

  // what was typed stays, unless the page was asked for anew
  function typed(from, to, anew) {
    const touched = from === document.activeElement || from.value !== from.defaultValue;
    if (from.type === "checkbox" || from.type === "radio") {
      if (anew || from.checked === from.defaultChecked) from.checked = to.defaultChecked;
    } else if (anew || !touched) {
      from.value = to.value;
    }
  }

  function element(from, to, anew) {
    if (from.isEqualNode(to) && !anew) return;
    attributes(from, to);
    if (from.nodeName === "INPUT") return typed(from, to, anew);
    if (from.nodeName === "TEXTAREA") {
      if (anew || (from !== document.activeElement && from.value === from.defaultValue)) from.value = to.value;
      return;
    }
    if (from.nodeName === "SELECT" && from === document.activeElement && !anew) return;
    children(from, to, anew);
    if (from.nodeName === "SELECT" && anew) from.value = to.value;
  }

  function children(from, to, anew) {
    const kept = new Map([...from.children].map((child) => [keyOf(child), child]));
    kept.delete("");
    const keys = new Set([...to.children].map(keyOf));
    // what goes is taken out first: else each one after it would be moved, and an element that moves loses its focus
    for (const [key, child] of kept) if (!keys.has(key) && (anew || !child.classList.contains("mistake"))) child.remove();
    let here = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      const key = keyOf(wanted);
      const own = key ? kept.get(key) : here && !keyOf(here) && alike(here, wanted) ? here : null;
      if (own && alike(own, wanted)) {
        if (own === here) here = here.nextSibling;
        else from.insertBefore(own, here);
        if (own.nodeType === 1) element(own, wanted, anew);
        else if (own.data !== wanted.data) own.data = wanted.data;
      } else {
        from.insertBefore(document.importNode(wanted, true), here);
      }
    }
    while (here) {
      const next = here.nextSibling;
      // why a form was refused stays until it is sent again
      if (anew || here.nodeType !== 1 || !here.classList.contains("mistake")) here.remove();
      here = next;
    }
  }

  // whoever works by keyboard stays where they are: at the same element, or at what is left around it
  function keepingFocus(change) {
    const active = document.activeElement, around = [];
    for (let one = active; one && one !== document.body; one = one.parentElement) around.push(one);
    const marks = "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
    change();
    if (!around.length || document.activeElement === active) return;
    const left = around.find((one) => one.isConnected && !one.closest("[hidden]"));
    if (!left) return;
    if (left !== active && left.tabIndex < 0) left.setAttribute("tabindex", "-1");
    left.focus({ preventScroll: true });
    if (left === active && marks && marks[0] !== null) active.setSelectionRange(...marks);
  }

  return {
    element: (from, to, anew) => keepingFocus(() => element(from, to, anew)),
    children: (from, to, anew) => keepingFocus(() => children(from, to, anew)),
  };
})();
