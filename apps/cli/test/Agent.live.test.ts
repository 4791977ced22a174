import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { type TurnFact, TurnStore } from "@productbuilding/agent"
import { ResourceLedger } from "@productbuilding/core"
import { TurnDetail, TurnSummary } from "@productbuilding/server/TurnReport"
import { Effect, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { SqlClient } from "effect/sql"
import { afterAll } from "vitest"
import { run } from "./support/run.ts"
import { Address, layer, seedTurn } from "./support/TestServer.ts"

const folder = mkdtempSync(join(tmpdir(), "pb-agent-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const decodeList = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(TurnSummary)))
const decodeDetail = Schema.decodeUnknownEffect(Schema.fromJsonString(TurnDetail))

const model = (
  purpose: "route" | "work",
  change: { readonly text?: string; readonly calls?: Extract<TurnFact, { _tag: "Model" }>["calls"] }
): TurnFact => ({
  _tag: "Model",
  purpose,
  provider: "anthropic",
  model: "claude-opus-4-6",
  promptDigest: "0".repeat(64),
  text: "",
  calls: [],
  spent: { inputTokens: 1200, cachedTokens: 1000, outputTokens: 45, microDollars: 3100 },
  durationMs: 1200,
  ...change
})

const call = { id: "2.1", tool: "create_issue", params: { title: "Checkout is slow", body: "It takes \u001b[31m9 s." } }

/** As the real loop records it: one issue, without anybody's consent. */
const facts: ReadonlyArray<TurnFact> = [
  model("route", { text: '{"specialist":"issue-writer","confidence":0.9,"reason":"It is about an issue."}' }),
  {
    _tag: "Routed",
    specialist: "issue-writer",
    doing: "Writing an issue",
    confidence: 0.9,
    reason: "It is about an issue."
  },
  model("work", { calls: [call] }),
  { _tag: "Started", call, summary: 'Create the issue "Checkout is slow"', writes: true },
  {
    _tag: "Finished",
    callId: "2.1",
    result: { created: 7, url: "https://code.test/acme/shop/issues/7" },
    failed: false,
    resources: ["turn:x:2.1"],
    durationMs: 800
  },
  model("work", { text: "Made #7." }),
  { _tag: "Ended", outcome: "answered", text: "Made #7.", options: [] }
]

const fits = (text: string) => {
  for (const line of text.split("\n")) assert.isAtMost(CliOutput.displayWidth(line), 80, line)
}

it.layer(layer(), { excludeTestServices: true })("agent", (it) => {
  it.effect("lists turns, and says how to ask the first", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const none = yield* run(["agent", "list"], { env })
      assert.deepStrictEqual([none.code, none.out], [0, ""])
      assert.include(none.err, "@productbuilding")
      assert.include((yield* run(["agent", "budget"], { env })).err, "Nothing is spent today.")
      const turn = yield* seedTurn(facts)
      const listed = yield* run(["agent", "list"], { env, terminal: { color: false } })
      assert.strictEqual(listed.code, 0)
      fits(listed.out)
      assert.include(listed.out, turn.id.slice(-8))
      assert.include(listed.out, "answered")
      assert.include(listed.out, "$0.0093")
      const { out } = yield* run(["agent", "list", "--conversation", turn.conversation, "--json"], { env })
      assert.deepStrictEqual(
        (yield* decodeList(out)).map((one) => [one.turn.id, one.sums.outputTokens, one.writes.length]),
        [[turn.id, 135, 1]]
      )
    })
  )

  it.effect("shows a turn step by step in 80 columns, and says when its record was changed", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const sql = yield* SqlClient.SqlClient
      const ledger = yield* ResourceLedger
      yield* ledger.claim({ ownerKey: "turn:x:2.1", kind: "issue", subject: "acme/shop" })
      yield* ledger.live("turn:x:2.1", "7")
      const { id } = yield* seedTurn(facts)
      const short = id.slice(-8)
      const shown = yield* run(["agent", "show", short], { env, terminal: { color: false } })
      assert.strictEqual(shown.code, 0, shown.err)
      fits(shown.out)
      assert.notInclude(shown.out, "\u001b")
      for (const part of [
        "Ada (ada on the code host)",
        "Writing an issue (issue-writer)",
        "90 % sure",
        "1,200 tokens in (1,000 cached) · 45 out · $0.0031 · 1.2 s",
        'Create the issue "Checkout is slow"',
        "https://code.test/acme/shop/issues/7",
        "issue 7 in acme/shop",
        "3 model calls, 1 tool call, 3,735 tokens: $0.0093",
        "whole: 8 entries"
      ]) {
        assert.include(shown.out, part)
      }
      const full = yield* run(["agent", "show", short, "--full"], { env })
      assert.include(full.out, '"title": "Checkout is slow"')
      yield* sql`UPDATE turn_entries SET fact = replace(fact, 'Made #7.', 'Made #8.') WHERE turn_id = ${id} AND number = 7`
      const changed = yield* run(["agent", "show", short], { env })
      assert.strictEqual(changed.code, 1)
      assert.include(changed.out, "broken at entry 7")
      const unknown = yield* run(["agent", "show", "ffffffff"], { env })
      assert.strictEqual(unknown.code, 4)
      const gone = yield* run(["agent", "show", id.replace(/.$/, "f")], { env })
      assert.strictEqual(gone.code, 4)
    })
  )

  it.effect("replays a turn from the server and from a file without any server", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const { id } = yield* seedTurn(facts)
      const again = yield* run(["agent", "replay", id], { env })
      assert.strictEqual(again.code, 0, again.out + again.err)
      assert.include(again.out, "decides all the same: 7 decisions in 8 of 8 entries")
      const { out } = yield* run(["agent", "show", id, "--json"], { env })
      const file = join(folder, "turn.json")
      writeFileSync(file, out)
      const offline = { PRODUCTBUILDING_URL: "http://127.0.0.1:9" }
      assert.strictEqual((yield* run(["agent", "replay", file], { env: offline })).code, 0)
      assert.include((yield* decodeDetail(out)).chain, { whole: true })
      writeFileSync(file, out.replace('"confidence": 0.9', '"confidence": 0.7'))
      const other = yield* run(["agent", "replay", file], { env: offline, terminal: { color: false } })
      assert.strictEqual(other.code, 1)
      fits(other.out)
      assert.include(other.out, "- then: to route to issue-writer, 70 % sure")
      assert.include(other.out, "+ now: to route to issue-writer, 90 % sure")
      assert.include(other.out, "broken at entry 3")
      writeFileSync(file, "{}")
      assert.strictEqual((yield* run(["agent", "replay", file], { env: offline })).code, 1)
      assert.strictEqual((yield* run(["agent", "replay", join(folder, "none.json")], { env: offline })).code, 2)
    })
  )

  it.effect("tells on the open stream that a turn changed, and nothing of it", () =>
    Effect.gen(function* () {
      const { url } = yield* Address
      const signal = yield* Effect.abortSignal
      const answer = yield* Effect.promise(() => fetch(`${url}/previews/stream`, { signal }))
      const reader = (answer.body ?? assert.fail("it has no body")).pipeThrough(new TextDecoderStream()).getReader()
      yield* Effect.forkChild(Effect.delay(seedTurn(facts), "100 millis"))
      let told = ""
      while (!told.includes("event: turn")) told += (yield* Effect.promise(() => reader.read())).value ?? ""
      assert.match(told, /event: turn\ndata: \{\}\n/)
      assert.notInclude(told, "checkout")
    }).pipe(Effect.scoped)
  )

  it.effect("stops a turn", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const store = yield* TurnStore
      const { id } = yield* seedTurn(facts.slice(0, 2))
      const stopped = yield* run(["agent", "stop", id.slice(-8)], { env })
      assert.strictEqual(stopped.code, 0)
      assert.include(stopped.out, "is stopped")
      assert.strictEqual((yield* store.get(id)).outcome, "stopped")
    })
  )
})

it.layer(layer({ token: "hunter2-hunter2" }), { excludeTestServices: true })("agent with a token", (it) => {
  it.effect("tells nobody without it what was said", () =>
    Effect.gen(function* () {
      const { url } = yield* Address
      const { id } = yield* seedTurn(facts)
      for (const [path, status] of [
        ["/turns", 403],
        [`/turns/${id}`, 403],
        ["/budgets", 403],
        [`/operations/${id}`, 404],
        [`/operations/${id}/stream`, 404]
      ] as const) {
        const answer = yield* Effect.promise(() => fetch(`${url}${path}`))
        assert.strictEqual(answer.status, status, path)
        assert.notInclude(yield* Effect.promise(() => answer.text()), "checkout")
      }
      const env = { PRODUCTBUILDING_URL: url }
      assert.strictEqual((yield* run(["agent", "show", id], { env })).code, 5)
      assert.strictEqual((yield* run(["agent", "show", id], { env: { ...env, API_TOKEN: "hunter2-hunter2" } })).code, 0)
    })
  )
})

it.layer(layer({ agent: false }), { excludeTestServices: true })("agent on a server without one", (it) => {
  it.effect("says which variable to set", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      for (const args of [["list"], ["budget"], ["show", "01996a00-0000-7000-8000-000000000000"]]) {
        const { code, err } = yield* run(["agent", ...args], { env })
        assert.strictEqual(code, 1)
        assert.include(err, "LLM_API_KEY")
      }
    })
  )
})
