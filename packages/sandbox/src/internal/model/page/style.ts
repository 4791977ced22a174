/** How the page looks: as the sandbox's Slack does. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f5f3ee; --surface: #fffdf9; --raised: #ffffff; --ink: #23211d; --soft: #6d675d; --line: #e2ddd2;
  --accent: #0f6b66; --accent-ink: #ffffff; --wash: #e3f0ed; --danger: #b3362b; --warn: #8a5a00; --code: #efece5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --surface: #1a1d22; --raised: #22262d; --ink: #e9e6df; --soft: #9a978f; --line: #30343c;
    --accent: #58c4b8; --accent-ink: #0c1f1d; --wash: #1d302f; --danger: #f08a80; --warn: #e0b25c; --code: #272b32;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink) }
button, select { font: inherit; color: inherit } button { cursor: pointer } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .3rem }
header, main { max-width: 62rem; margin: 0 auto; padding: 0 1.5rem }
main { padding-top: 1.25rem } header { padding-top: 2rem; display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: end; justify-content: space-between }
h1 { font-size: 1.45rem; margin: 0; letter-spacing: -.02em } h1 small { display: block; font-size: .88rem; font-weight: 400; letter-spacing: 0; color: var(--soft) }
.tools { display: flex; gap: .6rem; align-items: center; color: var(--soft); font-size: .88rem }
.tools select, .tools button { background: var(--raised); color: var(--ink); border: 1px solid var(--line); border-radius: .45rem; padding: .25rem .6rem } .tools button:hover { border-color: var(--accent) }
#totals { display: flex; flex-wrap: wrap; gap: .4rem 1.75rem; margin: 0 0 1rem; color: var(--soft); font-size: .9rem } #totals b { color: var(--ink); font-weight: 650; font-variant-numeric: tabular-nums }
#totals:empty { display: none }
#calls { display: grid; gap: .6rem; padding-bottom: 3rem }
.call { background: var(--surface); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden }
.call > summary { list-style: none; cursor: pointer; padding: .75rem 1rem; display: grid; grid-template-columns: 2.6rem minmax(0, 1fr) auto; gap: .1rem .9rem; align-items: baseline }
.call > summary::-webkit-details-marker { display: none } .call > summary:hover { background: color-mix(in srgb, var(--ink) 3%, transparent) }
.number { color: var(--soft); font-variant-numeric: tabular-nums; font-size: .85rem } .asked { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.answered { grid-column: 2; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .answered.bad { color: var(--danger) } .answered code { font-size: .9em }
.facts { grid-column: 3; grid-row: 1 / span 2; text-align: right; color: var(--soft); font-size: .8rem; display: grid; justify-items: end; gap: .15rem; font-variant-numeric: tabular-nums }
.badge { font-size: .7rem; font-weight: 600; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; color: var(--soft); background: var(--raised) } .badge.obeyed, .badge.refused, .badge.fault { color: var(--danger); border-color: currentColor } .badge.open { color: var(--warn); border-color: currentColor }
.inside { border-top: 1px solid var(--line); padding: .9rem 1rem 1.1rem; display: grid; gap: .9rem }
.inside h2 { font-size: .78rem; font-weight: 600; color: var(--soft); margin: 0 0 .3rem }
.said { margin: 0; display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .35rem .8rem } .said > dt { color: var(--soft); font-size: .85rem; padding-top: .3rem } .said > dd { margin: 0; min-width: 0 }
.text { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; padding: .3rem .65rem; max-height: 22rem; overflow-y: auto } .text.long { max-height: 8rem } dd.by-assistant .text { background: var(--wash); border-color: transparent } .text + .tool, .tool + .tool { margin-top: .35rem }
.tool, pre { margin: 0; background: var(--code); border-radius: .5rem; padding: .35rem .65rem; overflow-x: auto; font: .84rem/1.5 ui-monospace, "SF Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere } .tool b { color: var(--accent) }
.offered { display: flex; flex-wrap: wrap; gap: .35rem; padding-top: .25rem } .offered span { background: var(--code); border-radius: .35rem; padding: .05rem .45rem; font: .82rem ui-monospace, "SF Mono", monospace; overflow-wrap: anywhere }
details.raw > summary { cursor: pointer; color: var(--soft); font-size: .85rem } details.raw pre { margin-top: .4rem; max-height: 26rem; overflow: auto }
.problem { color: var(--danger) }
.empty { background: var(--surface); border: 1px solid var(--line); border-radius: .9rem; padding: 1.5rem 1.75rem; max-width: 44rem } .empty h2 { font-size: 1.25rem; margin: 0 0 .4rem; letter-spacing: -.02em } .empty p { margin: .4rem 0 } .empty table { border-spacing: 0; margin: .75rem 0; width: 100% } .empty td { padding: .3rem 1rem .3rem 0; vertical-align: top; border-top: 1px solid var(--line) } .empty td:first-child { white-space: nowrap; color: var(--soft) } code { background: var(--code); border-radius: .3rem; padding: .08rem .3rem; font: .88em ui-monospace, "SF Mono", monospace; overflow-wrap: anywhere }
@media (max-width: 640px) {
  header, main { padding-left: 1rem; padding-right: 1rem } header { padding-top: 1.25rem }
  .call > summary { grid-template-columns: minmax(0, 1fr) auto; padding: .7rem .8rem } .number { display: none } .asked { grid-column: 1; white-space: normal; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical } .answered { grid-column: 1 / -1 } .facts { grid-column: 2; grid-row: 1 } .facts .more { display: none }
  .said { grid-template-columns: minmax(0, 1fr); gap: .1rem } .said > dd { margin-bottom: .5rem } .empty { padding: 1.1rem 1.1rem } .empty td { display: block; padding-right: 0 } .empty td + td { border-top: 0; padding-top: 0 }
}
`
