import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { exampleRepository, GitHubSandbox } from "@productbuilding/sandbox"
import { Effect, Fiber, Schedule } from "effect"
import { freePort as anyFreePort } from "../../../test/support/freePort.ts"
import { run } from "./support/run.ts"

const freePort = Effect.map(Effect.promise(anyFreePort), String)

it.layer(GitHubSandbox.layer(), { excludeTestServices: true })("sandbox commands", (it) => {
  it.effect("open, push to, close and reopen a pull request", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const env = { GITHUB_SANDBOX_URL: sandbox.url }
      sandbox.addRepository("acme/shop", exampleRepository)
      const empty = yield* run(["sandbox", "pr", "list", "acme/shop"], { env })
      assert.deepStrictEqual([empty.code, empty.out], [0, ""])
      assert.include(empty.err, "sandbox pr open acme/shop")
      const folder = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "productbuilding-sandbox-")))
      const file = join(folder, "new.txt")
      yield* Effect.promise(() => writeFile(file, "hello"))
      const opened = yield* run(
        ["sandbox", "pr", "open", "acme/shop", "--title", "Mugs", "--file", `new.txt=${file}`],
        { env }
      )
      assert.strictEqual(opened.code, 0, opened.err)
      assert.include(opened.out, "acme/shop#1 “Mugs” was opened")
      const [pull] = sandbox.pullRequests("acme/shop")
      const before = pull?.headSha
      assert.strictEqual((yield* run(["sandbox", "pr", "push", "acme/shop#1", "--delete", "new.txt"], { env })).code, 0)
      assert.notStrictEqual(sandbox.pullRequests("acme/shop")[0]?.headSha, before)
      for (const [action, state] of [
        ["close", "closed"],
        ["reopen", "open"],
        ["merge", "closed"]
      ] as const) {
        assert.strictEqual((yield* run(["sandbox", "pr", action, "acme/shop#1"], { env })).code, 0)
        assert.strictEqual(sandbox.pullRequests("acme/shop")[0]?.state, state)
      }
      const list = yield* run(["sandbox", "pr", "list", "acme/shop"], { env, terminal: { color: false } })
      assert.match(list.out, /acme\/shop#1 +closed +[0-9a-f]{7} +change-1 +Mugs/)
      assert.strictEqual((yield* run(["sandbox", "pr", "push", "acme/shop#9"], { env })).code, 4)
      assert.strictEqual((yield* run(["sandbox", "pr", "list", "shop"], { env })).code, 2)
      assert.strictEqual(
        (yield* run(["sandbox", "pr", "push", "acme/shop#1", "--file", "a=/nowhere/b"], { env })).code,
        2
      )
      yield* Effect.promise(() => rm(folder, { recursive: true }))
    })
  )

  it.effect("print comments, list webhooks and make faults", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const env = { GITHUB_SANDBOX_URL: sandbox.url }
      sandbox.addRepository("acme/blog", exampleRepository)
      sandbox.addHook("acme/blog", { url: "http://127.0.0.1:9/webhook" })
      sandbox.openPullRequest("acme/blog", { title: "Words" })
      sandbox.comment("acme/blog", 1, "octocat", "Nice \u001b[31mred")
      yield* Effect.promise(() => sandbox.settled())
      const comments = yield* run(["sandbox", "comments", "acme/blog#1"], { env })
      assert.match(comments.out, /^octocat .*\nNice red$/)
      const sent = yield* run(["sandbox", "redeliver", "acme/blog"], { env })
      assert.match(sent.out, /pull_request\.opened +none/)
      const [delivery] = sandbox.deliveries("acme/blog")
      const again = yield* run(["sandbox", "redeliver", "acme/blog", String(delivery?.id)], { env })
      assert.strictEqual(again.code, 0, again.err)
      assert.strictEqual(sandbox.deliveries("acme/blog")[0]?.redelivery, true)
      const fault = yield* run(["sandbox", "fault", "status", "--status", "503", "--path", "^/meta$"], { env })
      assert.deepStrictEqual([fault.code, fault.out], [0, "status 503 for the next request to ^/meta$"])
      assert.strictEqual((yield* Effect.promise(() => fetch(`${sandbox.url}/meta`))).status, 503)
      assert.strictEqual((yield* Effect.promise(() => fetch(`${sandbox.url}/meta`))).status, 200)
    })
  )

  it.effect("say how to start one where none answers", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["sandbox", "pr", "list", "acme/shop", "--sandbox-url", "http://127.0.0.1:9"])
      assert.strictEqual(code, 3)
      assert.include(err, "sandbox serve")
    })
  )

  it.effect("serve refuses a folder that is none, and a port that is taken", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      assert.strictEqual((yield* run(["sandbox", "serve", "--repo", "acme/shop=/nowhere"])).code, 2)
      const taken = yield* run(["sandbox", "serve", "--port", new URL(sandbox.url).port])
      assert.strictEqual(taken.code, 1)
      assert.include(taken.err, "is taken")
      const { port } = new URL(sandbox.url)
      const model = yield* run(["sandbox", "serve", "--port", yield* freePort, "--model-port", port])
      assert.strictEqual(model.code, 1)
      assert.include(model.err, `Port ${port} is taken. Choose another with --model-port.`)
    })
  )

  it.effect("serve answers as a language model where it is told to, and ends with the command", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const serving = yield* Effect.forkChild(
        run(["sandbox", "serve", "--port", yield* freePort, "--model-port", port])
      )
      const ask = Effect.tryPromise(() =>
        fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: "Bearer any" },
          body: JSON.stringify({ model: "any", messages: [{ role: "user", content: "Hello" }] })
        })
      )
      const answer = yield* Effect.retry(ask, Schedule.spaced("20 millis"))
      assert.include(yield* Effect.promise(() => answer.text()), "stand-in for a model")
      yield* Fiber.interrupt(serving)
      assert.strictEqual((yield* Effect.flip(ask))._tag, "UnknownError")
    })
  )
})
