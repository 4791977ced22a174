import { createServer } from "node:http"
import { assert, it } from "@effect/vitest"
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
  const findings = (yield* decodeFindings(out)).filter(({ check }) => check === "Traces")
  return { findings, first: findings[0], printed: out + err }
})

interface Export {
  readonly path: string | undefined
  readonly type: string | undefined
  readonly key: string | ReadonlyArray<string> | undefined
  readonly body: string
}

/** A collector that answers every export with one status; `undefined`: never. */
const collector = (status: number | undefined) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly exports: ReadonlyArray<Export>; readonly close: () => void }>(
      (resume) => {
        const exports: Array<Export> = []
        const server = createServer((request, response) => {
          let body = ""
          request.on("data", (chunk) => {
            body += chunk
          })
          request.on("end", () => {
            const { headers, url } = request
            exports.push({ path: url, type: headers["content-type"], key: headers["x-key"], body })
            if (status !== undefined) response.writeHead(status).end()
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const close = () => {
            server.close()
            server.closeAllConnections()
          }
          resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, exports, close }))
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )

it.live("doctor says that traces are not exported, and how they would be", () =>
  Effect.gen(function* () {
    for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: " " }]) {
      const { findings, first } = yield* examine(env)
      assert.lengthOf(findings, 1)
      assert.strictEqual(first?.level, "ok")
      assert.include(first?.found, "not exported")
      assert.include(first?.found, "OTEL_EXPORTER_OTLP_ENDPOINT")
    }
    const other = yield* examine({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:9/v1/traces" })
    assert.deepStrictEqual(
      other.findings.map(({ advice, level }) => [level, advice]),
      [
        ["ok", null],
        ["warn", "Set OTEL_EXPORTER_OTLP_ENDPOINT instead."]
      ]
    )
  })
)

it.live("doctor names the variable that keeps the server from starting, what was found and what is allowed", () =>
  Effect.gen(function* () {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }
    for (const [env, found, allowed] of [
      [{ OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense" }, "OTEL_EXPORTER_OTLP_ENDPOINT is not an address", "http://"],
      [{ OTEL_EXPORTER_OTLP_ENDPOINT: "grpc://h:4317" }, 'OTEL_EXPORTER_OTLP_ENDPOINT begins with "grpc:"', "http://"],
      [
        { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
        'OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"',
        "http/protobuf, the default, or http/json"
      ],
      [
        { ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: "a=b,s3cret-without-a-name" },
        "OTEL_EXPORTER_OTLP_HEADERS has no header in part 2 of 2",
        "name=value"
      ],
      [
        { ...endpoint, OTEL_RESOURCE_ATTRIBUTES: "s3cret=%zz" },
        "OTEL_RESOURCE_ATTRIBUTES is not a list of attributes",
        "name=value"
      ]
    ] as const) {
      const { findings, first, printed } = yield* examine(env)
      assert.lengthOf(findings, 1, found)
      assert.strictEqual(first?.level, "error", found)
      assert.include(first?.found, found)
      assert.include(first?.found, allowed)
      assert.include(first?.advice, "Correct")
      assert.notInclude(printed, "s3cret")
    }
  })
)

it.live("doctor exports nothing to the collector to see whether it takes it, with the headers and the protocol", () =>
  Effect.gen(function* () {
    const { exports, url } = yield* collector(200)
    const key = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20s3cret" }
    const { findings, printed } = yield* examine(key)
    assert.deepStrictEqual(
      findings.map(({ found }) => found),
      [`Traces are exported: ${new URL(url).host} takes them.`]
    )
    assert.notInclude(printed, "s3cret")
    yield* examine({ ...key, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })
    assert.deepStrictEqual(exports, [
      { path: "/v1/traces", type: "application/x-protobuf", key: "a s3cret", body: "" },
      { path: "/v1/traces", type: "application/json", key: "a s3cret", body: '{"resourceSpans":[]}' }
    ])
  }).pipe(Effect.scoped)
)

it.live("doctor says what to do where the collector does not take it, or does not answer", () =>
  Effect.gen(function* () {
    const after = Effect.fnUntraced(function* (status: number | undefined) {
      const { url } = yield* collector(status)
      return (yield* examine({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).first
    }, Effect.scoped)
    for (const [status, advice] of [
      [401, "OTEL_EXPORTER_OTLP_HEADERS"],
      [404, "OTEL_EXPORTER_OTLP_ENDPOINT"],
      [415, "OTEL_EXPORTER_OTLP_PROTOCOL to http/json"],
      [503, "log"]
    ] as const) {
      const first = yield* after(status)
      assert.strictEqual(first?.level, "warn")
      assert.include(first?.found, `answers ${status}`)
      assert.include(first?.advice, advice)
    }
    const silent = [
      yield* after(undefined),
      (yield* examine({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })).first
    ]
    for (const first of silent) {
      assert.strictEqual(first?.level, "warn")
      assert.include(first?.found, "does not answer")
      assert.include(first?.advice, "4318")
    }
  })
)
