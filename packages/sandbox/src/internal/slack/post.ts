/** Sends one request to the app as Slack does: signed over the bytes, three seconds for an answer. */
import { createHmac } from "node:crypto"

export interface SlackRequest {
  readonly url: string
  readonly signingSecret: string
  readonly atSeconds: number
  readonly contentType: "application/json" | "application/x-www-form-urlencoded"
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  readonly deadlineMs: number
  /** Ends the wait when the sandbox stops. */
  readonly signal: AbortSignal
}

export interface SlackResponse {
  /** 0 when there was no answer. */
  readonly status: number
  readonly outcome: string
  /** In Slack's words; `null` for a 2xx in time. */
  readonly failure: "http_timeout" | "http_error" | "connection_failed" | null
  readonly noRetry: boolean
  readonly body: string
}

const maxRecordedCharacters = 64 * 1024

export const signatureOf = (signingSecret: string, atSeconds: number, body: string): string =>
  `v0=${createHmac("sha256", signingSecret).update(`v0:${atSeconds}:${body}`).digest("hex")}`

export const postToApp = async (request: SlackRequest): Promise<SlackResponse> => {
  const deadline = AbortSignal.timeout(request.deadlineMs)
  try {
    const response = await fetch(request.url, {
      method: "POST",
      body: request.body,
      redirect: "manual",
      signal: AbortSignal.any([deadline, request.signal]),
      headers: {
        // NOTE: a connection that was kept may be closed by the app at the very moment in which it is used again.
        connection: "close",
        "content-type": request.contentType,
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": String(request.atSeconds),
        "x-slack-signature": signatureOf(request.signingSecret, request.atSeconds, request.body),
        ...request.headers
      }
    })
    const body = (await response.text()).slice(0, maxRecordedCharacters)
    return {
      status: response.status,
      outcome: response.ok ? "OK" : `HTTP ${response.status}`,
      failure: response.ok ? null : "http_error",
      noRetry: response.headers.get("x-slack-no-retry") === "1",
      body
    }
  } catch {
    // NOTE: an app that does not answer is an outcome like any other, and recorded as such.
    const failure = deadline.aborted ? "http_timeout" : "connection_failed"
    return {
      status: 0,
      outcome: deadline.aborted ? "timed out" : "no connection",
      failure,
      noRetry: false,
      body: ""
    }
  }
}
