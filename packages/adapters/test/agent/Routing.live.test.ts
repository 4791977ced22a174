/**
 * Who is chosen for what people write, with the sandbox's keyword model behind a vendor's SDK. It measures ours (the
 * prompt's choices, the threshold, asking back, consent for what cannot be undone) and the demo that `npm start` shows,
 * whose keywords were tuned on these very requests; not how well a real model understands people. What those keywords are
 * worth on requests that they were not tuned on is printed beside it.
 */
import { assert, it } from "@effect/vitest"
import { defaultPolicy, recordOf, TurnStore, Turns } from "@productbuilding/agent"
import { Effect } from "effect"
import { makeOutsideWorld } from "./OutsideWorld.ts"
import { type Kind, requests, unseen } from "./requests.ts"
import { agent, ask, models, sandboxModel, settled } from "./support.ts"

const expected: Readonly<Record<Kind, string>> = {
  "issue-writer": "issue-writer",
  implementer: "implementer",
  status: "status",
  researcher: "researcher",
  commenter: "commenter",
  closes: "closer",
  reopens: "closer",
  stops: "previews",
  previews: "previews",
  nobody: "nobody"
}

const kinds = Object.keys(requests).flatMap((name) => (name in expected ? [name] : []))
const all = Object.entries(requests).flatMap(([kind, texts]) => texts.map((text) => ({ kind, text })))
const expectedOf = new Map([...Object.entries(expected), ...unseen.map(([name]) => [`unseen ${name}`, name] as const)])
const everything = [...all, ...unseen.map(([name, text]) => ({ kind: `unseen ${name}`, text }))]

/** The least share of each that is to be chosen rightly. */
const floor = 0.9

it.live(
  `${all.length} requests are routed, and whoever is unsure asks`,
  () =>
    Effect.gen(function* () {
      const sandbox = yield* sandboxModel
      const world = makeOutsideWorld({ ada: "admin" })
      const wrong: Array<string> = []
      const right = new Map<string, number>()
      yield* Effect.gen(function* () {
        const turns = yield* Turns
        const store = yield* TurnStore
        yield* Effect.forEach(
          everything,
          Effect.fnUntraced(function* ({ kind, text }) {
            const { turn } = yield* turns.say(ask(text))
            const now = yield* settled(turn)
            const routed = (yield* store.entries(turn.id)).flatMap(({ fact }) =>
              fact._tag === "Routed" ? [fact] : []
            )[0]
            const chosen = now.outcome === "asked" ? "nobody" : (routed?.specialist ?? "nobody")
            if (chosen === expectedOf.get(kind)) right.set(kind, (right.get(kind) ?? 0) + 1)
            else wrong.push(`${kind} → ${chosen} (${routed?.confidence ?? 0}): ${text}`)
            if (now.state === "waiting") yield* turns.stop(turn.id, "Ada")
          }),
          { concurrency: 8 }
        )
      }).pipe(
        Effect.provide(
          agent({
            world,
            policy: defaultPolicy,
            models: models({ LLM_PROVIDER: "anthropic", LLM_BASE_URL: sandbox.url, LLM_API_KEY: "sk-any" })
          })
        )
      )
      const shares = kinds.map((kind) => {
        const total = all.filter((one) => one.kind === kind).length
        return { kind, right: right.get(kind) ?? 0, total, share: (right.get(kind) ?? 0) / total }
      })
      const seen = unseen.length - wrong.filter((line) => line.startsWith("unseen")).length
      yield* Effect.sync(() => {
        console.info(
          shares
            .map(
              ({ kind, right, share, total }) => `${kind.padEnd(14)} ${right}/${total}  ${(share * 100).toFixed(0)} %`
            )
            .join("\n")
        )
        console.info(
          `${"not tuned on".padEnd(14)} ${seen}/${unseen.length}  ${((seen / unseen.length) * 100).toFixed(0)} %`
        )
        console.info(wrong.join("\n"))
      })
      assert.isAtLeast(all.length, 300)
      for (const { kind, share } of shares) assert.isAtLeast(share, floor, kind)
      const total = shares.reduce((sum, one) => sum + one.right, 0) / all.length
      assert.isAtLeast(total, 0.95)
      const ended = world.state.writes.filter(({ what }) => what === "close" || what === "stop")
      assert.deepStrictEqual(ended, [])
    }).pipe(Effect.scoped),
  300_000
)

it.live(
  "whatever would close or stop something is asked every time, however it is said",
  () =>
    Effect.gen(function* () {
      const sandbox = yield* sandboxModel
      const world = makeOutsideWorld({ ada: "admin" })
      const cases = [
        ...requests.closes.map((text) => ({ text, specialist: "closer", name: "close_issue" })),
        ...requests.stops.map((text) => ({ text, specialist: "previews", name: "stop_preview" }))
      ]
      yield* Effect.gen(function* () {
        const turns = yield* Turns
        const store = yield* TurnStore
        for (const { name, specialist, text } of cases) {
          // NOTE: rightly understood, so that only what becomes of it is measured.
          sandbox.clearScripts()
          sandbox.rule({
            when: { structured: true },
            answer: { json: { specialist, confidence: 0.9, reason: "It says so." } }
          })
          const number = Number(/\d+/.exec(text)?.[0])
          const reason = name === "close_issue" ? { reason: "completed" } : {}
          sandbox.rule({
            when: { hasResult: false },
            answer: { toolCalls: [{ name, arguments: { number, ...reason } }] }
          })
          const { turn } = yield* turns.say(ask(text))
          assert.strictEqual((yield* settled(turn)).state, "waiting", text)
          const { approval } = recordOf(yield* store.entries(turn.id))
          assert.strictEqual(approval?.verdict, "open", text)
          assert.match(approval?.entry.calls[0]?.summary ?? "", new RegExp(`#${number}\\b`), text)
          yield* turns.stop(turn.id, "Ada")
        }
      }).pipe(
        Effect.provide(
          agent({
            world,
            policy: defaultPolicy,
            models: models({ LLM_PROVIDER: "anthropic", LLM_BASE_URL: sandbox.url, LLM_API_KEY: "sk-any" })
          })
        )
      )
      assert.deepStrictEqual(world.state.writes, [])
    }).pipe(Effect.scoped),
  120_000
)
