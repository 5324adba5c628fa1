// The chunk that a cell loads before it runs anything: all but its code, its buttons and its editor.
import { STYLES as CONTROLS } from "../interact/styles";
import { STYLES as OUTPUT } from "../output/styles";

export { BrowserTransport } from "../channel/transport";
export { linkedSession } from "../channel/linked";
export { SessionView } from "./session_view";

/** The looks of all that it draws. */
export const STYLES = CONTROLS + OUTPUT;
