// What a cell loads when it first runs: the interacts, their controls and their looks.
export { Interacts } from "./interacts";
export { STYLES } from "./styles";
