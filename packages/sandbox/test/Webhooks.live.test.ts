/** Webhooks are signed, shaped, recorded and sent again as GitHub's are; and go wrong on demand. */
import { createRequire } from "node:module"
import { assert, it } from "@effect/vitest"
import { verify } from "@octokit/webhooks-methods"
import { Effect, Layer } from "effect"
import { GitHubSandbox } from "../src/index.ts"
import { complaintsAboutWebhook } from "./support/GitHubDescription.ts"
import { type Received, Receiver } from "./support/Receiver.ts"

const secret = "It's a Secret to Everybody"

const require = createRequire(import.meta.url)
const examples: ReadonlyArray<{
  readonly name: string
  readonly examples: ReadonlyArray<Readonly<Record<string, unknown>>>
}> = require("@octokit/webhooks-examples")

let last = 0
/** A repository of its own with a hook to the receiver, and what the receiver gets of it. */
const setUp = Effect.gen(function* () {
  const sandbox = yield* GitHubSandbox
  const receiver = yield* Receiver
  receiver.answerWith(202)
  const repository = `acme/shop-${++last}`
  sandbox.addRepository(repository, new Map())
  const hook = sandbox.addHook(repository, { url: receiver.url })
  const settled = Effect.promise(() => sandbox.settled())
  const received = () => receiver.received.filter(({ body }) => body.includes(`"full_name":"${repository}"`))
  return { sandbox, receiver, repository, hook, settled, received }
})

const eventOf = ({ headers }: Received) => String(headers["x-github-event"])
const payloadOf = ({ body }: Received): Readonly<Record<string, unknown>> => JSON.parse(body)
const actionOf = (one: Received) => String(payloadOf(one)["action"] ?? "")

/** Such as `pull-request-opened`, as GitHub's description calls it. */
const nameOf = (one: Received) => [eventOf(one), actionOf(one)].filter(Boolean).join("-").replaceAll("_", "-")

const keysOf = (value: unknown) => (typeof value === "object" && value !== null ? Object.keys(value) : [])

const layer = Layer.merge(GitHubSandbox.layer({ webhookSecret: secret }), Receiver.layer)

it.layer(layer, { excludeTestServices: true })("webhooks", (it) => {
  it.effect("are signed over their bytes, and carry GitHub's headers", () =>
    Effect.gen(function* () {
      const { hook, received, repository, sandbox, settled } = yield* setUp
      sandbox.openPullRequest(repository, { title: "Ünïcode ✓" })
      yield* settled
      const [opened] = received()
      if (opened === undefined) return assert.fail("nothing came")
      const signature = String(opened.headers["x-hub-signature-256"])
      assert.isTrue(yield* Effect.promise(() => verify(secret, opened.body, signature)))
      assert.isFalse(yield* Effect.promise(() => verify("another", opened.body, signature)))
      assert.match(String(opened.headers["x-github-delivery"]), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.match(String(opened.headers["user-agent"]), /^GitHub-Hookshot\/[0-9a-f]{7}$/)
      assert.deepInclude(opened.headers, {
        "x-github-event": "pull_request",
        "x-github-hook-id": String(hook.id),
        "x-github-hook-installation-target-type": "repository",
        "content-type": "application/json"
      })
    })
  )

  it.effect("every payload is what GitHub describes", () =>
    Effect.gen(function* () {
      const { hook, received, repository, sandbox, settled } = yield* setUp
      sandbox.ping(repository, hook.id)
      sandbox.openPullRequest(repository, { title: "One", body: "Why", change: { "a.txt": "1\n2\n" } })
      sandbox.openPullRequest(repository, { title: "Fork", fork: "stranger/shop", author: "mallory", draft: true })
      sandbox.push(repository, 1, { "a.txt": "1\n", "b.txt": "" })
      sandbox.push(repository, 2, { "c.txt": "" })
      sandbox.comment(repository, 1, "ada", "Nice")
      sandbox.close(repository, 2)
      sandbox.reopen(repository, 2)
      sandbox.close(repository, 1, { merge: true })
      sandbox.pushBranch(repository, "release/1", { "d.txt": "x" }, "ada")
      const comments = `${sandbox.url}/repos/${repository}/issues/1/comments`
      const headers = { authorization: "token any" }
      const written = yield* Effect.promise(() =>
        fetch(comments, { method: "POST", headers, body: '{"body":"first"}' })
      )
      const location = String(written.headers.get("location"))
      yield* Effect.promise(() => fetch(location, { method: "PATCH", headers, body: '{"body":"second"}' }))
      yield* Effect.promise(() => fetch(location, { method: "DELETE", headers }))
      yield* settled
      const names = received().map(nameOf)
      for (const one of received())
        assert.deepStrictEqual(complaintsAboutWebhook(nameOf(one), payloadOf(one)), [], nameOf(one))
      assert.sameMembers(names, [
        "ping",
        "pull-request-opened",
        "pull-request-opened",
        "pull-request-synchronize",
        "push",
        "pull-request-synchronize",
        "issue-comment-created",
        "pull-request-closed",
        "pull-request-reopened",
        "pull-request-closed",
        "push",
        "push",
        "issue-comment-created",
        "issue-comment-edited",
        "issue-comment-deleted"
      ])
    })
  )

  it.effect("have every key that GitHub's recorded examples have", () =>
    Effect.gen(function* () {
      const { hook, received, repository, sandbox, settled } = yield* setUp
      sandbox.ping(repository, hook.id)
      sandbox.openPullRequest(repository, { title: "One" })
      sandbox.push(repository, 1, { "a.txt": "1" })
      sandbox.comment(repository, 1, "ada", "Nice")
      sandbox.close(repository, 1)
      sandbox.reopen(repository, 1)
      yield* settled
      const wanted = [
        ["ping", undefined],
        ["push", undefined],
        ["pull_request", "opened"],
        ["pull_request", "synchronize"],
        ["pull_request", "closed"],
        ["pull_request", "reopened"],
        ["issue_comment", "created"]
      ] as const
      for (const [event, action] of wanted) {
        const real = examples.find(({ name }) => name === event)?.examples.find((one) => one["action"] === action)
        const ours = received().find((one) => eventOf(one) === event && actionOf(one) === (action ?? ""))
        if (real === undefined || ours === undefined) return assert.fail(`no ${event} ${action}`)
        const payload = payloadOf(ours)
        // NOTE: those two depend on who owns the repository and on how the hook was installed.
        const top = Object.keys(real).filter((key) => key !== "organization" && key !== "installation")
        assert.includeMembers(Object.keys(payload), top, event)
        for (const key of ["pull_request", "repository", "sender", "issue", "comment", "hook", "head_commit"]) {
          assert.includeMembers(keysOf(payload[key]), keysOf(real[key]), `${event}: ${key}`)
        }
      }
    })
  )

  it.effect("of an App name the installation", () =>
    Effect.gen(function* () {
      const { receiver, received, repository, sandbox, settled } = yield* setUp
      sandbox.addHook(repository, { url: receiver.url, events: ["pull_request"], app: true })
      sandbox.openPullRequest(repository, { title: "One" })
      yield* settled
      const ours = received().find(({ headers }) => headers["x-github-hook-installation-target-type"] === "integration")
      if (ours === undefined) return assert.fail("nothing came")
      assert.deepStrictEqual(complaintsAboutWebhook(nameOf(ours), payloadOf(ours)), [])
      assert.hasAllKeys(payloadOf(ours)["installation"], ["id", "node_id"])
    })
  )

  it.effect("are recorded with the answer, and sent again under their GUID", () =>
    Effect.gen(function* () {
      const { receiver, received, repository, sandbox, settled } = yield* setUp
      receiver.answerWith(500)
      sandbox.openPullRequest(repository, { title: "One" })
      yield* settled
      const [failed] = sandbox.deliveries(repository)
      if (failed === undefined) return assert.fail("no delivery")
      assert.deepInclude(failed, { status: 500, outcome: "Invalid HTTP Response: 500", redelivery: false })
      assert.deepInclude(failed.responseHeaders, { "x-bot": "yes" })
      assert.strictEqual(failed.responseBody, "seen")
      receiver.answerWith(202)
      const again = yield* Effect.promise(() => sandbox.redeliver(repository, failed.id))
      assert.deepInclude(again, { guid: failed.guid, redelivery: true, status: 202, outcome: "OK" })
      assert.deepStrictEqual(
        sandbox.deliveries(repository).map(({ id }) => id),
        [again.id, failed.id]
      )
      const [first, second] = received()
      assert.strictEqual(first?.body, second?.body)
      assert.strictEqual(first?.headers["x-github-delivery"], second?.headers["x-github-delivery"])
    })
  )

  it.effect("to nobody are recorded with status 0", () =>
    Effect.gen(function* () {
      const { repository, sandbox, settled } = yield* setUp
      const nobody = sandbox.addHook(repository, { url: "http://127.0.0.1:9/" })
      sandbox.openPullRequest(repository, { title: "One" })
      yield* settled
      const delivery = sandbox.deliveries(repository).find(({ hookId }) => hookId === nobody.id)
      assert.deepInclude(delivery, { status: 0, outcome: "failed to connect to host" })
    })
  )

  it.effect("go only to hooks that want the event, and are not signed without a secret", () =>
    Effect.gen(function* () {
      const { receiver, received, repository, sandbox, settled } = yield* setUp
      sandbox.addHook(repository, { url: receiver.url, events: ["push"], secret: "" })
      sandbox.openPullRequest(repository, { title: "One" })
      yield* settled
      assert.strictEqual(received().length, 1)
      sandbox.pushBranch(repository, "main", { "a.txt": "1" })
      yield* settled
      const unsigned = received().filter(({ headers }) => headers["x-hub-signature-256"] === undefined)
      assert.deepStrictEqual(unsigned.map(eventOf), ["push"])
    })
  )

  it.effect("are lost, doubled, reordered and delayed on demand", () =>
    Effect.gen(function* () {
      const { received, repository, sandbox, settled } = yield* setUp
      const actions = () =>
        received()
          .filter((one) => eventOf(one) === "pull_request")
          .map(actionOf)
      sandbox.webhookFault({ kind: "lose", times: 1 })
      sandbox.openPullRequest(repository, { title: "One" })
      yield* settled
      assert.deepStrictEqual(actions(), [])
      assert.deepStrictEqual(sandbox.deliveries(repository), [])

      sandbox.webhookFault({ kind: "duplicate", times: 1, event: "pull_request" })
      sandbox.close(repository, 1)
      yield* settled
      assert.deepStrictEqual(actions(), ["closed", "closed"])
      assert.strictEqual(new Set(received().map(({ headers }) => headers["x-github-delivery"])).size, 1)

      sandbox.webhookFault({ kind: "reorder", times: 1 })
      sandbox.reopen(repository, 1)
      sandbox.close(repository, 1)
      yield* settled
      assert.deepStrictEqual(actions(), ["closed", "closed", "closed", "reopened"])

      sandbox.webhookFault({ kind: "delay", times: 1, delayMs: 20 })
      sandbox.reopen(repository, 1)
      yield* settled
      assert.deepStrictEqual(actions().slice(4), ["reopened"])

      sandbox.webhookFault({ kind: "reorder", times: 1 })
      sandbox.close(repository, 1)
      yield* settled
      assert.deepStrictEqual(actions().slice(5), ["closed"], "the last one is not held back for ever")
    })
  )
})
