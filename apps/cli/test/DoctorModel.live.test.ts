import { createServer } from "node:http"
import { assert, it } from "@effect/vitest"
import { ModelSandbox } from "@productbuilding/sandbox"
import { Effect, Schema } from "effect"
import { Finding } from "../src/doctor/Finding.ts"
import { run } from "./support/run.ts"

const decodeFindings = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Finding)))

const examine = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  const { err, out } = yield* run(["doctor", "--json"], {
    env: {
      PREVIEW_RUNTIME: "process",
      TARGETS_CONFIG_PATH: "/nonexistent/targets.json",
      GITHUB_API_URL: "http://127.0.0.1:9",
      PUBLIC_URL: "http://127.0.0.1:9",
      ...env
    }
  })
  const findings = (yield* decodeFindings(out)).filter(({ check }) => check.startsWith("Model"))
  return { levels: findings.map(({ level }) => level), findings, printed: out + err }
})

/** Answers every request with one status and body. */
const answering = (status: number, body: Schema.Json) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(body)))
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const apiKey = "sk-ant-a-key-that-nobody-may-see-0001"

it.layer(ModelSandbox.layer({ apiKeys: [apiKey], models: ["claude-opus-4-6", "gpt-5"] }), {
  excludeTestServices: true
})("doctor with a model", (it) => {
  it.effect("says which models are configured, that they take the key, and what they cost", () =>
    Effect.gen(function* () {
      const { url } = yield* ModelSandbox
      const { findings, levels } = yield* examine({
        LLM_API_KEY: apiKey,
        LLM_BASE_URL: url,
        LLM_FALLBACK_PROVIDER: "openai",
        LLM_FALLBACK_API_KEY: apiKey,
        LLM_FALLBACK_MODEL: "gpt-5",
        LLM_FALLBACK_BASE_URL: `${url}/v1`
      })
      assert.deepStrictEqual(levels, ["ok", "ok", "ok", "ok"])
      assert.deepStrictEqual(
        findings.map(({ check, found }) => `${check}: ${found.replace(new URL(url).host, "here")}`),
        [
          "Model: claude-opus-4-6 of anthropic at here takes the key and is there.",
          "Model: A million tokens cost $5 in and $25 out.",
          "Model fallback: gpt-5 of openai at here takes the key and is there.",
          "Model fallback: A million tokens cost $1.25 in and $10 out."
        ]
      )
    })
  )

  it.effect("tells a wrong key, a wrong model and an unknown price apart, and shows no key", () =>
    Effect.gen(function* () {
      const { url } = yield* ModelSandbox
      const wrong = "sk-ant-a-wrong-key-0002"
      const key = yield* examine({ LLM_API_KEY: wrong, LLM_BASE_URL: url })
      assert.strictEqual(key.levels[0], "error")
      assert.include(key.findings[0]?.advice, "LLM_API_KEY")
      assert.notInclude(key.printed, wrong)
      const model = yield* examine({ LLM_API_KEY: apiKey, LLM_BASE_URL: url, LLM_MODEL: "claude-none" })
      assert.deepStrictEqual(model.levels, ["error", "warn"])
      assert.include(model.findings[0]?.advice, "LLM_MODEL")
      const compatible = { LLM_PROVIDER: "openaicompat", LLM_API_KEY: apiKey, LLM_BASE_URL: `${url}/v1` }
      const known = yield* examine({ ...compatible, LLM_MODEL: "gpt-5" })
      assert.deepStrictEqual(known.levels, ["ok", "warn"])
      assert.include(known.findings[1]?.found, "price")
      assert.strictEqual((yield* examine({ ...compatible, LLM_MODEL: "none" })).levels[0], "error")
      for (const { printed } of [model, known]) assert.notInclude(printed, apiKey)
    })
  )

  it.effect("says when the provider is away or does not tell, and of Google's way to refuse a key", () =>
    Effect.gen(function* () {
      const away = yield* examine({ LLM_API_KEY: apiKey, LLM_BASE_URL: "http://127.0.0.1:9" })
      assert.include(away.findings[0], {
        level: "warn",
        found: "claude-opus-4-6 of anthropic at 127.0.0.1:9 does not answer."
      })
      const google = yield* answering(400, { error: { details: [{ reason: "API_KEY_INVALID" }] } })
      const gemini = { LLM_PROVIDER: "gemini", LLM_API_KEY: apiKey, LLM_MODEL: "gemini-2.5-pro" }
      assert.strictEqual((yield* examine({ ...gemini, LLM_BASE_URL: google.url })).levels[0], "error")
      const bare = yield* answering(404, {})
      const compatible = { LLM_PROVIDER: "openaicompat", LLM_MODEL: "local", LLM_BASE_URL: bare.url }
      assert.include((yield* examine(compatible)).findings[0]?.found, "does not tell")
      const broken = yield* answering(503, {})
      assert.include((yield* examine({ ...compatible, LLM_BASE_URL: broken.url })).findings[0]?.found, "503")
    }).pipe(Effect.scoped)
  )

  it.effect("says nothing where nothing is set, and what to set where there is only Slack or a contradiction", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* examine({})).findings, [])
      const slack = yield* examine({ SLACK_BOT_TOKEN: "xoxb-1-2", SLACK_API_URL: "http://127.0.0.1:9/" })
      assert.include(slack.findings[0]?.advice, "LLM_API_KEY")
      const contradiction = yield* examine({ LLM_API_KEY: apiKey, LLM_PROVIDER: "openai" })
      assert.deepStrictEqual(contradiction.levels, ["error"])
      assert.include(contradiction.findings[0]?.found, "LLM_MODEL")
    })
  )
})
