/** The REST API and the control API over HTTP. */
// @effect-diagnostics globalDate:off (the sandbox runs without Effect)
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { takeRequestFault } from "./Faults.ts"
import { makeJson } from "./GitHubJson.ts"
import type { SandboxRepository } from "./GitHubState.ts"
import { SandboxMissing, type SandboxState } from "./SandboxControl.ts"
import { tarball } from "./Tarball.ts"

interface Call {
  readonly method: string
  readonly path: string
  readonly params: ReadonlyArray<string>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly api: string
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly bytes?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

type Handler = (state: SandboxState, call: Call) => Answer | Promise<Answer>

const documentation = "https://docs.github.com/rest"
const failure = (status: number, message: string, more: object = {}): Answer => ({
  status,
  body: { message, documentation_url: documentation, status: String(status), ...more }
})
const notFound = failure(404, "Not Found")
const ok = (body: unknown, status = 200): Answer => ({ status, body })

const text = (value: unknown, fallback = ""): string => (typeof value === "string" ? value : fallback)

/** GitHub's pages: `per_page` of at most 100, and a `Link` header. */
const page = <A>(call: Call, items: ReadonlyArray<A>, render: (item: A) => unknown): Answer => {
  const perPage = Math.min(100, Math.max(1, Number(call.query.get("per_page") ?? 30) || 30))
  const current = Math.max(1, Number(call.query.get("page") ?? 1) || 1)
  const last = Math.max(1, Math.ceil(items.length / perPage))
  const link = (target: number, rel: string) => {
    const query = new URLSearchParams(call.query)
    query.set("page", String(target))
    return `<${call.api}${call.path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(current > 1 ? [link(current - 1, "prev"), link(1, "first")] : []),
    ...(current < last ? [link(current + 1, "next"), link(last, "last")] : [])
  ]
  return {
    status: 200,
    body: items.slice((current - 1) * perPage, current * perPage).map(render),
    ...(links.length === 0 ? {} : { headers: { link: links.join(", ") } })
  }
}

const repositoryOf = (state: SandboxState, call: Call): SandboxRepository | undefined =>
  state.repositories.get(`${call.params[0]}/${call.params[1]}`.toLowerCase())

const withRepository =
  (handle: (state: SandboxState, call: Call, repo: SandboxRepository) => Answer | Promise<Answer>): Handler =>
  (state, call) => {
    const repo = repositoryOf(state, call)
    return repo === undefined ? notFound : handle(state, call, repo)
  }

const routes: ReadonlyArray<readonly [method: string, path: RegExp, handler: Handler]> = [
  ["GET", /^\/user$/, (_state, call) => ok(makeJson(call.api).user("productbuilding"))],
  ["GET", /^\/meta$/, () => ok({ verifiable_password_authentication: false, hooks: ["127.0.0.0/8"] })],
  [
    "GET",
    /^\/rate_limit$/,
    () => {
      const rate = { limit: 5000, used: 1, remaining: 4999, reset: Math.floor(Date.now() / 1000) + 3600 }
      return ok({ resources: { core: rate, search: { ...rate, limit: 30, remaining: 30 } }, rate })
    }
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)$/,
    withRepository((_state, call, repo) => ok(makeJson(call.api).fullRepository(repo)))
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/pulls$/,
    withRepository((_state, call, repo) => {
      const wanted = call.query.get("state") ?? "open"
      const pulls = Array.from(repo.pulls.values()).filter(({ state }) => wanted === "all" || state === wanted)
      return page(call, pulls.toReversed(), (pull) => makeJson(call.api).pullSimple(repo, pull))
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/pulls\/(\d+)$/,
    withRepository((_state, call, repo) => {
      const pull = repo.pulls.get(Number(call.params[2]))
      return pull === undefined ? notFound : ok(makeJson(call.api).pull(repo, pull))
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/tarball\/(.+)$/,
    withRepository((state, call, repo) => {
      const ref = call.params[2] ?? ""
      const sha = ref === "main" ? repo.mainSha : ref
      return state.commits.has(sha)
        ? { status: 302, headers: { location: `${call.api}/_codeload/${repo.owner}/${repo.name}/${sha}` } }
        : notFound
    })
  ],
  [
    "GET",
    /^\/_codeload\/([^/]+)\/([^/]+)\/([0-9a-f]{40})$/,
    withRepository(async (state, call, repo) => {
      const sha = call.params[2] ?? ""
      const tree = state.commits.get(sha)
      if (tree === undefined) return notFound
      return {
        status: 200,
        bytes: await tarball(`${repo.owner}-${repo.name}-${sha.slice(0, 7)}`, tree),
        headers: { "content-type": "application/x-gzip" }
      }
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/collaborators\/([^/]+)\/permission$/,
    withRepository((_state, call, repo) => {
      const login = call.params[2] ?? ""
      const permission = login === repo.owner ? "admin" : "write"
      return ok({
        permission,
        role_name: permission,
        user: { ...makeJson(call.api).user(login), role_name: permission }
      })
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/issues\/(\d+)\/comments$/,
    withRepository((_state, call, repo) => {
      const number = Number(call.params[2])
      if (!repo.pulls.has(number)) return notFound
      const comments = Array.from(repo.comments.values()).filter(({ issue }) => issue === number)
      return page(call, comments, (comment) => makeJson(call.api).comment(repo, comment))
    })
  ],
  [
    "POST",
    /^\/repos\/([^/]+)\/([^/]+)\/issues\/(\d+)\/comments$/,
    withRepository((state, call, repo) => {
      const number = Number(call.params[2])
      if (!repo.pulls.has(number)) return notFound
      const body = text(call.body["body"])
      if (body === "")
        return failure(422, "Validation Failed", {
          errors: [{ resource: "IssueComment", code: "missing_field", field: "body" }]
        })
      if (body.length > 65_536)
        return failure(422, "Validation Failed", {
          errors: [
            {
              resource: "IssueComment",
              code: "custom",
              field: "body",
              message: "body is too long (maximum is 65536 characters)"
            }
          ]
        })
      const comment = {
        id: state.nextId(),
        issue: number,
        author: "productbuilding[bot]",
        body,
        createdAt: state.now(),
        updatedAt: state.now()
      }
      repo.comments.set(comment.id, comment)
      return ok(makeJson(call.api).comment(repo, comment), 201)
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/issues\/comments\/(\d+)$/,
    withRepository((_state, call, repo) => {
      const comment = repo.comments.get(Number(call.params[2]))
      return comment === undefined ? notFound : ok(makeJson(call.api).comment(repo, comment))
    })
  ],
  [
    "PATCH",
    /^\/repos\/([^/]+)\/([^/]+)\/issues\/comments\/(\d+)$/,
    withRepository((state, call, repo) => {
      const comment = repo.comments.get(Number(call.params[2]))
      if (comment === undefined) return notFound
      comment.body = text(call.body["body"], comment.body)
      comment.updatedAt = state.now()
      return ok(makeJson(call.api).comment(repo, comment))
    })
  ],
  [
    "DELETE",
    /^\/repos\/([^/]+)\/([^/]+)\/issues\/comments\/(\d+)$/,
    withRepository((_state, call, repo) => (repo.comments.delete(Number(call.params[2])) ? { status: 204 } : notFound))
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/hooks$/,
    withRepository((_state, call, repo) =>
      page(call, Array.from(repo.hooks.values()), (hook) => makeJson(call.api).hook(repo, hook))
    )
  ],
  [
    "POST",
    /^\/repos\/([^/]+)\/([^/]+)\/hooks$/,
    withRepository((state, call, repo) => {
      const config = call.body["config"]
      const field = (key: string) =>
        text(typeof config === "object" && config !== null ? Reflect.get(config, key) : undefined)
      if (field("url") === "")
        return failure(422, "Validation Failed", {
          errors: [{ resource: "Hook", code: "missing_field", field: "config.url" }]
        })
      const events = Array.isArray(call.body["events"]) ? call.body["events"].map(String) : ["push"]
      const hook = state.control.addHook(`${repo.owner}/${repo.name}`, {
        url: field("url"),
        secret: field("secret"),
        events
      })
      return ok(makeJson(call.api).hook(repo, hook), 201)
    })
  ],
  [
    "GET",
    /^\/repos\/([^/]+)\/([^/]+)\/hooks\/(\d+)\/deliveries$/,
    withRepository((_state, call, repo) => {
      const hookId = Number(call.params[2])
      if (!repo.hooks.has(hookId)) return notFound
      return page(
        call,
        repo.deliveries.filter((one) => one.hookId === hookId),
        (one) => makeJson(call.api).delivery(repo, one)
      )
    })
  ],
  [
    "POST",
    /^\/repos\/([^/]+)\/([^/]+)\/hooks\/(\d+)\/deliveries\/(\d+)\/attempts$/,
    withRepository((state, call, repo) => {
      const id = Number(call.params[3])
      if (!repo.deliveries.some((one) => one.id === id)) return notFound
      state.track(state.control.redeliver(`${repo.owner}/${repo.name}`, id))
      return ok({}, 202)
    })
  ],
  ["GET", /^\/_sandbox\/writes$/, (state) => ok(Object.fromEntries(state.writes))],
  [
    "GET",
    /^\/_sandbox\/repos$/,
    (state) => ok(Array.from(state.repositories.values(), ({ name, owner }) => `${owner}/${name}`))
  ],
  [
    "POST",
    /^\/_sandbox\/faults$/,
    (state, call) => {
      state.control.fault({
        path: text(call.body["path"], ".*"),
        times: Number(call.body["times"] ?? 1),
        kind: faultKind(call.body["kind"]),
        ...(typeof call.body["method"] === "string" ? { method: call.body["method"] } : {}),
        ...(typeof call.body["status"] === "number" ? { status: call.body["status"] } : {}),
        ...(typeof call.body["retryAfterSeconds"] === "number"
          ? { retryAfterSeconds: call.body["retryAfterSeconds"] }
          : {})
      })
      return { status: 204 }
    }
  ],
  [
    "GET",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/pulls$/,
    (state, call) => ok(state.control.pullRequests(fullName(call)))
  ],
  [
    "POST",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/pulls$/,
    (state, call) => {
      const fork = text(call.body["fork"])
      const branch = text(call.body["branch"])
      return ok(
        state.control.openPullRequest(fullName(call), {
          title: text(call.body["title"], "A change"),
          author: text(call.body["author"], "octocat"),
          change: changeOf(call.body["change"]),
          ...(fork === "" ? {} : { fork }),
          ...(branch === "" ? {} : { branch })
        }),
        201
      )
    }
  ],
  [
    "POST",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/pulls\/(\d+)\/(push|close|merge|reopen)$/,
    (state, call) => {
      const number = Number(call.params[2])
      switch (call.params[3]) {
        case "push":
          return ok(state.control.push(fullName(call), number, changeOf(call.body["change"])))
        case "reopen":
          return ok(state.control.reopen(fullName(call), number))
        default:
          return ok(state.control.close(fullName(call), number, { merge: call.params[3] === "merge" }))
      }
    }
  ],
  [
    "GET",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/pulls\/(\d+)\/comments$/,
    (state, call) => ok(state.control.comments(fullName(call), Number(call.params[2])))
  ],
  [
    "POST",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/pulls\/(\d+)\/comments$/,
    (state, call) =>
      ok(
        state.control.comment(
          fullName(call),
          Number(call.params[2]),
          text(call.body["author"], "octocat"),
          text(call.body["body"])
        ),
        201
      )
  ],
  [
    "GET",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/deliveries$/,
    (state, call) => ok(state.control.deliveries(fullName(call)))
  ],
  [
    "POST",
    /^\/_sandbox\/repos\/([^/]+)\/([^/]+)\/deliveries\/(\d+)\/redeliver$/,
    async (state, call) => ok(await state.control.redeliver(fullName(call), Number(call.params[2])))
  ]
]

const fullName = (call: Call) => `${call.params[0]}/${call.params[1]}`

const faultKind = (value: unknown) => {
  switch (value) {
    case "hang":
    case "drop":
    case "lost-answer":
      return value
    default:
      return "status"
  }
}

const changeOf = (value: unknown): Record<string, string | null> =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([path, content]) => [path, content === null ? null : String(content)])
      )
    : {}

const readBody = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  if (chunks.length === 0) return {}
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"))
  return typeof value === "object" && value !== null ? { ...value } : {}
}

/** No token is needed for what GitHub answers to anyone, nor for our own controls. */
const authorised = (request: IncomingMessage, path: string, tokens: ReadonlyArray<string> | undefined) => {
  if (path.startsWith("/_") || path === "/meta") return true
  const token = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
  return token !== undefined && (tokens === undefined || tokens.includes(token))
}

const write = (response: ServerResponse, answer: Answer) => {
  const payload = answer.bytes ?? (answer.body === undefined ? undefined : Buffer.from(JSON.stringify(answer.body)))
  response.writeHead(answer.status, {
    "x-github-request-id": "SANDBOX",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3600),
    ...(answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...(payload === undefined ? {} : { "content-length": String(payload.length) }),
    ...answer.headers
  })
  response.end(payload)
}

const answer = async (state: SandboxState, api: string, request: IncomingMessage): Promise<Answer> => {
  const url = new URL(request.url ?? "/", api)
  const method = request.method ?? "GET"
  for (const [wanted, pattern, handle] of routes) {
    const match = wanted === method ? pattern.exec(url.pathname) : null
    if (match === null) continue
    const params = match.slice(1).map(decodeURIComponent)
    return await handle(state, {
      method,
      path: url.pathname,
      params,
      query: url.searchParams,
      body: await readBody(request),
      api
    })
  }
  return notFound
}

/** Handles every request of one sandbox. */
export const makeListener =
  (state: SandboxState, api: () => string, tokens: ReadonlyArray<string> | undefined): RequestListener =>
  (request, response) => {
    const { pathname } = new URL(request.url ?? "/", api())
    const method = request.method ?? "GET"
    const handle = async () => {
      const fault = pathname.startsWith("/_sandbox")
        ? undefined
        : takeRequestFault(state.requestFaults, method, pathname)
      if (fault?.kind === "hang") return
      if (fault?.kind === "drop") return void request.socket.destroy()
      if (fault?.kind === "status") {
        const headers = fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) }
        const message =
          fault.status === 429 || fault.retryAfterSeconds !== undefined
            ? "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            : "Server Error"
        return write(response, { ...failure(fault.status ?? 500, message), headers })
      }
      if (!authorised(request, pathname, tokens)) return write(response, failure(401, "Bad credentials"))
      const result = await answer(state, api(), request)
      if (method !== "GET" && !pathname.startsWith("/_") && result.status < 300) {
        const key = `${method} ${pathname}`
        state.writes.set(key, (state.writes.get(key) ?? 0) + 1)
      }
      if (fault?.kind === "lost-answer") return void request.socket.destroy()
      write(response, result)
    }
    handle().catch((cause: unknown) => {
      if (cause instanceof SandboxMissing) write(response, failure(404, cause.message))
      else if (cause instanceof SyntaxError) write(response, failure(400, "Problems parsing JSON"))
      else write(response, failure(500, cause instanceof Error ? cause.message : "Server Error"))
    })
  }
