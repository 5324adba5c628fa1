// Tries to reach whatever is not the frame's own; API and WS are the service's addresses.
const attacks = {
  "the page's document": () => parent.document.title,
  "the page's variables": () => parent.secret,
  "the top window's document": () => top.document.body,
  "the page's address": () => parent.location.href,
  "the page's storage": () => parent.localStorage.length,
  "the element that holds the frame": () => frameElement,
  "another cell's frame": () => [...Array(parent.length).keys()].map((i) => parent[i]).find((w) => w !== window).document,
  "cookies": () => document.cookie,
  "storage": () => localStorage.length,
  "storage of the tab": () => sessionStorage.length,
  "databases": () => indexedDB.open("x"),
  "caches": () => caches.keys(),
  "a service worker": () => navigator.serviceWorker.register("./frame.js"),
  "the clipboard": () => navigator.clipboard.readText(),
  "the whole screen": () => document.documentElement.requestFullscreen(),
  "the reader's place": () => new Promise((yes, no) => navigator.geolocation.getCurrentPosition(yes, no)),
  "the camera": () => navigator.mediaDevices.getUserMedia({ video: true }),
  "the top window's address, set": () => void (top.location = "https://example.invalid/"),
  "the top window's address, replaced": () => top.location.replace("https://example.invalid/"),
  "the page's fragment": () => void (parent.location.hash = "owned"),
  "a window in place of the top one": () => open("https://example.invalid/", "_top"),
  "a window of its own, unasked": () => open("https://example.invalid/"),
  "the service": () => fetch(`${API}/sessions`, { method: "POST", body: "{}" }),
  "the service's websocket": () =>
    new Promise((yes, no) => {
      const socket = new WebSocket(WS);
      socket.onopen = yes;
      socket.onerror = no;
    }),
};

const click = (tag, attributes, act) => {
  const element = Object.assign(document.createElement(tag), attributes);
  document.body.append(element);
  act(element);
};

function tryWhatAnswersNothing() {
  click("a", { href: "https://example.invalid/", target: "_top" }, (link) => link.click());
  click("form", { action: "https://example.invalid/", target: "_top" }, (form) => form.submit());
  click("input", { autofocus: true }, (input) => input.focus());
  window.focus();
  alert("owned");
  confirm("owned");
  prompt("owned");
  print();
  // Messages such as the cell and its service send.
  const { port1 } = new MessageChannel();
  parent.postMessage({ msg_type: "execute_request", content: { code: "1/0" } }, "*");
  parent.postMessage({ header: { msg_type: "interact_request" }, channel: "shell" }, "*", [port1]);
  // The port itself is out of reach, but not what it is made of: from here on anything can be sent in the frame's name.
  const send = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message) {
    window.port = this;
    return send.call(this, message);
  };
  // Over everything, if a frame could.
  click("div", { id: "cover" }, (cover) => (cover.style.cssText = "position: fixed; inset: -9999px; z-index: 2147483647; background: red"));
}

(async () => {
  const seen = {};
  for (const [name, attack] of Object.entries(attacks)) {
    try {
      const patience = new Promise((yes) => setTimeout(yes, 1000));
      const got = await Promise.race([attack(), patience]);
      seen[name] = got === undefined || got === null ? "nothing" : `LEAK ${got}`;
    } catch {
      seen[name] = "refused";
    }
  }
  tryWhatAnswersNothing();
  // Not into the document: to look for it there would give the frame a gesture of the reader's.
  console.log(`seen ${JSON.stringify(seen)}`);
})();
