/** Sends webhooks as GitHub does: signed over the bytes, with a GUID that a redelivery keeps, ten seconds for an answer. */
import { createHmac } from "node:crypto"

export interface Outgoing {
  readonly url: string
  readonly secret: string
  readonly guid: string
  readonly event: string
  readonly hookId: number
  readonly payload: object
}

/** GitHub's own. https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks (read 2026-11-21) */
const deadlineMs = 10_000

/** The receiver's status code and how long it took; 0 when it did not answer. */
export const send = async (hook: Outgoing): Promise<{ readonly status: number; readonly durationSeconds: number }> => {
  const body = Buffer.from(JSON.stringify(hook.payload))
  const signature = createHmac("sha256", hook.secret).update(body).digest("hex")
  const begun = performance.now()
  const took = () => Math.round(performance.now() - begun) / 1000
  try {
    const response = await fetch(hook.url, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(deadlineMs),
      headers: {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/sandbox",
        accept: "*/*",
        "x-github-delivery": hook.guid,
        "x-github-event": hook.event,
        "x-github-hook-id": String(hook.hookId),
        "x-github-hook-installation-target-type": "repository",
        ...(hook.secret === "" ? {} : { "x-hub-signature-256": `sha256=${signature}` })
      }
    })
    await response.arrayBuffer()
    return { status: response.status, durationSeconds: took() }
  } catch {
    // NOTE: a receiver that cannot be reached is what a delivery's status 0 is for.
    return { status: 0, durationSeconds: took() }
  }
}
