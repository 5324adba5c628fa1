// The look of the share dialog, in the colours of the cell.

export const STYLES = `
dialog.share { width: min(576px, calc(100vw - 24px)); max-height: min(736px, calc(100dvh - 24px)); margin: auto; padding: 0; overflow: auto; overscroll-behavior: contain;
  border: 1px solid var(--lw-border); border-radius: 12px; background: var(--lw-background); color: var(--lw-text); box-shadow: 0 18px 60px rgb(0 0 0 / .3); }
dialog.share::backdrop { background: rgb(10 14 22 / .5); }
dialog.share > * { margin: 0; padding: 0 20px; }
dialog.share > header { position: sticky; top: 0; display: flex; align-items: center; justify-content: space-between; padding: 14px 12px 6px 20px; background: var(--lw-background); }
dialog.share h2 { margin: 0; font-size: 18px; line-height: 1.3; }
dialog.share h3 { margin: 0; font-size: 15px; }
dialog.share p { margin: 0; color: var(--lw-muted); font-size: 14px; overflow-wrap: anywhere; }
dialog.share > p { padding-bottom: 6px; }
dialog.share > section, dialog.share > details { padding-block: 12px; border-top: 1px solid var(--lw-border); }
dialog.share > section > p { margin: 2px 0 8px; }
dialog.share > section > button { margin: 4px 8px 0 0; }
dialog.share .make-link { border-color: var(--lw-accent); background: var(--lw-accent); color: var(--lw-on-accent); }
dialog.share .make-link:hover { filter: brightness(1.08); }
dialog.share button:disabled { opacity: .6; cursor: default; }
dialog.share .close { min-width: 34px; padding: 0; border-color: transparent; background: none; font-size: 22px; line-height: 1; }
dialog.share .copy { display: flex; align-items: flex-start; gap: 8px; }
dialog.share .copy input, dialog.share .copy textarea { flex: 1; min-width: 0; min-height: 34px; padding: 6px 9px; border: 1px solid var(--lw-field-border); border-radius: 6px;
  background: var(--lw-surface); color: inherit; font: 13px/1.5 var(--lw-mono); resize: vertical; text-overflow: ellipsis; }
@media (pointer: coarse) { dialog.share .copy input { min-height: 40px; } }
dialog.share .warning { margin: 8px 0 0; padding: 8px 10px; border-radius: 6px; background: var(--lw-warn-surface); color: var(--lw-text); }
dialog.share summary { min-height: 24px; font-weight: 650; font-size: 15px; cursor: pointer; }
dialog.share .qr { display: grid; justify-items: center; gap: 4px; padding-top: 8px; }
dialog.share .qr svg { width: min(240px, 100%); height: auto; border-radius: 6px; }
dialog.share .share-status { position: sticky; bottom: 0; padding: 10px 20px; border-top: 1px solid var(--lw-border); background: var(--lw-background); color: var(--lw-text); }
dialog.share .share-status:empty { padding: 0; border: 0; }
`;
