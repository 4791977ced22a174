/**
 * Which header fields a proxy passes on (RFC 9110, section 7.6.1), over Node's raw lists of alternating names and
 * values, so that spelling, order and repetition stay as they were sent. Pure.
 */

/** Fields that concern one connection only. Trailers are dropped, which section 6.5.1 allows. */
const hopByHop = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** What a client may claim of its own origin; dropped unless a proxy in front is trusted to have set it. */
const forwarding = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-forwarded-server",
  "x-real-ip"
])

/** Fields without which a message would mean another one: naming them in `Connection` does not remove them. */
const indispensable = new Set(["host", "content-length"])

const none: ReadonlySet<string> = new Set()

/** The fields that a message's own `Connection` field declares to be for this connection only. */
const listedIn = (connection: string | undefined): ReadonlySet<string> => {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return none
  const names = connection
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
  return new Set(names.filter((name) => !indispensable.has(name)))
}

/** A request as it came in, reduced to what the rules need. */
export interface RequestHead {
  readonly method: string
  readonly rawHeaders: ReadonlyArray<string>
  readonly connection: string | undefined
  /** The authority that the client asked for, with its port. */
  readonly authority: string
  readonly remoteAddress: string
  readonly scheme: "http" | "https"
}

/**
 * The fields to send upstream, or `null` when the request names more than one host and must be refused (RFC 9112,
 * section 3.2). `Host` stays what the client asked for. `X-Forwarded-For`, `-Host` and `-Proto` are ours, unless
 * `trustForwarded`: then the address is appended to the list, and host and scheme are kept where present.
 *
 * No `Via`: nginx, which many images contain, stops compressing for requests that carry it
 * (https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_proxied, read 2026-11-20).
 */
export const requestHeaders = (
  head: RequestHead,
  options: { readonly trustForwarded: boolean; readonly upgrade: boolean }
): Array<string> | null => {
  const raw = head.rawHeaders
  const listed = listedIn(head.connection)
  const headers = ["Host", head.authority]
  let hosts = 0
  let framed = false
  let forwardedFor = ""
  let forwardedHost = head.authority
  let forwardedProto: string = head.scheme
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ""
    const value = raw[index + 1] ?? ""
    const key = name.toLowerCase()
    if (key === "host") {
      hosts++
    } else if (key === "transfer-encoding") {
      framed = true
      headers.push("Transfer-Encoding", "chunked")
    } else if (hopByHop.has(key) || listed.has(key)) {
      // Its meaning ends at this hop.
    } else if (forwarding.has(key)) {
      if (!options.trustForwarded) continue
      if (key === "x-forwarded-for") forwardedFor += `${value}, `
      else if (key === "x-forwarded-host") forwardedHost = value
      else if (key === "x-forwarded-proto") forwardedProto = value
      else headers.push(name, value)
    } else {
      if (key === "content-length") framed = true
      headers.push(name, value)
    }
  }
  if (hosts > 1) return null
  // NOTE: Node would otherwise send an empty chunked body for these methods.
  if (!framed && head.method !== "GET" && head.method !== "HEAD" && head.method !== "OPTIONS") {
    headers.push("Content-Length", "0")
  }
  headers.push(
    "X-Forwarded-For",
    forwardedFor + head.remoteAddress,
    "X-Forwarded-Host",
    forwardedHost,
    "X-Forwarded-Proto",
    forwardedProto
  )
  if (options.upgrade) headers.push("Connection", "Upgrade", "Upgrade", "websocket")
  return headers
}

/** The fields to send to the client. Keeps search engines away from previews with `X-Robots-Tag: noindex`. */
export const responseHeaders = (rawHeaders: ReadonlyArray<string>, connection: string | undefined): Array<string> => {
  const listed = listedIn(connection)
  const headers = ["X-Robots-Tag", "noindex"]
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ""
    const key = name.toLowerCase()
    if (!hopByHop.has(key) && !listed.has(key)) headers.push(name, rawHeaders[index + 1] ?? "")
  }
  return headers
}
