/** Colours, type and the parts that both pages share. Every text colour has a contrast of at least 4.5 to 1. */
export const baseStyle = `
:root {
  color-scheme: light dark;
  --paper: #f5f3ec; --sheet: #fffdf8; --ink: #1b2130; --quiet: #586071; --line: #e0dbcd; --grid: #dfe3ef;
  --accent: #2645b0; --on-accent: #ffffff; --shade: #efece2;
  --good: #17693f; --busy: #2645b0; --wait: #845000; --bad: #ad231b; --gone: #5b6170;
  --good-tint: #dff1e5; --busy-tint: #e3e9fb; --wait-tint: #fbeccb; --bad-tint: #fce4e0; --gone-tint: #ebe8df;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11141b; --sheet: #191d27; --ink: #eae8e2; --quiet: #a3aaba; --line: #2b3140; --grid: #1b2130;
    --accent: #9db5ff; --on-accent: #10162a; --shade: #222734;
    --good: #82d6a5; --busy: #9db5ff; --wait: #f0c167; --bad: #ffa499; --gone: #a3aaba;
    --good-tint: #15321f; --busy-tint: #1b2748; --wait-tint: #362a0c; --bad-tint: #3c1b19; --gone-tint: #262b37;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
h1, h2, h3, p, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
[hidden] { display: none !important; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre, kbd { font-family: var(--mono); font-size: 0.88em; }
.quiet { color: var(--quiet); }
.text { white-space: pre-line; overflow-wrap: anywhere; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.logo { fill: var(--ink); flex: none; } .logo .lit { fill: var(--accent); }
.sign { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.tone-good { --tone: var(--good); --tint: var(--good-tint); }
.tone-busy { --tone: var(--busy); --tint: var(--busy-tint); }
.tone-wait { --tone: var(--wait); --tint: var(--wait-tint); }
.tone-bad { --tone: var(--bad); --tint: var(--bad-tint); }
.tone-gone { --tone: var(--gone); --tint: var(--gone-tint); }
.badge { display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.14rem 0.6rem 0.14rem 0.42rem;
  border-radius: 99px; background: var(--tint); color: var(--tone); font-weight: 600; font-size: 0.87rem; white-space: nowrap; }
.tag { font-size: 0.75rem; padding: 0 0.4rem; border: 1px solid var(--line); border-radius: 4px; color: var(--quiet); }
.button { display: inline-block; padding: 0.3rem 0.8rem; border-radius: 7px; background: var(--accent);
  color: var(--on-accent); font-weight: 600; text-decoration: none; white-space: nowrap; }
.button:hover { text-decoration: underline; }
.cause { background: var(--bad-tint); border-radius: 8px; padding: 0.6rem 0.8rem; }
.cause strong { color: var(--bad); }
.cause.calm { background: var(--wait-tint); } .cause.calm strong { color: var(--wait); }
.cause summary { cursor: pointer; margin-top: 0.35rem; font-weight: 600; font-size: 0.87rem; width: max-content; }
.cause pre { margin: 0.45rem 0 0.1rem; padding: 0.6rem 0.7rem; max-height: 20rem; overflow: auto; background: var(--sheet);
  border-radius: 6px; font-size: 0.8rem; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.command { display: flex; align-items: start; gap: 0.5rem; margin-top: 0.5rem; padding: 0.45rem 0.5rem 0.45rem 0.7rem;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 7px; }
.command code { flex: 1; min-width: 0; white-space: pre; overflow-x: auto; padding: 0.1rem 0; }
.copy { display: none; font: inherit; font-size: 0.8rem; color: var(--ink); background: var(--shade); border: 1px solid var(--line);
  border-radius: 5px; padding: 0.1rem 0.55rem; cursor: pointer; }
.script .copy { display: inline-block; }
@keyframes breathe { 50% { opacity: 0.4; } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
`
