// The chunk that a cell loads before it runs anything: all but its code, its buttons and its editor.
export { BrowserTransport } from "../channel/transport";
export { linkedSession } from "../channel/linked";
export { STYLES } from "../interact/styles";
export { SessionView } from "./session_view";
