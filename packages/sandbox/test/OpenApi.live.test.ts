/** Every JSON answer of the REST API is what GitHub's own description of it says, asked through Octokit. */
import { generateKeyPairSync } from "node:crypto"
import { assert, it } from "@effect/vitest"
import { createAppAuth } from "@octokit/auth-app"
import { Octokit } from "@octokit/core"
import { paginateRest } from "@octokit/plugin-paginate-rest"
import { Effect } from "effect"
import { exampleRepository, GitHubSandbox } from "../src/index.ts"
import { restRoutes } from "../src/internal/listener.ts"
import { makeParts } from "../src/internal/parts.ts"
import {
  complaintsAboutAnswer,
  complaintsAboutError,
  complaintsAboutValidationError
} from "./support/GitHubDescription.ts"

const token = "ghp_tokenOfTheTest"
const shop = { owner: "acme", repo: "shop" }
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const app = { appId: 77, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() }

interface Answer {
  readonly status: number
  readonly data: unknown
}

/** Which routes were asked and answered as described, by method and path. */
const proven: Array<{ readonly method: string; readonly path: string }> = []

const ask = (octokit: Octokit, method: string, template: string, parameters: object = {}) =>
  Effect.promise(async (): Promise<Answer> => {
    const { data, status, url } = await octokit.request(`${method} ${template}`, { ...parameters })
    assert.deepStrictEqual(complaintsAboutAnswer(method, template, status, data), [], `${method} ${template}`)
    proven.push({ method, path: new URL(url).pathname })
    return { data, status }
  })

const refused = (request: () => Promise<unknown>) =>
  Effect.promise(() =>
    request().then(
      () => assert.fail("it was not refused"),
      (error: { readonly status: number; readonly response: { readonly data: unknown } }): Answer => ({
        status: error.status,
        data: error.response.data
      })
    )
  )

const idOf = (data: unknown): number => {
  if (typeof data === "object" && data !== null && "id" in data && typeof data.id === "number") return data.id
  throw new Error(`no id in ${JSON.stringify(data)}`)
}

it.layer(GitHubSandbox.layer({ tokens: [token] }), { excludeTestServices: true })("the REST API", (it) => {
  const setUp = Effect.gen(function* () {
    const sandbox = yield* GitHubSandbox
    if (sandbox.repositories().length === 0) {
      sandbox.addRepository("acme/shop", exampleRepository)
      sandbox.openPullRequest("acme/shop", { title: "One", body: "Why", change: { "docs/a b.txt": "1\n" } })
      sandbox.openPullRequest("acme/shop", { title: "Two", fork: "stranger/shop", author: "mallory", draft: true })
      sandbox.openPullRequest("acme/shop", { title: "Three", change: { "server.mjs": "x" } })
      sandbox.close("acme/shop", 3, { merge: true })
      sandbox.comment("acme/shop", 1, "ada", "Looks good")
      sandbox.addHook("acme/shop", { url: "http://127.0.0.1:9/", secret: "s" })
      sandbox.push("acme/shop", 1, { "b.txt": "2" })
      yield* Effect.promise(() => sandbox.settled())
    }
    return { sandbox, octokit: new Octokit({ baseUrl: sandbox.url, auth: token }) }
  })

  const reads: ReadonlyArray<readonly [template: string, parameters: object]> = [
    ["/user", {}],
    ["/rate_limit", {}],
    ["/users/{username}", { username: "ada" }],
    ["/meta", {}],
    ["/repos/{owner}/{repo}", shop],
    ["/repos/{owner}/{repo}/pulls", { ...shop, state: "all", per_page: 2 }],
    ["/repos/{owner}/{repo}/pulls/{pull_number}", { ...shop, pull_number: 1 }],
    ["/repos/{owner}/{repo}/pulls/{pull_number}", { ...shop, pull_number: 2 }],
    ["/repos/{owner}/{repo}/pulls/{pull_number}", { ...shop, pull_number: 3 }],
    ["/repos/{owner}/{repo}/issues/{issue_number}", { ...shop, issue_number: 1 }],
    ["/repos/{owner}/{repo}/issues/{issue_number}/comments", { ...shop, issue_number: 1 }],
    ["/repos/{owner}/{repo}/issues/comments", shop],
    ["/repos/{owner}/{repo}/collaborators/{username}/permission", { ...shop, username: "acme" }],
    ["/repos/{owner}/{repo}/collaborators/{username}/permission", { ...shop, username: "mallory" }],
    ["/repos/{owner}/{repo}/contents/{path}", { ...shop, path: "" }],
    ["/repos/{owner}/{repo}/contents/{path}", { ...shop, path: "docs", ref: "change-1" }],
    ["/repos/{owner}/{repo}/contents/{path}", { ...shop, path: "docs/a b.txt", ref: "refs/pull/1/head" }],
    ["/repos/{owner}/{repo}/commits", { ...shop, per_page: 2 }],
    ["/repos/{owner}/{repo}/commits", { ...shop, author: "acme" }],
    ["/repos/{owner}/{repo}/commits", { ...shop, path: "docs", sha: "change-1" }],
    ["/search/issues", { q: "one repo:acme/shop is:pull-request" }],
    ["/search/code", { q: "price repo:acme/shop path:server extension:mjs" }],
    ["/repos/{owner}/{repo}/hooks", shop]
  ]
  for (const [template, parameters] of reads) {
    it.effect(`GET ${template} ${JSON.stringify({ ...parameters, owner: undefined, repo: undefined })}`, () =>
      Effect.gen(function* () {
        const { octokit } = yield* setUp
        yield* ask(octokit, "GET", template, parameters)
      })
    )
  }

  it.effect("collaborators have GitHub's roles, and the older names beside them", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      const permission = "/repos/{owner}/{repo}/collaborators/{username}/permission"
      for (const [role, legacy] of [
        ["admin", "admin"],
        ["maintain", "write"],
        ["write", "write"],
        ["triage", "read"],
        ["read", "read"],
        ["none", "none"]
      ] as const) {
        sandbox.setPermission("acme/shop", "grace", role)
        const { data } = yield* ask(octokit, "GET", permission, { ...shop, username: "grace" })
        assert.deepInclude(data, { permission: legacy, role_name: role })
      }
      const nobody = () => octokit.request(`GET ${permission}`, { ...shop, username: "no one" })
      assert.deepInclude((yield* refused(nobody)).data, { message: "no one is not a user" })
    })
  )

  it.effect("lists the commits of a branch, newest first, and those of a path alone", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      sandbox.addRepository("acme/past", new Map())
      sandbox.pushBranch("acme/past", "main", { "a.txt": "1" })
      sandbox.pushBranch("acme/past", "main", { "b/c.txt": "1" })
      const head = sandbox.pushBranch("acme/past", "main", { "a.txt": "2" })
      const commits = (parameters: object) =>
        Effect.promise(async () => {
          const { data } = await octokit.request("GET /repos/{owner}/{repo}/commits", {
            owner: "acme",
            repo: "past",
            ...parameters
          })
          return data.map(({ sha }) => sha)
        })
      const all = yield* commits({})
      assert.deepStrictEqual([all.length, all[0]], [4, head])
      assert.deepStrictEqual(yield* commits({ path: "a.txt" }), [all[0], all[2]])
      assert.deepStrictEqual(yield* commits({ path: "b/" }), [all[1]])
      assert.deepStrictEqual(yield* commits({ sha: all[2] }), all.slice(2))
    })
  )

  it.effect("searches issues, pull requests and code, and shows nothing that may not be seen", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      sandbox.addRepository("acme/find", new Map())
      sandbox.addRepository("acme/vault", new Map(), { private: true })
      for (const repository of ["acme/find", "acme/vault"]) {
        sandbox.pushBranch(repository, "main", {
          "src/mug.ts": `one\ntwo\nexport const mug = 'Mug'\nfour`,
          "docs/mug.md": "A mug"
        })
        sandbox.openIssue(repository, { title: "A mug leaks", body: "Water everywhere", labels: ["bug"] })
        sandbox.openPullRequest(repository, { title: "Glue it", body: "The mug leaks" })
        sandbox.comment(repository, 2, "ada", "mug mug")
      }
      const found = (of: "issues" | "code", q: string, asker = octokit, headers: Record<string, string> = {}) =>
        Effect.promise(async () => {
          const { data } = await asker.request({ method: "GET", url: `/search/${of}`, q, headers })
          return data
        })
      const numbers = (data: { readonly items: ReadonlyArray<{ readonly number: number }> }) =>
        data.items.map(({ number }) => number)
      assert.deepStrictEqual(numbers(yield* found("issues", "mug repo:acme/find")), [1, 2])
      assert.deepStrictEqual(numbers(yield* found("issues", `"mug leaks" repo:acme/find is:pr`)), [2])
      assert.deepStrictEqual(numbers(yield* found("issues", "mug label:bug is:issue is:open repo:acme/find")), [1])
      assert.deepStrictEqual(numbers(yield* found("issues", "mug steel repo:acme/find")), [])
      const code = yield* found("code", "MUG repo:acme/find path:src", octokit, {
        accept: "application/vnd.github.text-match+json"
      })
      assert.deepStrictEqual(code.items[0].path, "src/mug.ts")
      assert.include(code.items[0].text_matches[0].fragment, "export const mug")
      const anonymous = new Octokit({ baseUrl: sandbox.url })
      assert.strictEqual((yield* found("issues", "mug user:acme", anonymous)).total_count, 2)
      assert.strictEqual((yield* found("issues", "mug user:acme")).total_count, 4)
      for (const request of [
        () => octokit.request("GET /search/issues", { q: "x".repeat(257) }),
        () => octokit.request("GET /search/issues", { q: "mug repo:acme/none" }),
        () => octokit.request("GET /search/code", { q: "path:src repo:acme/find" })
      ]) {
        const answer = yield* refused(request)
        assert.strictEqual(answer.status, 422)
        assert.deepStrictEqual(complaintsAboutValidationError(answer.data), [])
      }
      const headers = (path: string) =>
        Effect.promise(async () => {
          const answer = await fetch(`${sandbox.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
          return ["resource", "limit"].map((name) => answer.headers.get(`x-ratelimit-${name}`))
        })
      assert.deepStrictEqual(yield* headers("/search/issues?q=mug"), ["search", "30"])
      assert.deepStrictEqual(yield* headers("/search/code?q=mug"), ["code_search", "10"])
    })
  )

  it.effect("comments: create, read, edit, delete", () =>
    Effect.gen(function* () {
      const { octokit } = yield* setUp
      const comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
      const comment = "/repos/{owner}/{repo}/issues/comments/{comment_id}"
      const created = yield* ask(octokit, "POST", comments, { ...shop, issue_number: 1, body: "first" })
      const own = { ...shop, comment_id: idOf(created.data) }
      yield* ask(octokit, "GET", comment, own)
      const edited = yield* ask(octokit, "PATCH", comment, { ...own, body: "second" })
      assert.include(JSON.stringify(edited.data), '"body":"second"')
      assert.strictEqual((yield* ask(octokit, "DELETE", comment, own)).status, 204)
      assert.strictEqual((yield* refused(() => octokit.request(`GET ${comment}`, own))).status, 404)
    })
  )

  it.effect("hooks: create, read, ping, deliveries, redelivery, delete", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      const hooks = "/repos/{owner}/{repo}/hooks"
      const hook = `${hooks}/{hook_id}`
      const created = yield* ask(octokit, "POST", hooks, {
        ...shop,
        config: { url: "http://127.0.0.1:9/", content_type: "json", secret: "s" },
        events: ["pull_request"]
      })
      const own = { ...shop, hook_id: idOf(created.data) }
      yield* ask(octokit, "GET", hook, own)
      yield* ask(octokit, "POST", `${hook}/pings`, own)
      yield* Effect.promise(() => sandbox.settled())
      const listed = yield* ask(octokit, "GET", `${hook}/deliveries`, own)
      assert.isArray(listed.data)
      const [first] = Array.isArray(listed.data) ? listed.data : []
      const delivery = { ...own, delivery_id: idOf(first) }
      yield* ask(octokit, "GET", `${hook}/deliveries/{delivery_id}`, delivery)
      const again = yield* ask(octokit, "POST", `${hook}/deliveries/{delivery_id}/attempts`, delivery)
      assert.strictEqual(again.status, 202)
      yield* Effect.promise(() => sandbox.settled())
      const guids = sandbox
        .deliveries("acme/shop")
        .flatMap(({ guid, hookId }) => (hookId === own.hook_id ? [guid] : []))
      assert.deepStrictEqual([guids.length, new Set(guids).size], [3, 2], "two pings, and one of them again")
      yield* ask(octokit, "DELETE", hook, own)
    })
  )

  it.effect("a GitHub App: itself, its installation, and as the installation", () =>
    Effect.gen(function* () {
      const { sandbox } = yield* setUp
      const itself = new Octokit({ baseUrl: sandbox.url, authStrategy: createAppAuth, auth: app })
      yield* ask(itself, "GET", "/app")
      yield* ask(itself, "GET", "/app/installations")
      const { data } = yield* ask(itself, "GET", "/repos/{owner}/{repo}/installation", shop)
      const installation_id = idOf(data)
      yield* ask(itself, "GET", "/app/installations/{installation_id}", { installation_id })
      yield* ask(itself, "POST", "/app/installations/{installation_id}/access_tokens", { installation_id })
      const auth = { ...app, installationId: installation_id }
      const installed = new Octokit({ baseUrl: sandbox.url, authStrategy: createAppAuth, auth })
      yield* ask(installed, "GET", "/installation/repositories")
      const comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
      const created = yield* ask(installed, "POST", comments, { ...shop, issue_number: 1, body: "from the App" })
      assert.include(JSON.stringify(created.data), '"login":"productbuilding[bot]"')
      assert.strictEqual((yield* refused(() => installed.request("GET /user"))).status, 403)
      assert.strictEqual((yield* refused(() => itself.request("POST /app/installations/1/access_tokens"))).status, 404)
    })
  )

  it.effect("pages through lists by Link, in GitHub's order", () =>
    Effect.gen(function* () {
      const { sandbox } = yield* setUp
      sandbox.addRepository("acme/talk", new Map())
      for (let index = 0; index < 120; index++) sandbox.openPullRequest("acme/talk", { title: String(index) })
      for (let index = 0; index < 120; index++) sandbox.comment("acme/talk", 1, "ada", String(index))
      const octokit = new (Octokit.plugin(paginateRest))({ baseUrl: sandbox.url, auth: token })
      const talk = { owner: "ACME", repo: "Talk" }
      const comments = yield* Effect.promise(() =>
        octokit.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
          ...talk,
          issue_number: 1,
          per_page: 50
        })
      )
      assert.deepStrictEqual(
        comments.map(({ body }) => Number(body)),
        Array.from({ length: 120 }, (_, index) => index)
      )
      const pulls = yield* Effect.promise(() => octokit.paginate("GET /repos/{owner}/{repo}/pulls", talk))
      assert.deepStrictEqual(
        pulls.map(({ number }) => number),
        Array.from({ length: 120 }, (_, index) => 120 - index)
      )
      const found = yield* Effect.promise(() =>
        octokit.request("GET /repos/{owner}/{repo}/pulls", { ...talk, head: "acme:change-7" })
      )
      assert.deepStrictEqual(
        found.data.map(({ number }) => number),
        [7]
      )
    })
  )

  it.effect("refusals have GitHub's status and shape", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      sandbox.addRepository("acme/secret", new Map(), { private: true })
      const secret = { owner: "acme", repo: "secret" }
      const anonymous = new Octokit({ baseUrl: sandbox.url })
      const stranger = new Octokit({ baseUrl: sandbox.url, auth: "ghp_another" })
      const comments = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
      const here = { ...shop, issue_number: 1 }
      const refusals: ReadonlyArray<readonly [number, string, () => Promise<unknown>]> = [
        [401, "Bad credentials", () => stranger.request("GET /repos/{owner}/{repo}", shop)],
        [401, "Requires authentication", () => anonymous.request("GET /user")],
        [401, "Requires authentication", () => anonymous.request(comments, { ...here, body: "x" })],
        [401, "A JSON web token could not be decoded", () => octokit.request("GET /app")],
        [404, "Not Found", () => anonymous.request("GET /repos/{owner}/{repo}", secret)],
        [404, "Not Found", () => octokit.request("GET /repos/{owner}/{repo}", { owner: "acme", repo: "none" })],
        [
          404,
          "Not Found",
          () => octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { ...shop, pull_number: 99 })
        ],
        [
          404,
          "Not Found",
          () => octokit.request("GET /repos/{owner}/{repo}/contents/{path}", { ...shop, path: "none" })
        ],
        [404, "Not Found", () => octokit.request("GET /nowhere")]
      ]
      for (const [status, message, request] of refusals) {
        const answer = yield* refused(request)
        assert.deepStrictEqual(complaintsAboutError(answer.data), [])
        assert.deepInclude(answer, { status })
        assert.deepInclude(answer.data, { message, status: String(status) })
      }
      assert.strictEqual(
        (yield* Effect.promise(() => octokit.request("GET /repos/{owner}/{repo}", secret))).status,
        200
      )
      const reading = yield* Effect.promise(() => anonymous.request("GET /repos/{owner}/{repo}", shop))
      assert.strictEqual(reading.status, 200, "what is public needs no token")

      const wrong: ReadonlyArray<() => Promise<unknown>> = [
        () => octokit.request(comments, { ...here, body: " " }),
        () => octokit.request(comments, { ...here, body: "x".repeat(65_537) }),
        () => octokit.request("GET /repos/acme/shop/pulls?state=wrong"),
        () => octokit.request("POST /repos/{owner}/{repo}/hooks", { ...shop, config: { url: "nowhere" } })
      ]
      for (const request of wrong) {
        const answer = yield* refused(request)
        assert.strictEqual(answer.status, 422)
        assert.deepStrictEqual(complaintsAboutValidationError(answer.data), [])
      }
      const withoutBody = yield* refused(() => octokit.request("POST /repos/acme/shop/issues/1/comments"))
      assert.strictEqual(withoutBody.status, 422)
      const broken = yield* Effect.promise(() =>
        fetch(`${sandbox.url}/repos/acme/shop/issues/1/comments`, {
          method: "POST",
          headers: { authorization: `token ${token}` },
          body: "{"
        })
      )
      assert.strictEqual(broken.status, 400)
    })
  )

  it.effect("a file comes as git knows it, or raw where that is asked for", () =>
    Effect.gen(function* () {
      const { octokit, sandbox } = yield* setUp
      sandbox.addRepository(
        "acme/raw",
        new Map([["a.txt", { content: Buffer.from("hello\n"), kind: "file" as const }]])
      )
      const file = { owner: "acme", repo: "raw", path: "a.txt" }
      const get = (mediaType: object) =>
        Effect.promise(() => octokit.request("GET /repos/{owner}/{repo}/contents/{path}", { ...file, ...mediaType }))
      // NOTE: what `git hash-object` says of it.
      assert.deepInclude((yield* get({})).data, {
        sha: "ce013625030ba8dba906f756967f9e9ca394464a",
        content: "aGVsbG8K\n"
      })
      assert.strictEqual(String((yield* get({ mediaType: { format: "raw" } })).data), "hello\n")
    })
  )

  it.effect(
    "refuses an App's token that is malformed, expired or lasts too long, in the words that Octokit looks for",
    () =>
      Effect.gen(function* () {
        const { sandbox } = yield* setUp
        const nowSeconds = Math.floor(Date.now() / 1000)
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
        const messageOf = (header: object, claims: object) =>
          Effect.promise(async () => {
            const authorization = `Bearer ${part(header)}.${part(claims)}.c2lnbmF0dXJl`
            const answer = await fetch(`${sandbox.url}/app`, { headers: { authorization } })
            return `${answer.status} ${await answer.text()}`
          })
        const header = { alg: "RS256", typ: "JWT" }
        const claims = { iss: "77", iat: nowSeconds - 30, exp: nowSeconds + 500 }
        assert.match(yield* messageOf(header, claims), /^200 {"id":77,/)
        assert.match(yield* messageOf({ alg: "none" }, claims), /^401 .*could not be decoded/)
        assert.match(yield* messageOf(header, { ...claims, exp: nowSeconds - 1 }), /^401 .*must be a numeric value/)
        assert.match(yield* messageOf(header, { ...claims, exp: nowSeconds + 900 }), /^401 .*too far in the future/)
        assert.match(yield* messageOf(header, { ...claims, iat: nowSeconds + 900 }), /^401 .*'Issued at' claim/)
      })
  )

  it.effect("answers 304 to an ETag that it gave, and shows the rate limit", () =>
    Effect.gen(function* () {
      const { sandbox } = yield* setUp
      const get = (headers: Record<string, string>) =>
        Effect.promise(() =>
          fetch(`${sandbox.url}/repos/acme/shop`, { headers: { authorization: `Bearer ${token}`, ...headers } })
        )
      const first = yield* get({})
      const second = yield* get({ "if-none-match": String(first.headers.get("etag")) })
      assert.strictEqual(second.status, 304)
      const left = (response: Response) => Number(response.headers.get("x-ratelimit-remaining"))
      assert.strictEqual(left(first) - left(second), 1)
      assert.isNotNull(first.headers.get("x-github-request-id"))
    })
  )

  it.effect("every route has been asked and answered as described", () =>
    Effect.sync(() => {
      const parts = makeParts({ api: () => "", app: { id: 1, slug: "a" }, login: "a", tokens: [], webhookSecret: "" })
      const routes = restRoutes(parts)
      const missed = routes.filter(
        ({ method, pattern }) => !proven.some((one) => one.method === method && pattern.test(one.path))
      )
      // NOTE: archives are no JSON; Archive.live.test.ts reads them.
      assert.deepStrictEqual(
        missed
          .map(({ method, pattern }) => `${method} ${pattern.source}`)
          .filter((name) => !/tarball|_codeload/.test(name)),
        []
      )
    })
  )
})
