"use strict";
// Shows times as those of this place, and completes each condition of a query. Without this
// script the pages are whole; then times are in UTC.
(function () {
  function two(n) { return (n < 10 ? "0" : "") + n; }

  // local is the value of a field for a time, for this place.
  function local(at) {
    var ms = at.getMilliseconds();
    return at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate()) + "T" + two(at.getHours()) + ":" +
      two(at.getMinutes()) + ":" + two(at.getSeconds()) + (ms ? "." + String(ms + 1000).slice(1) : "");
  }

  document.querySelectorAll("time[datetime]").forEach(function (e) {
    var at = new Date(e.getAttribute("datetime")), text = e.firstChild;
    if (isNaN(at) || !text || text.nodeType !== Node.TEXT_NODE) { return; }
    e.title = text.nodeValue.trim();
    text.nodeValue = local(at).replace("T", " ") + " ";
  });

  // The fields hold times of this place, and the server gets UTC.
  document.querySelectorAll("form[data-times]").forEach(function (form) {
    var fields = form.querySelectorAll("input[type=datetime-local]");
    fields.forEach(function (f) {
      var at = new Date(f.value + "Z");
      if (f.value && !isNaN(at)) { f.value = local(at); }
    });
    form.querySelectorAll(".zone").forEach(function (e) { e.textContent = "local time"; });
    form.addEventListener("formdata", function (event) {
      fields.forEach(function (f) {
        var at = new Date(f.value);
        if (f.value && !isNaN(at)) { event.formData.set(f.name, at.toISOString().slice(0, -1)); }
      });
    });
  });

  // A list completes the whole value of a field, so each condition after the first gets
  // those before it in front.
  document.querySelectorAll("input[list]").forEach(function (field) {
    var texts = Array.prototype.map.call(field.list.options, function (o) { return o.value; }), before = "";
    field.addEventListener("input", function () {
      var at = field.value.lastIndexOf(" and "), head = at < 0 ? "" : field.value.slice(0, at + 5);
      if (head === before) { return; }
      before = head;
      Array.prototype.forEach.call(field.list.options, function (o, i) { o.value = head + texts[i]; });
    });
  });
})();
