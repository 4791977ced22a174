/** Sends one webhook as GitHub does: signed over the bytes, ten seconds for an answer, no redirects followed. */
import { createHmac } from "node:crypto"
import type { SandboxDelivery } from "../GitHubState.ts"

export interface Outgoing {
  readonly url: string
  readonly secret: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Ends the wait when the sandbox stops. */
  readonly signal: AbortSignal
}

export type Outcome = Pick<
  SandboxDelivery,
  "status" | "outcome" | "durationSeconds" | "requestHeaders" | "responseHeaders" | "responseBody"
>

/** GitHub's own. https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks (read 2026-11-21) */
const deadlineMs = 10_000
const maxRecordedBytes = 64 * 1024

const signatures = (secret: string, body: Uint8Array): Record<string, string> => {
  if (secret === "") return {}
  const sign = (algorithm: string) => `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`
  return { "X-Hub-Signature": sign("sha1"), "X-Hub-Signature-256": sign("sha256") }
}

/** What the receiver said; status 0 when it said nothing in time. */
export const send = async ({ body, headers, secret, signal, url }: Outgoing): Promise<Outcome> => {
  const requestHeaders = {
    Accept: "*/*",
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/5a4dbee",
    ...headers,
    ...signatures(secret, body)
  }
  const deadline = AbortSignal.timeout(deadlineMs)
  const began = performance.now()
  const took = () => Math.round((performance.now() - began) / 10) / 100
  try {
    const response = await fetch(url, {
      method: "POST",
      body: Buffer.from(body),
      // NOTE: a connection that was kept may be closed by the receiver at the very moment in which it is used again.
      headers: { ...requestHeaders, connection: "close" },
      redirect: "manual",
      signal: AbortSignal.any([deadline, signal])
    })
    const answer = Buffer.from(await response.arrayBuffer())
    return {
      status: response.status,
      outcome: response.ok ? "OK" : `Invalid HTTP Response: ${response.status}`,
      durationSeconds: took(),
      requestHeaders,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: answer.subarray(0, maxRecordedBytes).toString("utf8")
    }
  } catch {
    // NOTE: a receiver that does not answer is an outcome like any other, and recorded as such.
    return {
      status: 0,
      outcome: deadline.aborted ? "timed out" : "failed to connect to host",
      durationSeconds: took(),
      requestHeaders,
      responseHeaders: {},
      responseBody: ""
    }
  }
}
