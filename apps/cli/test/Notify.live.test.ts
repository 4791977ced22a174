import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { NotificationPreview, OperationLog, type ThreadMessage, type Topic } from "@productbuilding/core"
import { Effect, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { afterAll } from "vitest"
import { run } from "./support/run.ts"
import { Address, layer } from "./support/TestServer.ts"

const folder = mkdtempSync(join(tmpdir(), "pb-notify-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(NotificationPreview))

const say = Effect.fnUntraced(function* (key: string, topic: Topic, verb: string, change: Partial<ThreadMessage> = {}) {
  const log = yield* OperationLog
  const message: ThreadMessage = {
    key,
    topic,
    author: "ada",
    verb,
    markdown: "a secret plan",
    url: null,
    title: null,
    draft: false,
    bot: false,
    inReplyTo: null,
    ...change
  }
  yield* log.append({ operationId: null, subject: "acme/shop#12", lane: "append", type: "said", data: { ...message } })
})

const policy = JSON.stringify({
  events: { reviewed: "broadcast", commented: "digest", merged: "off" },
  bots: false
})

it.layer(layer(), { excludeTestServices: true })("notify preview", (it) => {
  it.effect("says so where nothing happened, or where the policy changes nothing", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const same = file("same.json", '{ "events": { "reviewed": "off" } }')
      const nothing = yield* run(["notify", "preview", "--policy", same], { env })
      assert.deepStrictEqual([nothing.code, nothing.out], [0, ""])
      assert.include(nothing.err, "Nothing happened in the last 7d")
      yield* say("change:closed:1", "closed", "closed this")
      const unchanged = yield* run(["notify", "preview", "--policy", same, "--since", "2w"], { env })
      assert.match(unchanged.out, /closed +1 +· +· +·/)
      assert.include(unchanged.err, "changes nothing")
    })
  )

  it.effect("shows by day and event what would differ, and each message that does, within 80 columns", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      for (const key of ["comment:1", "comment:2", "comment:1"]) yield* say(key, "commented", "commented")
      yield* say("comment:3", "commented", "commented", { author: "renovate[bot]", bot: true })
      yield* say("review:1", "reviewed", "approved")
      yield* say("change:closed:2", "merged", "merged \u001b[31mthis")
      const log = yield* OperationLog
      yield* log.append({
        operationId: null,
        subject: "acme/shop#12",
        lane: "status",
        type: "state",
        data: { state: "failed", sha: "a".repeat(40), failure: { stage: "build", summary: "It does not build." } }
      })
      yield* log.append({ operationId: null, subject: "evil/shop#1", lane: "append", type: "said", data: {} })
      const args = ["notify", "preview", "--policy", file("policy.json", policy)]
      const shown = yield* run(args, { env, terminal: { color: false } })
      assert.strictEqual(shown.code, 0)
      assert.match(shown.out, /commented +3 → 0 +· +0 → 2 +0 → 1/)
      assert.match(shown.out, /reviewed +0 → 1 +· +· +1 → 0/)
      assert.match(shown.out, /previewFailed +1 +· +· +·/)
      assert.match(shown.out, /\+ .*acme\/shop#12 ada approved: not \(events\.reviewed is off\)/)
      assert.match(shown.out, /- .*renovate\[bot\] commented: at once → not \(bots/)
      assert.match(shown.out, /~ .*ada commented: at once → in the digest of/)
      assert.include(shown.err, "+ 1 new, - 2 gone, ~ 2 told otherwise")
      assert.notInclude(shown.out, "\u001b")
      for (const line of shown.out.split("\n")) assert.isAtMost(CliOutput.displayWidth(line), 80, line)
      const { changed, changes, days } = yield* decode((yield* run([...args, "--json"], { env })).out)
      assert.deepStrictEqual([changed, changes.length, days.length], [5, 5, 5])
      const text = (yield* run([...args, "--json"], { env })).out
      assert.notInclude(text, "a secret plan")
      const one = yield* run([...args, "--project", "Acme/Shop", "--json"], { env })
      assert.strictEqual(one.out, text)
    })
  )

  it.effect("refuses a broken policy with file, line, column, key and what is allowed, before it asks anybody", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: "http://127.0.0.1:1" }
      const preview = (content: string) =>
        run(["notify", "preview", "--policy", file("broken.json", content)], { env, terminal: { color: false } })
      const { code, err } = yield* preview('{\n  "events": { "merged": "loud" },\n  "drafts": "no"\n}')
      assert.strictEqual(code, 1)
      const [first, second] = err.split("\n")
      assert.include(first, 'broken.json: events.merged: Expected "off" | "digest" | "tell" | "broadcast"')
      assert.include(first, 'found "loud" at line 2, column 15')
      assert.include(second, 'drafts: Expected boolean; found "no" at line 3, column 3')
      assert.include((yield* preview("{,}")).err, "is not JSON at line 1, column 2")
      assert.strictEqual((yield* run(["notify", "preview", "--policy", join(folder, "none")], { env })).code, 2)
    })
  )

  it.effect("names a wrong time and an unknown project", () =>
    Effect.gen(function* () {
      const env = { PRODUCTBUILDING_URL: (yield* Address).url }
      const args = ["notify", "preview", "--policy", file("policy.json", policy)]
      const wrong = yield* run([...args, "--since", "yesterday"], { env })
      assert.deepStrictEqual([wrong.code, wrong.out], [2, ""])
      assert.include(wrong.err, "for example 7d")
      const unknown = yield* run([...args, "--project", "acme/none"], { env })
      assert.strictEqual(unknown.code, 4)
      assert.include(unknown.err, "does not list acme/none")
    })
  )
})
