/** Colours: Okabe & Ito (2008), readable with every kind of colour vision, on light and on dark. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c1f23; --quiet: #5f6871; --rule: #d9dde1;
  --orange: #e69f00; --sky: #56b4e9; --green: #009e73; --blue: #0072b2; --red: #d55e00; --pink: #cc79a7;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #16191d; --ink: #e4e7ea; --quiet: #9aa4ae; --rule: #343b42; --blue: #4d9fd6; }
}
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.25rem 4rem; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 2.6rem 0 .4rem; }
p { margin: .4rem 0; } .quiet { color: var(--quiet); }
figure { margin: 1rem 0 0; break-inside: avoid; } figcaption { color: var(--quiet); font-size: .875rem; margin-top: .3rem; }
figure img { width: 100%; image-rendering: pixelated; border-radius: 4px; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--quiet); font: 12px system-ui, sans-serif; dominant-baseline: central; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; } svg .label { fill: var(--ink); }
svg .grid { stroke: var(--rule); fill: none; } svg .axis { stroke: var(--quiet); fill: none; }
svg .reference { stroke: var(--ink); stroke-dasharray: 1 3; fill: none; }
svg .series path, svg .line { stroke: var(--series); stroke-width: 2; fill: none; } svg .series circle, svg.key circle { fill: var(--series); }
svg .round { fill: var(--rule); } svg .arrival { stroke: var(--series); stroke-width: 3; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .875rem; margin: .3rem 0 0; }
.legend span { display: inline-flex; align-items: center; gap: .45rem; } svg.key { width: 34px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; margin-top: .8rem; }
th, td { text-align: left; padding: .28rem .6rem .28rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; } th { font-weight: 600; } .interval { display: inline-block; white-space: nowrap; }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; } :root { --ground: #fff; --ink: #000; --quiet: #444; } }
`
