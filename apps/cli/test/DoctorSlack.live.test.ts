import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { SlackSandbox, slackBotScopes } from "@productbuilding/sandbox"
import { judgeClock } from "@productbuilding/server/SlackFindings"
import { Effect, Schema } from "effect"
import { Finding } from "../src/doctor/Finding.ts"
import { run } from "./support/run.ts"

const decodeFindings = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Finding)))

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "productbuilding-doctor-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const examine = Effect.fnUntraced(function* (targets: Schema.Json, env: Readonly<Record<string, string>>) {
  const root = yield* folder
  const file = join(root, "targets.json")
  yield* Effect.promise(() => writeFile(file, JSON.stringify(targets)))
  const { err, out } = yield* run(["doctor", "--json"], {
    env: {
      PREVIEW_RUNTIME: "process",
      TARGETS_CONFIG_PATH: file,
      WORKSPACE_DIR: join(root, "workspaces"),
      DATABASE_PATH: join(root, "test.db"),
      GITHUB_API_URL: "http://127.0.0.1:9",
      PUBLIC_URL: "http://127.0.0.1:9",
      ...env
    }
  })
  const findings = (yield* decodeFindings(out)).filter(({ check }) => check.startsWith("Slack"))
  const of = (check: string) => findings.filter((finding) => finding.check === `Slack ${check}`)
  return { findings, of, levels: (check: string) => of(check).map(({ level }) => level), printed: out + err }
}, Effect.scoped)

const scopes = slackBotScopes

it.layer(SlackSandbox.layer(), { excludeTestServices: true })("doctor with a Slack", (it) => {
  const connected = Effect.map(SlackSandbox, ({ apiUrl, app }) => ({
    SLACK_API_URL: apiUrl,
    SLACK_BOT_TOKEN: app.botToken,
    SLACK_SIGNING_SECRET: app.signingSecret
  }))

  it.effect("finds nothing wrong where nothing is: token, scopes, clock, the way in, and each channel", () =>
    Effect.gen(function* () {
      const slack = yield* SlackSandbox
      slack.invite(slack.addChannel({ name: "productbuilding-shop" }).id)
      const chosen = slack.addChannel({ name: "chosen", isPrivate: true }).id
      slack.invite(chosen)
      const { findings, levels, of } = yield* examine(
        [{ repo: "acme/shop" }, { repo: "acme/site", slackChannel: chosen }],
        { ...(yield* connected), SLACK_APP_TOKEN: slack.app.appToken }
      )
      assert.deepStrictEqual(
        findings.filter(({ level }) => level !== "ok"),
        []
      )
      assert.deepStrictEqual(levels("access"), ["ok", "ok", "ok"])
      assert.include(of("access")[0]?.found, "@productbuilding in the workspace Sandbox")
      assert.deepStrictEqual(levels("events"), ["ok", "ok"])
      assert.deepStrictEqual(
        of("channels").map(({ found }) => found),
        [
          "The bot is in #productbuilding-shop, the channel of acme/shop.",
          "The bot is in #chosen, the channel of acme/site."
        ]
      )
    })
  )

  it.effect("says nothing of Slack where nothing of it is set", () =>
    Effect.gen(function* () {
      const { findings } = yield* examine([{ repo: "acme/shop" }], {})
      assert.deepStrictEqual(findings, [])
    })
  )

  it.effect("says that a bot token is missing where the rest is there", () =>
    Effect.gen(function* () {
      const { levels, of } = yield* examine([{ repo: "acme/shop" }], { SLACK_APP_TOKEN: "xapp-1" })
      assert.deepStrictEqual(levels("access"), ["error"])
      assert.include(of("access")[0]?.found, "SLACK_APP_TOKEN is set, but SLACK_BOT_TOKEN is not")
    })
  )

  it.effect("says how to get into a channel that the bot is not in, that is not there, or that is only hidden", () =>
    Effect.gen(function* () {
      const slack = yield* SlackSandbox
      const left = slack.addChannel({ name: "productbuilding-left" }).id
      slack.invite(left)
      slack.kick(left)
      slack.addChannel({ name: "productbuilding-hidden", isPrivate: true })
      const { of } = yield* examine(
        [
          { repo: "acme/left" },
          { repo: "acme/none" },
          { repo: "acme/hidden" },
          { repo: "acme/byid", slackChannel: "C0000000000" }
        ],
        yield* connected
      )
      const [notIn, none, hidden, byId] = of("channels")
      assert.deepStrictEqual(
        [notIn?.level, notIn?.found],
        ["error", "The bot is not in #productbuilding-left, the channel of acme/left."]
      )
      assert.include(notIn?.advice, "/invite @productbuilding")
      assert.include(none?.found, "#productbuilding-none of acme/none does not exist")
      assert.include(none?.advice, "/invite @productbuilding")
      assert.include(hidden?.found, "or is private")
      assert.include(byId?.found, "C0000000000")
    })
  )

  it.effect("names the scopes that are missing, once, and those that are only optional", () =>
    Effect.gen(function* () {
      const slack = yield* SlackSandbox
      const env = yield* connected
      slack.setScopes(["chat:write", "users:read", "groups:history", "channels:history"])
      const lacking = yield* examine([{ repo: "acme/shop" }], env)
      assert.deepStrictEqual(lacking.levels("access"), ["ok", "error", "ok"])
      assert.include(lacking.of("access")[1]?.found, "channels:read, groups:read")
      assert.include(lacking.of("access")[1]?.advice, "reinstall")
      assert.deepStrictEqual(lacking.of("channels"), [])
      slack.setScopes(scopes.filter((scope) => scope !== "reactions:read"))
      const enough = yield* examine([], env)
      assert.deepStrictEqual(enough.levels("access"), ["ok", "ok", "ok"])
      assert.include(enough.of("access")[1]?.found, "reactions:read is optional")
      slack.setScopes(scopes)
    })
  )

  it.effect("tells a token that is refused from a Slack that does not answer, says it once, and prints no secret", () =>
    Effect.gen(function* () {
      const env = yield* connected
      const wrong = yield* examine([{ repo: "acme/shop" }], { ...env, SLACK_BOT_TOKEN: "xoxb-wr0ng" })
      assert.deepStrictEqual([wrong.levels("access"), wrong.levels("channels")], [["error"], []])
      assert.include(wrong.of("access")[0]?.found, "invalid_auth")
      assert.notInclude(wrong.printed, "wr0ng")
      assert.notInclude(wrong.printed, env.SLACK_SIGNING_SECRET)
      const other = yield* examine([], { ...env, SLACK_BOT_TOKEN: "xoxp-wr0ng" })
      assert.include(other.of("access")[0]?.advice, "xoxb-")
      const absent = yield* examine([], { ...env, SLACK_API_URL: "http://127.0.0.1:9" })
      assert.include(absent.of("access")[0]?.found, "does not answer")
      const nonsense = yield* examine([], { ...env, SLACK_API_URL: "nonsense" })
      assert.include(nonsense.of("access")[0]?.found, "SLACK_API_URL")
    })
  )

  it.effect("sees that nothing can come in, and a token that opens no socket", () =>
    Effect.gen(function* () {
      const { SLACK_SIGNING_SECRET: _, ...env } = yield* connected
      const deaf = yield* examine([], env)
      assert.deepStrictEqual(deaf.levels("events"), ["error"])
      assert.include(deaf.of("events")[0]?.found, "nothing that is said in Slack comes in")
      const odd = yield* examine([], { ...env, SLACK_APP_TOKEN: "xoxb-wr0ng" })
      assert.include(odd.of("events")[0]?.found, "begin with xapp-")
      assert.notInclude(odd.printed, "wr0ng")
    })
  )

  it.effect("judges clocks by how long Slack's signatures are good", () =>
    Effect.sync(() => {
      assert.strictEqual(judgeClock(-900).level, "ok")
      assert.include(judgeClock(90_000).found, "90 s behind")
      assert.strictEqual(judgeClock(90_000).level, "warn")
      assert.include(judgeClock(-400_000).found, "400 s ahead of")
      assert.strictEqual(judgeClock(-400_000).level, "error")
    })
  )
})
