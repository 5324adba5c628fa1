"""ipywidgets in a cell: inside the sandboxed frame, and there again after a reload."""

import json

from playwright.sync_api import FrameLocator, Page, WebSocket, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import run
from tests.browser.test_watch import key_of, watch
from tests.conftest import LiveStack

WIDGETS = """
import ipywidgets
from tqdm.notebook import tqdm
def square(n):
    print("square", n * n)
ipywidgets.interact(square, n=ipywidgets.IntSlider(2, 0, 20, description="n"))
a, b = ipywidgets.IntSlider(description="a"), ipywidgets.IntSlider(description="b")
link = ipywidgets.jslink((a, "value"), (b, "value"))
out, count = ipywidgets.Output(), 0
button = ipywidgets.Button(description="Count", icon="check")
def clicked(_):
    global count
    count += 1
    with out:
        print("clicked", count)
button.on_click(clicked)
display(ipywidgets.VBox([a, b, button, out]))
for _ in tqdm(range(5), desc="steps"):
    pass
"""
CUSTOM = """
%matplotlib ipympl
import anywidget, ipywidgets, traitlets
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(4, 3))
axes.plot([1, 3, 2])
plt.show()
class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => { button.textContent = `count ${model.get("value")}`; };
      button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", show);
      show();
      el.append(button);
    } };
    '''
    value = traitlets.Int(0).tag(sync=True)
counter = Counter()
counter.observe(lambda change: print("kernel has", change["new"]), "value")
display(counter)
class Strange(ipywidgets.DOMWidget):
    _model_module = _view_module = traitlets.Unicode("strange-widget").tag(sync=True)
    _model_name = _view_name = traitlets.Unicode("Strange").tag(sync=True)
display(Strange())
"""
# A script of the output takes the frame's port, as any in there can, and asks for what it must not get.
FORGED = """
import ipywidgets, json
from IPython.display import HTML
slider = ipywidgets.IntSlider(description="mine")
slider.observe(lambda change: print("moved to", change["new"]), "value")
display(slider)
display(HTML('''<p id="state">waiting</p><script>
let port = null;
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (...all) { port = this; return post.apply(this, all); };
const forge = () => {
  const id = (n) => String(n).padStart(32, "0");
  const ask = (request) => port.postMessage({ type: "widgets", request });
  const comm_id = "''' + slider.comm.comm_id + '''";
  const good = { msg_type: "comm_msg", msg_id: id(1), comm_id, buffers: [],
                 data: { method: "update", state: { value: 42 }, buffer_paths: [] } };
  const code = { code: "print(6 * 111)", silent: false };
  ask({ ...good, msg_id: id(2), msg_type: "execute_request", data: code, content: code });
  ask({ header: { msg_id: id(3), msg_type: "execute_request" }, channel: "shell", content: code });
  port.postMessage({ type: "execute_request", content: code });
  ask({ ...good, msg_id: id(4), msg_type: "shutdown_request" });
  ask({ ...good, msg_id: id(5), comm_id: "0".repeat(32) });
  ask({ ...good, header: { msg_type: "execute_request" }, content: code, channel: "control" });
  document.getElementById("state").textContent = "all asked";
};
const wait = setInterval(() => {
  if (!port || !document.querySelector(".noUi-handle")) return;
  clearInterval(wait);
  forge();
}, 20);
</script>'''))
"""

# Resolves when something has been drawn.
PAINTED = """
async (canvas) => {
  const pixels = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const drawn = () => canvas.width > 0 && pixels().some(Boolean);
  while (!drawn()) await new Promise(requestAnimationFrame);
}
"""


def frame_of(page: Page) -> FrameLocator:
    return page.locator("interact-cell").first.frame_locator("iframe")


def test_widgets_move_their_program_and_are_there_again_after_a_reload(
    live: LiveStack, open_page: OpenPage
) -> None:
    page, pupil = open_page(live), open_page(live)
    run(page, WIDGETS)
    frame = frame_of(page)

    expect(frame.get_by_text("square 4")).to_be_visible()
    frame.get_by_role("slider", name="n").press("ArrowRight")
    expect(frame.get_by_text("square 9")).to_be_visible()
    expect(frame.get_by_text("square 4")).to_have_count(0)
    for _ in range(3):
        frame.get_by_role("slider", name="a").press("ArrowRight")
    expect(frame.get_by_role("slider", name="b")).to_have_attribute("aria-valuetext", "3")
    frame.get_by_role("button", name="Count").click()
    expect(frame.get_by_text("clicked 1")).to_be_visible()
    expect(frame.get_by_text("5/5")).to_be_visible()

    watch(pupil, key_of(page))
    seen = frame_of(pupil)
    expect(seen.get_by_text("square 9")).to_be_visible()
    expect(seen.locator(".widgets").first).to_have_attribute("inert", "")
    frame.get_by_role("button", name="Count").click()
    expect(seen.get_by_text("clicked 2")).to_be_visible()

    page.reload()
    expect(frame.get_by_text("square 9")).to_be_visible()
    expect(frame.get_by_role("slider", name="b")).to_have_attribute("aria-valuetext", "3")
    expect(frame.get_by_text("clicked 2")).to_be_visible()
    frame.get_by_role("button", name="Count").click()
    expect(frame.get_by_text("clicked 3")).to_be_visible()


def test_custom_widgets_come_from_this_host(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    strangers: list[str] = []
    ours = (live.url, "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(ours) or strangers.append(request.url))
    run(page, CUSTOM)
    frame = frame_of(page)

    frame.locator(".jupyter-matplotlib canvas").first.evaluate(PAINTED)
    frame.get_by_role("button", name="count 0").click()
    expect(frame.get_by_role("button", name="count 1")).to_be_visible()
    expect(frame.get_by_text("kernel has 1")).to_be_visible()
    expect(
        frame.get_by_text("This widget's JavaScript (strange-widget) is not available here.")
    ).to_be_visible()
    assert strangers == []


def test_output_that_takes_the_frames_port_can_move_widgets_and_do_nothing_else(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    sent: list[str] = []

    def note(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: sent.append(json.loads(payload)["header"]["msg_type"]))

    page.on("websocket", note)
    run(page, FORGED)
    frame = frame_of(page)

    expect(frame.get_by_text("all asked")).to_be_visible()
    expect(frame.get_by_text("moved to 42")).to_be_visible()
    expect(frame.get_by_role("slider", name="mine")).to_have_attribute("aria-valuetext", "42")
    assert [kind for kind in sent if kind != "hello"] == ["execute_request", "comm_msg"]
    expect(frame.get_by_text("666")).to_have_count(0)
