import { baseStyle } from "./BaseStyle.ts"

/** The dashboard's own style sheet. */
export const dashboardStyle = `${baseStyle}
.top { border-bottom: 1px solid var(--line); background:
  linear-gradient(var(--grid) 1px, transparent 1px) 0 -1px / 20px 20px,
  linear-gradient(90deg, var(--grid) 1px, transparent 1px) -1px 0 / 20px 20px, var(--sheet); }
.top > div, main { max-width: 1280px; margin: 0 auto; padding-inline: clamp(1rem, 3vw, 2rem); }
.name { display: flex; align-items: center; gap: 0.7rem; padding: 1.1rem 0 0.9rem; flex-wrap: wrap; }
.name h1 { font-size: 1.2rem; letter-spacing: -0.015em; font-weight: 700; }
.name nav { margin-left: auto; display: flex; gap: 1.1rem; align-items: center; font-size: 0.9rem; }
.line { display: inline-flex; align-items: center; gap: 0.4rem; color: var(--quiet); }
.line::before { content: ""; width: 0.55rem; height: 0.55rem; border-radius: 50%; border: 2px solid var(--wait); }
.line.open::before { background: var(--good); border-color: var(--good); }
.filter { display: flex; gap: 0.6rem 1rem; align-items: center; flex-wrap: wrap; padding-bottom: 1rem; }
.chips { display: flex; gap: 0.35rem; flex-wrap: wrap; }
.chips a { display: inline-flex; gap: 0.45rem; padding: 0.22rem 0.7rem; border-radius: 99px; border: 1px solid var(--line);
  background: var(--sheet); color: var(--ink); text-decoration: none; font-size: 0.9rem; }
.chips a:hover { border-color: var(--quiet); }
.chips a[aria-current] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.chips b { font-weight: 600; font-variant-numeric: tabular-nums; }
.filter form { margin-left: auto; display: flex; gap: 0.5rem; flex: 0 1 27rem; min-width: min(100%, 15rem); }
.filter input, .filter select { font: inherit; font-size: 0.9rem; color: var(--ink); background: var(--sheet);
  border: 1px solid var(--quiet); border-radius: 7px; padding: 0.26rem 0.6rem; min-width: 0; }
.filter input { flex: 1 1 10rem; } .filter select { flex: 0 1 11rem; }
.filter form button { font: inherit; font-size: 0.9rem; } .script .filter form button { display: none; }
main { display: grid; grid-template-columns: minmax(0, 1fr) 20rem; gap: 1.6rem 2rem; padding-block: 1.4rem 3rem; }
.group { margin-bottom: 1.7rem; }
h2 { font-size: 0.95rem; font-weight: 650; margin-bottom: 0.5rem; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 11px; }
.card + .card { border-top: 1px solid var(--line); }
.card article { display: grid; grid-template-columns: 10.2rem minmax(0, 1fr) 8.4rem; gap: 0 1rem; padding: 0.95rem 1.1rem 1rem 0.85rem; }
.card article:focus { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 10px; }
.where { font-size: 0.87rem; color: var(--quiet); } .where .number { color: var(--ink); font-weight: 600; }
.card h3 { font-size: 1.04rem; line-height: 1.35; font-weight: 650; letter-spacing: -0.008em; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: 0.1rem 0.95rem; color: var(--quiet); font-size: 0.87rem; margin-top: 0.15rem; }
.facts code { color: var(--ink); } .ref { overflow-wrap: anywhere; } .older { color: var(--good); }
.card .cause { margin-top: 0.6rem; font-size: 0.92rem; }
.bar { display: block; width: 100%; height: 6px; margin-top: 0.75rem; overflow: hidden; border-radius: 3px; }
.bar rect { fill: var(--line); }
.bar .done { fill: var(--quiet); opacity: 0.55; } .tone-good .bar .done { fill: var(--good); opacity: 0.75; }
.tone-busy .bar .done { fill: var(--busy); opacity: 0.75; }
.bar .now { fill: var(--busy); animation: breathe 1.6s ease-in-out infinite; } .bar .bad { fill: var(--bad); }
.stages { display: flex; flex-wrap: wrap; gap: 0 0.95rem; margin-top: 0.35rem; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
.stages .bad { color: var(--bad); font-weight: 600; } .stages .now { color: var(--busy); font-weight: 600; }
.stages .total { font-weight: 650; }
.links { display: flex; flex-direction: column; gap: 0.4rem; align-items: flex-end; font-size: 0.9rem; }
.card.tone-gone article { padding-block: 0.55rem; }
.card.tone-gone .body { display: flex; flex-wrap: wrap; gap: 0 0.8rem; align-items: baseline; }
.card.tone-gone h3 { font-weight: 500; font-size: 0.95rem; } .card.tone-gone .facts { margin: 0; }
.card.tone-gone .facts > span:nth-child(-n+2) { display: none; }
.changed { animation: settle 1.4s ease-out; }
@keyframes settle { from { background: var(--tint); } }
aside section { margin-bottom: 1.7rem; }
.figure strong { font-size: 1.5rem; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.plot { display: block; width: 100%; height: auto; margin: 0.4rem 0 0.3rem; font: 11px system-ui, "DejaVu Sans", sans-serif; }
.plot text { fill: var(--quiet); } .plot line { stroke: var(--line); }
.plot .calls { fill: var(--accent); }
.plot .limit { stroke: var(--wait); stroke-dasharray: 4 3; } .plot .allowed { fill: var(--wait); }
.part0 { fill: var(--quiet); --key: var(--quiet); } .part1 { fill: var(--accent); --key: var(--accent); } .part2 { fill: var(--good); --key: var(--good); }
.plot .failed rect { fill: var(--bad); opacity: 0.75; } .plot .cross { fill: var(--bad); font-weight: 700; font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 0.9rem; font-size: 0.8rem; color: var(--quiet); }
.key::before { content: ""; display: inline-block; width: 0.6rem; height: 0.6rem; border-radius: 2px; background: var(--key); margin-right: 0.35rem; }
.key.failed { color: var(--bad); } .key.failed::before { display: none; }
.delivery { padding: 0.5rem 0; border-top: 1px solid var(--line); font-size: 0.87rem; overflow-wrap: anywhere; }
.delivery:first-child { border-top: 0; padding-top: 0; }
.what { display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: baseline; } .time { margin-left: auto; }
.event { font-family: var(--mono); font-size: 0.9em; }
.outcome { color: var(--tone); font-weight: 600; } .tone-gone .outcome { font-weight: 400; }
.replay { display: none; font: inherit; font-size: 0.82rem; padding: 0; border: 0; background: none; color: var(--accent);
  cursor: pointer; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
.script .replay { display: inline-block; } .replay:hover { text-decoration-thickness: 2px; }
.replay:disabled { color: var(--quiet); cursor: default; text-decoration: none; }
.badge.plain { padding-inline: 0.6rem; }
#problems .cause { margin-bottom: 0.7rem; } #problems:not(:empty) { margin-bottom: 1.4rem; }
.part { margin-top: 2rem; scroll-margin-top: 1rem; }
.thread { display: grid; grid-template-columns: 10.2rem minmax(0, 1fr) 8.4rem; gap: 0 1rem; padding: 0.75rem 1.1rem 0.8rem 0.85rem; }
.thread + .thread { border-top: 1px solid var(--line); }
.thread h3 { font-size: 0.98rem; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere; }
.thread .cause { margin-top: 0.5rem; font-size: 0.9rem; } .thread .cause p + p { margin-top: 0.2rem; }
.thread .preview { color: var(--tone); display: inline-flex; align-items: center; gap: 0.3rem; }
.thread .preview .sign { width: 13px; height: 13px; } .waits { color: var(--wait); }
.turn details > summary, .spending summary { cursor: pointer; color: var(--accent); width: max-content; margin-top: 0.35rem; font-size: 0.87rem; }
.turn h3 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.said-so { margin-top: 0.4rem; padding-left: 0.7rem; border-left: 3px solid var(--tone); max-height: 12rem; overflow: auto; }
.written h4, .written h5, .written h6, .written blockquote, .written pre, .written hr { margin: 0; }
.written > * + *, .written li > * + *, .written blockquote > * + * { margin-top: 0.5rem; } .written li + li, .written li > ul, .written li > ol { margin-top: 0.15rem; }
.written .task { list-style: none; } .task > p:first-child { display: inline; }
.written h4, .written h5, .written h6 { font-size: 1em; font-weight: 650; } .written h4 { font-size: 1.08em; }
.written ul { list-style: disc; } .written ol { list-style: decimal; } .written ul, .written ol { padding-left: 1.4rem; }
.written blockquote { padding-left: 0.7rem; border-left: 3px solid var(--line); color: var(--quiet); }
.written :not(pre) > code { padding: 0.05rem 0.25rem; border-radius: 4px; background: var(--shade); }
.written pre { padding: 0.6rem 0.7rem; max-height: 20rem; overflow: auto; background: var(--shade); border-radius: 6px;
  line-height: 1.45; white-space: pre; } .written pre code { font-size: inherit; }
.written hr { border: 0; border-top: 1px solid var(--line); } .wide { overflow-x: auto; }
.written table { border-collapse: collapse; font-size: 0.94em; overflow-wrap: normal; } .written th, .written td { padding: 0.2rem 0.6rem;
  border: 1px solid var(--line); text-align: left; vertical-align: top; min-width: 5rem; } .written th { background: var(--shade); font-weight: 650; }
.written .right { text-align: right; } .written .center { text-align: center; }
.footnote { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 0.5rem; font-size: 0.92em; color: var(--quiet); }
.steps { margin: 0.5rem 0 0.7rem; } .step { display: grid; grid-template-columns: 4.4rem minmax(0, 1fr); gap: 0 0.8rem; padding: 0.4rem 0;
  border-top: 1px solid var(--line); font-size: 0.9rem; overflow-wrap: anywhere; }
.step .at { text-align: right; font-variant-numeric: tabular-nums; } .step .who { color: var(--tone); } .step .written { flex-basis: 100%; }
.step pre { margin: 0.3rem 0; padding: 0.6rem 0.7rem; max-height: 20rem; overflow: auto; background: var(--shade); border-radius: 6px;
  font-size: 0.8rem; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.step details { display: inline-block; margin-right: 1rem; max-width: 100%; vertical-align: top; } .step details[open] { display: block; }
.chain b { color: var(--tone); } .turn details > p, .turn .cause { font-size: 0.87rem; margin-top: 0.3rem; }
.act { display: none; font: inherit; font-size: 0.87rem; color: var(--ink); background: var(--shade); border: 1px solid var(--quiet);
  border-radius: 7px; padding: 0.2rem 0.75rem; cursor: pointer; }
.script .act { display: inline-block; } .act:disabled { color: var(--quiet); cursor: default; }
.unlock { margin-top: 0.6rem; } .script .unscripted { display: none; } .scripted { display: none; } .script .scripted { display: inline; }
.spending { margin-top: 0.9rem; } .spending .bar { margin: 0.3rem 0 0.2rem; } .spending .bar .done { fill: var(--tone); opacity: 0.8; }
.note { padding: 0.9rem 1.1rem 1rem; font-size: 0.92rem; overflow-wrap: anywhere; }
.note ol, .note ul { margin-top: 0.5rem; display: grid; gap: 0.3rem; padding-left: 1.2rem; } .note ol { list-style: decimal; }
.sinks { display: grid; gap: 0.9rem; } .sink { padding: 0.85rem 1.1rem 1rem; font-size: 0.9rem; }
.head { display: flex; flex-wrap: wrap; gap: 0.2rem 1.6rem; align-items: baseline; }
.head h3 { font-size: 1.02rem; font-weight: 650; letter-spacing: -0.008em; }
.figures { display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin-left: auto; } .figures li { color: var(--quiet); }
.figures strong { color: var(--ink); font-size: 1.05rem; font-variant-numeric: tabular-nums; }
.figures .bad, .figures .bad strong { color: var(--bad); }
.sink .cause { margin-top: 0.6rem; } .failures { display: grid; } .failures .time { font-size: 0.87rem; }
.sink summary { cursor: pointer; color: var(--accent); width: max-content; margin-top: 0.6rem; }
.works { margin-top: 0.3rem; } .works li { display: flex; flex-wrap: wrap; gap: 0 0.6rem; padding: 0.22rem 0; border-top: 1px solid var(--line); }
.works .where { color: var(--ink); overflow-wrap: anywhere; }
.budgets { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 0.9rem 1.6rem; margin-top: 0.8rem; }
.sink > .quiet { margin-top: 0.6rem; } .budget b { font-weight: 600; overflow-wrap: anywhere; }
.free { color: var(--tone); font-size: 0.87rem; margin-left: auto; } .budget .idle { font-size: 0.82rem; }
.said:empty { display: none; }
.said { position: fixed; inset: auto 1rem 1rem; margin-inline: auto; width: fit-content; max-width: 40rem; padding: 0.6rem 1rem;
  border-radius: 9px; background: var(--ink); color: var(--paper); font-size: 0.92rem; overflow-wrap: anywhere; }
dialog { border: 1px solid var(--line); border-radius: 11px; background: var(--sheet); color: var(--ink); width: min(26rem, 92vw); padding: 1.2rem; }
dialog::backdrop { background: rgb(0 0 0 / 0.45); } dialog h2 { font-size: 1.05rem; }
dialog input { font: inherit; width: 100%; margin: 0.6rem 0 0.9rem; padding: 0.35rem 0.6rem; border: 1px solid var(--quiet);
  border-radius: 7px; background: var(--paper); color: var(--ink); }
.acts { display: flex; gap: 0.6rem; justify-content: end; } .acts button { font: inherit; border: 1px solid var(--line); border-radius: 7px;
  padding: 0.3rem 0.8rem; background: var(--shade); color: var(--ink); cursor: pointer; }
.acts .button { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
.nothing { padding: 2rem 0; color: var(--quiet); }
.keys { font-size: 0.82rem; color: var(--quiet); display: none; } .script .keys { display: block; margin-top: 0.4rem; }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 0.3rem; background: var(--sheet); }
.first { padding: 1.5rem clamp(1rem, 3vw, 2rem) 1.8rem; }
.first h2 { font-size: 1.45rem; letter-spacing: -0.02em; line-height: 1.25; margin-bottom: 0.3rem; }
.first ol { counter-reset: step; margin-top: 1.3rem; display: grid; gap: 1.35rem; }
.first ol > li { display: grid; grid-template-columns: 2.1rem minmax(0, 1fr); }
.first ol > li::before { counter-increment: step; content: counter(step); font-weight: 700; color: var(--accent); font-size: 1.05rem; }
.first ol > li.ok::before { content: "✓"; color: var(--good); }
.first h3 { font-size: 1rem; }
@media (max-width: 1020px) { main { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 680px) {
  .card article { grid-template-columns: minmax(0, 1fr); padding-inline: 1rem; }
  .thread { grid-template-columns: minmax(0, 1fr); padding-inline: 1rem; }
  .state { margin: 0 0 0.4rem -0.1rem; }
  .links { flex-direction: row; align-items: center; gap: 1.1rem; margin-top: 0.8rem; }
  .name { gap: 0.5rem; } .name h1 { font-size: 1.08rem; } .name nav { gap: 0.7rem; font-size: 0.84rem; }
  .command { flex-direction: column; align-items: stretch; } .command .copy { align-self: end; }
  .filter form { margin-left: 0; flex: 1 1 100%; }
  .chips { flex-wrap: nowrap; overflow-x: auto; max-width: 100%; padding-bottom: 2px; scrollbar-width: none; }
  .chips a { white-space: nowrap; }
  .keys { display: none !important; }
}
@media (pointer: coarse) { .chips a, .links a { padding-block: 0.45rem; } }
`
