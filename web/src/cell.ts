// The script that a page embeds: defines <interact-cell>.
import { InteractCell, setScriptBase } from "./element/interact_cell";

setScriptBase(new URL(".", import.meta.url).href);
if (!customElements.get("interact-cell")) customElements.define("interact-cell", InteractCell);

export { InteractCell };
