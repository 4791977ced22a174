/** Every JSON answer of the REST API is what GitHub's own description of it says, asked through Octokit. */
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { createRequire } from "node:module"
import { createAppAuth } from "@octokit/auth-app"
import { Octokit } from "@octokit/core"
import { paginateRest } from "@octokit/plugin-paginate-rest"
import { verify } from "@octokit/webhooks-methods"
import { Ajv, type ValidateFunction } from "ajv"
import addFormats from "ajv-formats"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { exampleRepository, type RunningSandbox, startGitHubSandbox } from "../src/index.ts"

interface Description {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly responses: Readonly<
              Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
            >
          }
        >
      >
    >
  >
}

const require = createRequire(import.meta.url)
const description: Description = require("@octokit/openapi/generated/api.github.com.deref.json")
const examples: ReadonlyArray<{
  readonly name: string
  readonly examples: ReadonlyArray<Record<string, unknown>>
}> = require("@octokit/webhooks-examples")

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
addFormats.default(ajv)

const validators = new Map<string, ValidateFunction>()
const validatorOf = (method: string, template: string, status: number): ValidateFunction => {
  const key = `${method} ${template} ${status}`
  const known = validators.get(key)
  if (known !== undefined) return known
  const schema =
    description.paths[template]?.[method.toLowerCase()]?.responses[String(status)]?.content?.["application/json"]
      ?.schema
  if (schema === undefined) throw new Error(`GitHub describes no ${key}`)
  const validate = ajv.compile(schema)
  validators.set(key, validate)
  return validate
}

const repository = { owner: "acme", repo: "shop" }

describe("the sandbox GitHub", () => {
  let sandbox: RunningSandbox
  let octokit: Octokit
  const received: Array<{ readonly headers: IncomingHttpHeaders; readonly body: string }> = []
  const receiver = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8")
    request.on("data", (chunk: string) => {
      body += chunk
    })
    request.on("end", () => {
      received.push({ headers: request.headers, body })
      response.writeHead(202).end()
    })
  })

  beforeAll(async () => {
    receiver.listen(0, "127.0.0.1")
    await once(receiver, "listening")
    const address = receiver.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    sandbox = await startGitHubSandbox({ tokens: ["a-token"] })
    sandbox.addRepository("acme/shop", exampleRepository)
    sandbox.addHook("acme/shop", { url: `http://127.0.0.1:${address.port}/`, secret: "s3cret" })
    sandbox.openPullRequest("acme/shop", { title: "One", change: { "a.txt": "1" } })
    sandbox.openPullRequest("acme/shop", { title: "Two", fork: "stranger/shop" })
    sandbox.comment("acme/shop", 1, "ada", "Looks good")
    await sandbox.settled()
    octokit = new Octokit({ baseUrl: sandbox.url, auth: "a-token" })
  })
  afterAll(async () => {
    await sandbox.stop()
    receiver.close()
  })

  const valid = async (method: string, template: string, parameters: Record<string, unknown> = {}) => {
    const response = await octokit.request(`${method} ${template}`, { ...repository, ...parameters })
    const validate = validatorOf(method, template, response.status)
    assert.isTrue(validate(response.data), `${method} ${template}: ${ajv.errorsText(validate.errors)}`)
    return response
  }

  const questions: ReadonlyArray<readonly [method: string, template: string, parameters?: Record<string, unknown>]> = [
    ["GET", "/user"],
    ["GET", "/rate_limit"],
    ["GET", "/meta"],
    ["GET", "/repos/{owner}/{repo}"],
    ["GET", "/repos/{owner}/{repo}/pulls"],
    ["GET", "/repos/{owner}/{repo}/pulls/{pull_number}", { pull_number: 1 }],
    ["GET", "/repos/{owner}/{repo}/pulls/{pull_number}", { pull_number: 2 }],
    ["GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", { issue_number: 1 }],
    ["POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", { issue_number: 1, body: "Hello" }],
    ["GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", { username: "ada" }],
    ["GET", "/repos/{owner}/{repo}/hooks"],
    [
      "POST",
      "/repos/{owner}/{repo}/hooks",
      { config: { url: "http://127.0.0.1:9/", content_type: "json" }, events: ["push"] }
    ]
  ]
  for (const [method, template, parameters = {}] of questions) {
    it(`${method} ${template} ${JSON.stringify(parameters)} answers what GitHub describes`, async () => {
      await valid(method, template, parameters)
    })
  }

  it("a comment can be read, edited and deleted", async () => {
    const created = await valid("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", {
      issue_number: 1,
      body: "first"
    })
    const comment_id = created.data.id
    await valid("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", { comment_id })
    const edited = await valid("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", {
      comment_id,
      body: "second"
    })
    assert.strictEqual(edited.data.body, "second")
    const deleted = await octokit.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", {
      ...repository,
      comment_id
    })
    assert.strictEqual(deleted.status, 204)
  })

  it("a delivery is listed as GitHub describes, and can be sent again under its GUID", async () => {
    const hook = sandbox.addHook("acme/shop", { url: sandbox.url, secret: "x", events: ["pull_request"] })
    sandbox.push("acme/shop", 1, { "a.txt": "2" })
    await sandbox.settled()
    const listed = await valid("GET", "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries", { hook_id: hook.id })
    const [delivery] = listed.data
    const again = await octokit.request(
      "POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
      {
        ...repository,
        hook_id: hook.id,
        delivery_id: delivery.id
      }
    )
    assert.strictEqual(again.status, 202)
    await sandbox.settled()
    const after = await valid("GET", "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries", { hook_id: hook.id })
    assert.deepStrictEqual(
      after.data.map(({ guid }: { readonly guid: string }) => guid),
      [delivery.guid, delivery.guid]
    )
  })

  it("pages through more than a hundred comments", async () => {
    sandbox.openPullRequest("acme/shop", { title: "Talkative" })
    for (let index = 0; index < 120; index++) sandbox.comment("acme/shop", 3, "ada", String(index))
    const Paginating = Octokit.plugin(paginateRest)
    const comments = await new Paginating({ baseUrl: sandbox.url, auth: "a-token" }).paginate(
      "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
      { ...repository, issue_number: 3, per_page: 100 }
    )
    assert.strictEqual(comments.length, 120)
  })

  it("refuses a wrong token with 401 and knows nothing of what does not exist", async () => {
    const stranger = new Octokit({ baseUrl: sandbox.url, auth: "wrong" })
    const status = (request: Promise<unknown>) =>
      request.then(
        () => 200,
        (error: { readonly status: number }) => error.status
      )
    assert.strictEqual(await status(stranger.request("GET /repos/{owner}/{repo}", repository)), 401)
    assert.strictEqual(await status(octokit.request("GET /repos/{owner}/{repo}", { owner: "acme", repo: "none" })), 404)
    assert.strictEqual(
      await status(
        octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { ...repository, pull_number: 99 })
      ),
      404
    )
  })

  it("answers a GitHub App that has an installation", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const auth = { appId: 1, privateKey: String(privateKey.export({ type: "pkcs8", format: "pem" })) }
    const app = new Octokit({ baseUrl: sandbox.url, authStrategy: createAppAuth, auth })
    const { data } = await app.request("GET /repos/{owner}/{repo}/installation", repository)
    const installed = new Octokit({
      baseUrl: sandbox.url,
      authStrategy: createAppAuth,
      auth: { ...auth, installationId: data.id }
    })
    assert.strictEqual((await installed.request("GET /repos/{owner}/{repo}", repository)).status, 200)
  })

  it("signs its webhooks as GitHub does, and sends the fields that GitHub sends", async () => {
    const opened = received.find(({ headers }) => headers["x-github-event"] === "pull_request")
    if (opened === undefined) throw new Error("no pull_request was received")
    assert.isTrue(await verify("s3cret", opened.body, String(opened.headers["x-hub-signature-256"])))
    assert.match(String(opened.headers["user-agent"]), /^GitHub-Hookshot\//)
    assert.match(String(opened.headers["x-github-delivery"]), /^[0-9a-f-]{36}$/)
    const payload = JSON.parse(opened.body)
    const real = examples
      .find(({ name }) => name === "pull_request")
      ?.examples.find(({ action }) => action === "opened")
    if (real === undefined) throw new Error("no example")
    const optional = new Set(["organization", "installation"])
    assert.includeMembers(
      Object.keys(payload),
      Object.keys(real).filter((key) => !optional.has(key))
    )
    const realPull = real["pull_request"]
    if (typeof realPull !== "object" || realPull === null) throw new Error("no pull request in the example")
    assert.includeMembers(Object.keys(payload.pull_request), Object.keys(realPull))
  })
})
