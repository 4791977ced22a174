import { baseStyle } from "./BaseStyle.ts"

/** The states page's own style sheet. */
export const statesStyle = `${baseStyle}
body { min-height: 100vh; background:
  linear-gradient(var(--grid) 1px, transparent 1px) 0 -1px / 24px 24px,
  linear-gradient(90deg, var(--grid) 1px, transparent 1px) -1px 0 / 24px 24px, var(--paper); }
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.2rem, 6vh, 4.5rem) 1rem 3rem; }
.plate { background: var(--sheet); border: 1px solid var(--line); border-radius: 14px; padding: clamp(1.2rem, 4vw, 2.2rem); }
.host { font-family: var(--mono); font-size: 0.84rem; color: var(--quiet); overflow-wrap: anywhere; }
.head { display: flex; gap: 0.9rem; align-items: center; margin-bottom: 0.2rem; }
.head .sign { width: 2.6rem; height: 2.6rem; padding: 0.55rem; border-radius: 50%; background: var(--tint); color: var(--tone); }
.tone-busy .head .sign { animation: breathe 2.4s ease-in-out infinite; }
h1 { font-size: clamp(1.35rem, 4.5vw, 1.8rem); letter-spacing: -0.022em; line-height: 1.2; }
.lead { margin-top: 0.8rem; font-size: 1.02rem; max-width: 38rem; }
.about { margin-top: 0.9rem; padding-top: 0.9rem; border-top: 1px solid var(--line); font-size: 0.92rem; }
.about b { font-weight: 650; overflow-wrap: anywhere; }
.about .quiet { display: flex; flex-wrap: wrap; gap: 0 0.9rem; }
.floors { margin-top: 1.1rem; display: grid; gap: 0.15rem; font-variant-numeric: tabular-nums; }
.floors li { display: grid; grid-template-columns: 1.5rem minmax(0, 1fr) auto; align-items: baseline; padding: 0.12rem 0; color: var(--quiet); }
.floors li::before { content: "○"; } .floors .done::before { content: "●"; color: var(--good); }
.floors .done, .floors .now, .floors .bad { color: var(--ink); }
.floors .now { font-weight: 650; } .floors .now::before { content: "◐"; color: var(--busy); animation: breathe 1.6s ease-in-out infinite; }
.floors .bad { font-weight: 650; color: var(--bad); } .floors .bad::before { content: "×"; font-weight: 700; }
.cause { margin-top: 1rem; }
.log { margin-top: 1.2rem; } .log h2, .check h2 { font-size: 0.9rem; margin-bottom: 0.4rem; font-weight: 650; }
.log ol { background: #141823; color: #d9dde6; border: 1px solid var(--line); border-radius: 9px; padding: 0.7rem 0.85rem; height: 15rem; overflow: auto;
  font: 0.79rem/1.5 var(--mono); overscroll-behavior: contain; }
.log li { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.5em; }
.check { margin-top: 1.2rem; } .check ul { display: grid; gap: 0.45rem; }
.check li { padding-left: 1.3rem; position: relative; } .check li::before { content: "→"; position: absolute; left: 0; color: var(--accent); }
.links { display: flex; flex-wrap: wrap; gap: 0.4rem 1.3rem; margin-top: 1.4rem; }
.foot { display: flex; align-items: center; gap: 0.5rem; margin-top: 1rem; font-size: 0.85rem; color: var(--quiet); }
.foot .logo { width: 18px; height: 18px; }
`
