/** Requests and answers, in GitHub's manners. */
import type { Repository, State } from "./state.ts"

/** Who asks. */
export type Viewer =
  | { readonly _tag: "Anonymous" }
  | { readonly _tag: "User"; readonly login: string }
  | { readonly _tag: "App"; readonly id: number }
  | { readonly _tag: "Installation"; readonly owner: string; readonly login: string }

/** A request with its body read. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly accept: string
  /** The decoded JSON; `{}` where there is none. */
  readonly body: unknown
  readonly viewer: Viewer
}

export interface Answer {
  readonly status: number
  readonly json?: unknown
  /** Instead of JSON. */
  readonly bytes?: Uint8Array
  /** Instead of either: sent as it comes. */
  readonly stream?: AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

export type Handler = (call: Call) => Answer | Promise<Answer>

export interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly handle: Handler
}

/** `:number`, `:id` and `:delivery` are digits, any other `:name` is one segment of the path, `:name*` all that is left. */
export const route = (method: string, path: string, handle: Handler): Route => {
  const pattern = path
    .replaceAll(/\/:(\w+)\*/g, "(?:/(?<$1>.*))?")
    .replaceAll(/:(number|id|delivery)\b/g, "(?<$1>\\d{1,15})")
    .replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")
  return { method, handle, pattern: new RegExp(`^${pattern}$`) }
}

/** Ends the handling of a request with an answer. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(`status ${answer.status}`)
    this.answer = answer
  }
}

export const json = (value: unknown, status = 200): Answer => ({ status, json: value })
export const noContent: Answer = { status: 204 }

const documentation = "https://docs.github.com/rest"

export const failure = (status: number, message: string, more: object = {}): Answer =>
  json({ message, documentation_url: documentation, status: String(status), ...more }, status)

export const notFound = failure(404, "Not Found")
export const notAccessible = failure(403, "Resource not accessible by integration")

/** The body or a parameter breaks a rule. */
export const invalid = (error: {
  readonly resource: string
  readonly code: string
  readonly field: string
  readonly message?: string
}): Answer => failure(422, "Validation Failed", { errors: [error] })

const kindOf = (value: unknown) => (value === null ? "nil" : Array.isArray(value) ? "an array" : JSON.stringify(value))

const propertyOf = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined

/** A required text in the body. */
export const requiredText = (call: Call, name: string): string => {
  const value = propertyOf(call.body, name)
  if (typeof value === "string") return value
  throw new Refusal(
    failure(
      422,
      value === undefined
        ? `Invalid request.\n\n"${name}" wasn't supplied.`
        : `Invalid request.\n\nFor 'properties/${name}', ${kindOf(value)} is not a string.`
    )
  )
}

/** Something in the body, by its path. */
export const field = (body: unknown, ...names: ReadonlyArray<string>): unknown =>
  names.reduce((value, name) => propertyOf(value, name), body)

/** A text in the body that need not be there; `null` counts as absent. */
export const optionalText = (call: Call, name: string): string | undefined => {
  const value = propertyOf(call.body, name)
  return value === undefined || value === null ? undefined : requiredText(call, name)
}

/** A list of texts, or of objects with a `name`. */
export const textsOf = (value: unknown): ReadonlyArray<string> | undefined =>
  Array.isArray(value)
    ? value.flatMap((one: unknown) => {
        const text = typeof one === "string" ? one : propertyOf(one, "name")
        return typeof text === "string" ? [text] : []
      })
    : undefined

/** A number in the path. */
export const numberOf = (call: Call, name: "number" | "id" | "delivery"): number => Number(call.params[name])

/** The repository of the path, if the caller may see it, and may write to it where the request writes. */
export const repositoryOf = (state: State, call: Call): Repository => {
  const { viewer } = call
  const repo = state.repositories.get(`${call.params["owner"]}/${call.params["repo"]}`.toLowerCase())
  const outside = viewer._tag === "Installation" && viewer.owner !== repo?.owner.toLowerCase()
  if (repo === undefined || (repo.private && (viewer._tag === "Anonymous" || outside))) throw new Refusal(notFound)
  if (viewer._tag === "App") throw new Refusal(notAccessible)
  if (call.method !== "GET") {
    if (viewer._tag === "Anonymous") throw new Refusal(failure(401, "Requires authentication"))
    if (outside) throw new Refusal(notAccessible)
  }
  return repo
}

/** Under which name the caller writes. */
export const loginOf = ({ viewer }: Call): string =>
  viewer._tag === "User" || viewer._tag === "Installation" ? viewer.login : "ghost"

const perPageOf = (call: Call) => Math.min(100, Math.max(1, Number(call.query.get("per_page")) || 30))

const linkTo = (state: State, call: Call, name: string, value: string, rel: string) => {
  const query = new URLSearchParams(call.query)
  query.set(name, value)
  return `<${state.api()}${call.path}?${query}>; rel="${rel}"`
}

/** A page by its number: `per_page` of at most 100, and a `Link` header. */
export const page = <A>(
  state: State,
  call: Call,
  items: ReadonlyArray<A>,
  render: (item: A) => unknown,
  wrap: (rendered: ReadonlyArray<unknown>) => unknown = (rendered) => rendered
): Answer => {
  const perPage = perPageOf(call)
  const current = Math.max(1, Math.floor(Number(call.query.get("page"))) || 1)
  const last = Math.max(1, Math.ceil(items.length / perPage))
  const link = (target: number, rel: string) => linkTo(state, call, "page", String(target), rel)
  const links = [
    ...(current > 1 ? [link(Math.min(current - 1, last), "prev")] : []),
    ...(current < last ? [link(current + 1, "next"), link(last, "last")] : []),
    ...(current > 1 ? [link(1, "first")] : [])
  ]
  return {
    status: 200,
    json: wrap(items.slice((current - 1) * perPage, current * perPage).map(render)),
    ...(links.length === 0 ? {} : { headers: { link: links.join(", ") } })
  }
}

/** A page from a cursor on: of lists that grow at their beginning, where page numbers would shift. */
export const cursorPage = <A extends { readonly id: number }>(
  state: State,
  call: Call,
  items: ReadonlyArray<A>,
  render: (item: A) => unknown
): Answer => {
  const cursor = call.query.get("cursor")
  const from = cursor === null ? 0 : items.findIndex(({ id }) => String(id) === cursor)
  if (from < 0) return failure(422, "Invalid cursor")
  const shown = items.slice(from, from + perPageOf(call))
  const next = items[from + shown.length]
  return {
    status: 200,
    json: shown.map(render),
    ...(next === undefined ? {} : { headers: { link: linkTo(state, call, "cursor", String(next.id), "next") } })
  }
}
