"""How the page looks: one small style sheet, no fonts or files from elsewhere."""

CSS = """
:root { --ink: #26313a; --soft: #66737d; --rule: #dfe4e8; --paper: #f5f7f8; --accent: #2f5d7c; }
body { background: var(--paper); color: var(--ink); }
.hs-page { width: 100%; max-width: 1240px; margin: 0 auto; padding: 16px; gap: 16px; }
.hs-title { font-size: 1.25rem; font-weight: 600; letter-spacing: .01em; }
.hs-soft { color: var(--soft); font-size: .84rem; line-height: 1.35; }
.hs-card { background: #fff; border: 1px solid var(--rule); border-radius: 8px; padding: 16px; width: 100%; gap: 12px; }
.hs-head { font-weight: 600; font-size: .95rem; }
.hs-columns { display: grid; grid-template-columns: minmax(0, 1.05fr) minmax(0, 1fr); gap: 16px; width: 100%; }
.hs-column { gap: 16px; min-width: 0; width: 100%; }
@media (max-width: 860px) {
  .hs-columns { grid-template-columns: minmax(0, 1fr); }
  .hs-page { padding: 10px; gap: 10px; }
}
.hs-drop { position: relative; width: 100%; border: 1.5px dashed #b4c0c8; border-radius: 8px; cursor: pointer;
  display: flex; flex-direction: column; align-items: center; justify-content: center; text-align: center;
  min-height: 76px; padding: 8px 16px; }
.hs-drop:hover, .hs-drop:focus-within { border-color: var(--accent); background: #f7fafc; }
.hs-choose { pointer-events: none; position: relative; z-index: 1; font-weight: 500; }
.hs-drop:hover .hs-choose { text-decoration: underline; }
.hs-drop .q-uploader { position: absolute; inset: 0; width: auto; max-height: none; background: transparent;
  box-shadow: none; }
.hs-drop .q-uploader__header, .hs-drop .q-uploader__list > * { display: none; }
.hs-drop .q-uploader__list { background: transparent; }
.hs-error { width: 100%; background: #fdf1f0; border: 1px solid #e7b9b4; color: #8a2a20; border-radius: 8px;
  padding: 10px 14px; overflow-wrap: anywhere; }
.hs-picture { user-select: none; cursor: crosshair; margin: 0 auto; line-height: 0; }
.hs-picture:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 4px; }
.hs-picture img { border-radius: 4px; touch-action: manipulation; }
.hs-chip { display: inline-flex; align-items: center; gap: 8px; font-size: .86rem; }
.hs-dot { width: 12px; height: 12px; border-radius: 50%; flex: none; }
.hs-swatch { width: 22px; height: 14px; border-radius: 3px; border: 1px solid var(--rule); flex: none; }
.hs-table { width: 100%; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
.hs-table th { text-align: left; font-weight: 500; padding: 3px 8px 3px 0; }
.hs-table td, .hs-table thead th:not(:first-child) { text-align: right; padding: 3px 0 3px 10px; }
.hs-table thead th { color: var(--soft); border-bottom: 1px solid var(--rule); }
@media (max-width: 480px) {
  .hs-table, .hs-table .hs-chip { font-size: .78rem; gap: 5px; }
  .hs-table td, .hs-table thead th:not(:first-child) { padding-left: 6px; }
  .hs-table th { padding-right: 0; }
}
.hs-scale { height: 10px; border-radius: 3px; flex: 1; }
.hs-numbers { display: grid; grid-template-columns: max-content max-content; column-gap: 24px; row-gap: 4px; }
.hs-numbers .value { font-variant-numeric: tabular-nums; text-align: right; }
.q-btn-toggle { border: 1px solid var(--rule); border-radius: 6px; flex-wrap: wrap; overflow: hidden; }
.q-btn-toggle .q-btn[aria-pressed=true] { background: var(--accent); color: #fff !important; border-radius: 0; }
.q-btn { text-transform: none; }
"""

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#26313a"/>'
    '<path d="M4 24C10 24 9 8 14 8s5 12 8 12 3-7 6-7" fill="none" stroke="#8fd0f0" stroke-width="3"/></svg>'
)
