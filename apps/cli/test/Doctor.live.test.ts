import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { exampleRepository, GitHubSandbox } from "@productbuilding/sandbox"
import { Effect, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { describeWith } from "../../../test/support/requires.ts"
import { judgeSpace } from "../src/doctor/DiskChecks.ts"
import { judgePools, poolCapacity } from "../src/doctor/DockerChecks.ts"
import { error, Finding, ok, runCheck } from "../src/doctor/Finding.ts"
import { gigabytes } from "../src/doctor/Sizes.ts"
import { run } from "./support/run.ts"

const decodeFindings = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Finding)))

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "productbuilding-doctor-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** The environment of a server that runs processes, so that nothing depends on Docker. */
const serverEnv = Effect.fnUntraced(function* (targets: Schema.Json, env: Readonly<Record<string, string>>) {
  const root = yield* folder
  const file = join(root, "targets.json")
  yield* Effect.promise(() => writeFile(file, JSON.stringify(targets)))
  return {
    PREVIEW_RUNTIME: "process",
    TARGETS_CONFIG_PATH: file,
    WORKSPACE_DIR: join(root, "workspaces"),
    DATABASE_PATH: join(root, "data", "test.db"),
    GITHUB_WEBHOOK_SECRET: "0123456789abcdef0123456789abcdef",
    ...env
  }
})

const examine = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>) {
  const outcome = yield* run(["doctor", "--json"], { env })
  const findings = yield* decodeFindings(outcome.out)
  return {
    ...outcome,
    findings,
    of: (check: string) => findings.filter((finding) => finding.check === check),
    levels: (check: string) => findings.filter((finding) => finding.check === check).map(({ level }) => level)
  }
})

/** Answers every request with one status. */
const answering = (status: number) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly url: string; readonly close: () => void }>((resolve) => {
          const server = createServer((_request, response) => response.writeHead(status).end())
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resolve({
              url: `http://127.0.0.1:${port}`,
              close: () => {
                server.close()
                server.closeAllConnections()
              }
            })
          })
        })
    ),
    ({ close }) => Effect.sync(close)
  )

it.layer(GitHubSandbox.layer({ tokens: ["good"] }), { excludeTestServices: true })("doctor with a code host", (it) => {
  it.effect("finds nothing wrong where nothing is, and ends with 0", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const receiver = yield* answering(200)
      sandbox.addRepository("acme/shop", exampleRepository)
      sandbox.addHook("acme/shop", { url: `${receiver.url}/webhook`, events: ["pull_request"] })
      sandbox.openPullRequest("acme/shop", { title: "One" })
      yield* Effect.promise(() => sandbox.settled())
      const env = yield* serverEnv([{ repo: "acme/shop" }], {
        GITHUB_API_URL: sandbox.url,
        GITHUB_TOKEN: "good",
        PUBLIC_URL: receiver.url,
        PREVIEW_DOMAIN: "localhost"
      })
      const { code, findings, of } = yield* examine(env)
      assert.strictEqual(code, 0, JSON.stringify(findings, null, 1))
      assert.deepStrictEqual(
        findings.filter(({ check, level }) => level !== "ok" && check !== "Disk space"),
        []
      )
      assert.include(of("Webhook")[0]?.found, "The last 1 deliveries of the webhook of acme/shop arrived")
      assert.deepStrictEqual(of("Docker engine"), [])
    }).pipe(Effect.scoped)
  )

  it.effect("says what keeps webhooks from coming", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const receiver = yield* answering(401)
      const other = { GITHUB_API_URL: sandbox.url, GITHUB_TOKEN: "good", PUBLIC_URL: receiver.url }
      sandbox.addRepository("acme/none", exampleRepository)
      sandbox.addRepository("acme/deaf", exampleRepository)
      sandbox.addHook("acme/deaf", { url: `${receiver.url}/webhook`, events: ["push"] })
      sandbox.addRepository("acme/wrong", exampleRepository)
      sandbox.addHook("acme/wrong", { url: `${receiver.url}/webhook` })
      sandbox.openPullRequest("acme/wrong", { title: "One" })
      yield* Effect.promise(() => sandbox.settled())
      const env = yield* serverEnv([{ repo: "acme/none" }, { repo: "acme/deaf" }, { repo: "acme/wrong" }], other)
      const { code, of } = yield* examine({ ...env, GITHUB_WEBHOOK_SECRET: "short" })
      assert.strictEqual(code, 1)
      const [none, deaf, wrong] = of("Webhook")
      assert.include(none?.found, "No webhook of acme/none points at")
      assert.include(deaf?.found, "does not send pull_request")
      assert.include(wrong?.advice, "GITHUB_WEBHOOK_SECRET")
      assert.strictEqual(of("Webhook secret")[0]?.level, "warn")
      assert.include(of("Public address")[0]?.found, "answers 401")
    }).pipe(Effect.scoped)
  )

  it.effect("tells a wrong token from a repository that it does not see, and shows neither token nor trace", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      sandbox.addRepository("acme/shop", exampleRepository)
      const env = yield* serverEnv([{ repo: "acme/shop" }, { repo: "acme/unseen" }], { GITHUB_API_URL: sandbox.url })
      const unseen = yield* examine({ ...env, GITHUB_TOKEN: "good" })
      assert.deepStrictEqual(unseen.levels("GitHub access"), ["ok", "error"])
      assert.include(unseen.of("GitHub access")[1]?.found, "acme/unseen")
      const bad = yield* examine({ ...env, GITHUB_TOKEN: "ghp_wr0ng" })
      assert.lengthOf(bad.of("GitHub access"), 1)
      assert.include(bad.of("GitHub access")[0]?.advice, "has expired")
      assert.notInclude(bad.out + bad.err, "ghp_wr0ng")
      const absent = yield* examine({ ...env, GITHUB_API_URL: "http://127.0.0.1:9", GITHUB_TOKEN: "good" })
      assert.include(absent.of("GitHub access")[0]?.found, "does not answer")
      const none = yield* examine(env)
      assert.include(none.of("GitHub access")[0]?.found, "GITHUB_TOKEN")
      assert.deepStrictEqual(none.of("Webhook"), [])
    }).pipe(Effect.scoped)
  )

  it.effect("names every mistake of the settings and of the targets file", () =>
    Effect.gen(function* () {
      const env = yield* serverEnv([{ repo: "nonsense" }, { repo: "acme/shop", trust: "me" }], {})
      const { code, levels, of } = yield* examine({ ...env, PORT: "many" })
      assert.strictEqual(code, 1)
      assert.include(of("Settings")[0]?.found, "PORT")
      assert.deepStrictEqual(levels("Targets file").slice(0, 1), ["error"])
      const targets = yield* examine(env)
      assert.deepStrictEqual(targets.levels("Targets file"), ["error", "error"])
      assert.include(targets.of("Targets file")[0]?.found, "[0].repo")
      const production = yield* serverEnv([{ repo: "acme/shop" }], { APP_ENV: "production" })
      assert.include((yield* examine(production)).of("Settings")[0]?.found, "PREVIEW_DOMAIN")
    }).pipe(Effect.scoped)
  )

  it.effect("names every mistake of the callbacks file, and no secret", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "callbacks.json")
      const endpoint = (url: string) => ({ url, secrets: [{ env: "HOOK_SECRET" }] })
      const write = (...urls: ReadonlyArray<string>) =>
        Effect.promise(() => writeFile(file, JSON.stringify(urls.map(endpoint))))
      const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
      const env = yield* serverEnv([], { CALLBACKS_CONFIG_PATH: file, HOOK_SECRET: secret })
      yield* write("https://example.com/a", "https://example.com/b")
      assert.deepStrictEqual((yield* examine(env)).levels("Callbacks"), ["ok"])
      yield* write("http://example.com", "https://10.0.0.1")
      const wrong = yield* examine(env)
      assert.deepStrictEqual(wrong.levels("Callbacks"), ["error", "error"])
      assert.include(wrong.of("Callbacks")[0]?.found, "[0].url: must begin with https://")
      assert.notInclude(wrong.out, secret.slice(6))
    }).pipe(Effect.scoped)
  )

  it.effect("sees a domain that does not resolve and a folder that cannot be made", () =>
    Effect.gen(function* () {
      const env = yield* serverEnv([{ repo: "acme/shop" }], {
        PREVIEW_DOMAIN: "previews.invalid",
        DATABASE_PATH: "/proc/productbuilding/data.db"
      })
      const { of } = yield* examine(env)
      assert.include(of("Preview domain")[0]?.advice, "*.previews.invalid")
      assert.strictEqual(of("Database")[0]?.level, "error")
      assert.strictEqual(of("Workspace")[0]?.level, "ok")
    }).pipe(Effect.scoped)
  )

  it.effect("prints within 80 columns on a terminal", () =>
    Effect.gen(function* () {
      const env = yield* serverEnv([], {})
      const { code, err, out } = yield* run(["doctor"], { env, terminal: { color: true } })
      assert.strictEqual(code, 1)
      assert.match(err, /findings keep/)
      const long = out.split("\n").filter((line) => CliOutput.displayWidth(line) > 80 && line.trim().includes(" "))
      assert.deepStrictEqual(
        long.filter((line) => !line.includes("/productbuilding-doctor-")),
        []
      )
    }).pipe(Effect.scoped)
  )
})

describe("judgements", () => {
  it("count the networks that address pools give room for", () => {
    assert.strictEqual(poolCapacity(undefined), 31)
    assert.strictEqual(poolCapacity([{ Base: "10.201.0.0/16", Size: 24 }]), 256)
    assert.strictEqual(
      poolCapacity([
        { Base: "10.0.0.0/8", Size: 24 },
        { Base: "172.20.0.0/14", Size: 16 }
      ]),
      65_540
    )
    assert.strictEqual(judgePools(3, 256).level, "ok")
    assert.strictEqual(judgePools(3, 31).level, "warn")
    assert.strictEqual(judgePools(200, 256).level, "warn")
    assert.strictEqual(judgePools(31, 31).level, "error")
  })

  it("want a gigabyte, and five to be at ease", () => {
    assert.strictEqual(judgeSpace("/", 0.5 * gigabytes, 100 * gigabytes).level, "error")
    assert.strictEqual(judgeSpace("/", 4 * gigabytes, 50 * gigabytes).level, "warn")
    assert.strictEqual(judgeSpace("/", 20 * gigabytes, 100 * gigabytes).level, "ok")
  })

  it.live("of a check that hangs or breaks are never its own", () =>
    Effect.gen(function* () {
      const [hung] = yield* runCheck({ name: "Slow", look: Effect.never }, 0.05)
      assert.deepStrictEqual([hung?.check, hung?.level], ["Slow", "warn"])
      const [broken] = yield* runCheck({ name: "Broken", look: Effect.die(new Error("boom")) }, 1)
      assert.strictEqual(broken?.level, "warn")
      assert.notInclude(broken?.found, "boom")
      const seen = yield* runCheck({ name: "Two", look: Effect.succeed([ok("one"), error("two", "do")]) }, 1)
      assert.deepStrictEqual(
        seen.map(({ check, level }) => [check, level]),
        [
          ["Two", "ok"],
          ["Two", "error"]
        ]
      )
    })
  )
})

describeWith(["docker"], "doctor with Docker", () => {
  it.live("looks at the engine, Compose, pools, build cache and logs", () =>
    Effect.gen(function* () {
      const env = { ...(yield* serverEnv([{ repo: "acme/shop" }], {})), PREVIEW_RUNTIME: "docker" }
      const { levels, of } = yield* examine(env)
      assert.deepStrictEqual(levels("Docker engine"), ["ok"])
      assert.match(of("Docker engine")[0]?.found ?? "", /^Docker \d+\.\d+/)
      for (const check of ["Compose", "Address pools", "Build cache", "Container logs"]) {
        assert.lengthOf(of(check), 1, check)
        assert.notStrictEqual(of(check)[0]?.level, "error", check)
      }
      assert.isAtLeast(of("Disk space").length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("says it once when the engine does not answer", () =>
    Effect.gen(function* () {
      const env = {
        ...(yield* serverEnv([{ repo: "acme/shop" }], {})),
        PREVIEW_RUNTIME: "docker",
        DOCKER_HOST: "tcp://127.0.0.1:9"
      }
      const { of } = yield* examine(env)
      assert.strictEqual(of("Docker engine")[0]?.level, "error")
      assert.deepStrictEqual([...of("Address pools"), ...of("Build cache"), ...of("Container logs")], [])
    }).pipe(Effect.scoped)
  )
})
