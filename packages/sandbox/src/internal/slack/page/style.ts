/** How the page looks. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f5f3ee; --surface: #fffdf9; --raised: #ffffff; --ink: #23211d; --soft: #6d675d; --line: #e2ddd2;
  --accent: #0f6b66; --accent-ink: #ffffff; --wash: #e3f0ed; --danger: #b3362b; --mention: #fdf0cf; --code: #efece5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --surface: #1a1d22; --raised: #22262d; --ink: #e9e6df; --soft: #9a978f; --line: #30343c;
    --accent: #58c4b8; --accent-ink: #0c1f1d; --wash: #1d302f; --danger: #f08a80; --mention: #3d3520; --code: #272b32;
  }
}
* { box-sizing: border-box }
body { margin: 0; height: 100dvh; background: var(--paper); color: var(--ink); display: grid; grid-template-columns: 15.5rem minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) }
body.with-thread { grid-template-columns: 15.5rem minmax(0, 1fr) minmax(20rem, 27rem) }
a { color: var(--accent) } button, input, select, textarea { font: inherit; color: inherit }
button { cursor: pointer } :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
nav { padding: 1rem .75rem; overflow-y: auto; display: flex; flex-direction: column; gap: 1.1rem }
nav h1 { font-size: 1.05rem; margin: 0 .5rem; letter-spacing: -.01em } nav h1 small { display: block; font-weight: 400; font-size: .8rem; color: var(--soft) }
nav h2 { font-size: .75rem; font-weight: 600; color: var(--soft); margin: 0 .5rem .25rem }
nav a { display: block; padding: .25rem .5rem; border-radius: .4rem; color: inherit; text-decoration: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
nav a:hover { background: color-mix(in srgb, var(--ink) 6%, transparent) } nav a[aria-current] { background: var(--accent); color: var(--accent-ink) }
nav a .sign { opacity: .6; display: inline-block; width: 1.1em }
nav form, .empty form { display: flex; flex-wrap: wrap; gap: .35rem; margin: .35rem .5rem 0 } nav form input, .empty form input { flex: 1; min-width: 0 } .empty form { margin: .35rem 0; max-width: 20rem } form .problem { flex-basis: 100% }
nav select { width: calc(100% - 1rem); margin: 0 .5rem }
nav summary { cursor: pointer; color: var(--soft); margin: 0 .5rem; font-size: .85rem }
input, select, textarea { background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .55rem }
nav form button, .empty form button, .composer button, .dialog button, .banner button { background: var(--accent); color: var(--accent-ink); border: 0; border-radius: .4rem; padding: .35rem .8rem; font-weight: 600 }
main, aside { background: var(--surface); border-left: 1px solid var(--line); display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-width: 0 }
.top { padding: .8rem 1.25rem; border-bottom: 1px solid var(--line); display: flex; gap: .75rem; align-items: baseline; min-height: 3.4rem }
.top h2 { margin: 0; font-size: 1.05rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .top p { margin: 0; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1 }
.top a { text-decoration: none; font-size: .9rem }
.scroll { overflow-y: auto; padding: 1rem 0; overscroll-behavior: contain }
.day { display: flex; align-items: center; gap: .75rem; margin: .75rem 1.25rem; color: var(--soft); font-size: .8rem } .day::before, .day::after { content: ""; flex: 1; border-top: 1px solid var(--line) }
.message { display: grid; grid-template-columns: 2.4rem minmax(0, 1fr); column-gap: .7rem; padding: .35rem 1.25rem; position: relative }
.message:hover { background: color-mix(in srgb, var(--ink) 3%, transparent) } .message:target { background: var(--mention) }
.message.follows { padding-top: .1rem } .message.follows .avatar { visibility: hidden; height: 0 }
.avatar { width: 2.4rem; height: 2.4rem; border-radius: 50%; display: grid; place-items: center; font-weight: 650; font-size: .9rem; background: oklch(88% .06 var(--hue)); color: oklch(35% .09 var(--hue)) }
.avatar.bot { border-radius: .6rem; background: var(--accent); color: var(--accent-ink) }
.by { display: flex; gap: .45rem; align-items: baseline; flex-wrap: wrap } .by b { font-weight: 650 } .by time, .edited, .by small { color: var(--soft); font-size: .78rem }
.badge { font-size: .68rem; font-weight: 600; border: 1px solid var(--line); border-radius: .3rem; padding: 0 .3rem; color: var(--soft) }
.body { overflow-wrap: anywhere } .body p { margin: .15rem 0 } .body ul, .body ol { margin: .2rem 0; padding-left: 1.5rem }
.body pre { background: var(--code); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; margin: .35rem 0; overflow-x: auto; font: .85em/1.5 ui-monospace, "SF Mono", monospace }
.body code { background: var(--code); border-radius: .3rem; padding: .08rem .3rem; font: .88em ui-monospace, "SF Mono", monospace }
.body blockquote { margin: .25rem 0; padding: .1rem .8rem; border-left: 3px solid var(--line); color: var(--soft) }
.mention { background: var(--mention); color: inherit; border-radius: .3rem; padding: 0 .2rem; text-decoration: none }
.tombstone .body { color: var(--soft); font-style: italic } .private .body { border-left: 3px solid var(--accent); padding-left: .7rem }
.block-header { font-size: 1.1rem; font-weight: 700; margin: .35rem 0 !important; letter-spacing: -.01em }
.section { display: flex; gap: 1rem; justify-content: space-between; align-items: flex-start; margin: .3rem 0 } .section-text { min-width: 0 }
.fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem 1.25rem; margin-top: .3rem }
.context { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: center; color: var(--soft); font-size: .82rem; margin: .3rem 0 } .context img { width: 1.1rem; height: 1.1rem }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0 }
.block-button { background: var(--raised); border: 1px solid var(--line); border-radius: .45rem; padding: .3rem .85rem; font-weight: 600; white-space: nowrap }
.block-button:hover { border-color: var(--accent) } .block-button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink) } .block-button.danger { color: var(--danger); border-color: currentColor }
.block-button[disabled] { opacity: .5; cursor: progress }
.body hr { border: 0; border-top: 1px solid var(--line); margin: .6rem 0 } figure { margin: .4rem 0 } figcaption { font-weight: 600 } .block-image { max-width: 100%; max-height: 20rem; border-radius: .5rem } .accessory-image { width: 4.5rem; height: 4.5rem; object-fit: cover; border-radius: .5rem }
.attachment { border-left: 3px solid var(--line); padding-left: .8rem; margin: .4rem 0 } .heading { font-weight: 700 } .level-1 { font-size: 1.15rem } .item { padding-left: 1rem; text-indent: -.8rem }
.plan { font-weight: 650 } details.plan { margin: .3rem 0; font-weight: 400; font-size: .88rem } details.plan summary { cursor: pointer; color: var(--soft); width: fit-content } details.plan .task { margin: .2rem 0 .2rem 1.1rem; padding-left: 1.2rem; text-indent: -1.2rem } .task { color: var(--soft) } .task.in_progress span { color: var(--accent) } .task.complete { color: inherit } .task.error { color: var(--danger) }
.streaming::after { content: ""; display: inline-block; width: .5rem; height: 1rem; background: var(--accent); vertical-align: text-bottom; animation: blink 1s steps(2) infinite } @keyframes blink { to { opacity: 0 } }
@media (prefers-reduced-motion: reduce) { .streaming::after { animation: none } }
.under { display: flex; flex-wrap: wrap; gap: .35rem; align-items: center; margin-top: .25rem } .under:empty { display: none }
.chip { background: var(--raised); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .55rem; font-size: .85rem; line-height: 1.55 } .chip.mine { background: var(--wash); border-color: var(--accent) }
.replies { text-decoration: none; font-weight: 600; font-size: .85rem; padding: .1rem .35rem }
.tools { position: absolute; right: 1rem; top: -.6rem; display: none; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; box-shadow: 0 2px 8px #0001 }
.message:hover .tools, .message:focus-within .tools { display: flex } .tools a, .tools button { border: 0; background: none; padding: .2rem .55rem; font-size: .85rem; text-decoration: none; color: inherit } .tools :hover { color: var(--accent) }
.status { color: var(--soft); font-size: .88rem; padding: .25rem 1.25rem; display: flex; gap: .75rem; align-items: center }
.composer { padding: .6rem 1.25rem 1rem; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5rem; align-items: end } .composer textarea { resize: none; min-height: 2.5rem; padding: .5rem .7rem; field-sizing: content; max-height: 10rem } .composer button { height: 2.5rem }
.problem { grid-column: 1 / -1; color: var(--danger); font-size: .85rem; margin: 0 } .problem:empty { display: none }
.banner { display: flex; gap: .75rem; align-items: center; justify-content: space-between; background: var(--wash); margin: 0 1.25rem .5rem; border-radius: .6rem; padding: .55rem .9rem }
.banner:empty { display: none } .empty { max-width: 34rem; margin: 12vh auto 0; padding: 0 1.5rem } .empty h3 { font-size: 1.35rem; margin: 0 0 .5rem; letter-spacing: -.02em } .empty ol { padding-left: 1.2rem } .empty li { margin: .4rem 0 } .empty code { background: var(--code); border-radius: .3rem; padding: .1rem .35rem; font-size: .88em }
.dialog { position: fixed; inset: 0; background: #0007; display: grid; place-items: center; padding: 1rem; z-index: 2 } .dialog form { background: var(--surface); border-radius: .9rem; padding: 1.25rem; width: min(32rem, 100%); max-height: 90dvh; overflow: auto; display: grid; gap: .9rem } .dialog h2 { margin: 0; font-size: 1.15rem }
.dialog .block-button { background: var(--raised); color: inherit; border: 1px solid var(--line) }
.input { display: grid; gap: .25rem; font-weight: 600 } .input small { font-weight: 400; color: var(--soft) } fieldset.input { border: 0; margin: 0; padding: 0; min-width: 0 } .input legend { padding: 0; margin-bottom: .35rem } .input label { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .55rem; align-items: baseline; font-weight: 400; padding: .15rem 0; cursor: pointer } .input label span { overflow-wrap: anywhere } .input label small { display: block } .input [type=checkbox], .input [type=radio] { accent-color: var(--accent); margin: 0 } .input > input, .input > textarea, .input > select { font-weight: 400 } .error { color: var(--danger); font-weight: 400; font-style: normal; font-size: .85rem }
.menu { display: none }
@media (hover: none) { .tools { display: flex; position: static; grid-column: 2; justify-self: start; border: 0; box-shadow: none; background: none; opacity: .75; margin-left: -.5rem } .tools [data-react] { display: none } }
@media (max-width: 800px) {
  body, body.with-thread { grid-template-columns: minmax(0, 1fr) }
  nav { display: none; position: fixed; inset: 0 20% 0 0; background: var(--paper); z-index: 3; box-shadow: 0 0 40px #0006 } body.menu-open nav { display: flex }
  main, aside { border-left: 0; grid-row: 1; grid-column: 1 } body.with-thread main { display: none } .menu { display: inline-block; background: none; border: 0; padding: 0 .3rem; font-size: 1.2rem; line-height: 1 }
  .message, .status { padding-left: .9rem; padding-right: .9rem } .top, .composer { padding-left: .9rem; padding-right: .9rem } .fields { grid-template-columns: 1fr } .top p { display: none } .top h2 { flex: 1; overflow: hidden; text-overflow: ellipsis }
}
`
