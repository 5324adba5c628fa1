// Each function floods in its way; the test calls one of them.
const forever = (act) => {
  act();
  setTimeout(forever, 0, act);
};
const floods = {
  port() {
    const send = MessagePort.prototype.postMessage;
    MessagePort.prototype.postMessage = function () {
      MessagePort.prototype.postMessage = send;
      forever(() => {
        for (let i = 0; i < 20_000; i++) this.postMessage({ type: "height", height: i % 900 });
      });
    };
  },
  window() {
    forever(() => {
      for (let i = 0; i < 20_000; i++) parent.postMessage({ i }, "*");
    });
  },
  reload() {
    location.reload();
  },
  loop() {
    for (;;);
  },
  nodes() {
    forever(() => {
      for (let i = 0; i < 5_000; i++) document.body.append(document.createElement("p"));
    });
  },
};
