// What Vite's imports of files give.
declare module "*?url" {
  const url: string;
  export default url;
}
declare module "*.css";
declare module "katex/contrib/auto-render" {
  export default function renderMathInElement(element: HTMLElement, options: object): void;
}
