"use strict";
// Makes a page live: texts with a data-key and curves with a data-path follow the events
// that the body names. Without this script pages are whole, and reload themselves.
(function () {
  var body = document.body, state = document.getElementById("live"), clock = document.getElementById("at");
  var cells, paths, rows = null, asked = 0;

  function collect() {
    cells = new Map();
    paths = new Map();
    document.querySelectorAll("[data-key]").forEach(function (e) { cells.set(e.getAttribute("data-key"), e); });
    document.querySelectorAll("[data-path]").forEach(function (e) { paths.set(e.getAttribute("data-path"), e); });
  }

  // renew takes the page anew, because it has other rows now; not while somebody types.
  function renew() {
    var active = document.activeElement, now = Date.now();
    if (now - asked < 5000 || active && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)) { return; }
    asked = now;
    fetch(location.href, {headers: {Accept: "text/html"}}).then(function (r) { return r.ok ? r.text() : null; }).then(function (text) {
      if (text === null) { return; }
      var next = new DOMParser().parseFromString(text, "text/html").getElementById("main");
      if (next) {
        document.getElementById("main").replaceWith(document.adoptNode(next));
        state = document.getElementById("live");
        clock = document.getElementById("at");
        rows = null;
        collect();
        copying();
      }
    }).catch(function () {});
  }

  function mark(live) {
    if (state) { state.textContent = live ? "live" : "not live"; state.className = live ? "" : "off"; }
  }

  // notice shows what is wrong now.
  function notice(texts) {
    var list = document.getElementById("notices");
    list.replaceChildren.apply(list, texts.map(function (text) {
      var item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
    list.hidden = texts.length === 0;
  }

  function take(message) {
    var e = JSON.parse(message.data), key, at;
    for (key in e.cells || {}) {
      if ((at = cells.get(key))) { at.textContent = e.cells[key]; }
    }
    for (key in e.classes || {}) {
      if ((at = cells.get(key))) { at.className = e.classes[key]; }
    }
    for (key in e.paths || {}) {
      if ((at = paths.get(key))) { at.setAttribute("d", e.paths[key]); }
    }
    if (e.notes) { notice(e.notes); }
    mark(true);
    if (clock) { clock.textContent = e.at; clock.dateTime = e.at; }
    if (rows !== null && rows !== e.rows) { renew(); } else { rows = e.rows; }
  }

  // follow listens while the page is seen.
  function follow(address) {
    var source = null;
    function begin() {
      if (source || document.hidden) { return; }
      source = new EventSource(address);
      source.onmessage = take;
      source.onerror = function () { mark(false); };
    }
    function end() {
      if (source) { source.close(); source = null; }
      mark(false);
    }
    document.addEventListener("visibilitychange", function () { if (document.hidden) { end(); } else { begin(); } });
    begin();
  }

  function copying() {
    document.querySelectorAll("[data-copy]").forEach(function (button) {
      if (!navigator.clipboard) { return; }
      button.hidden = false;
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(document.getElementById(button.getAttribute("data-copy")).textContent).then(function () { button.textContent = "Copied"; });
      });
    });
  }

  collect();
  copying();
  if (body.dataset.events && window.EventSource) { follow(body.dataset.events); }
})();
