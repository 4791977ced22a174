import { once } from "node:events"
import * as Http from "node:http"
import { afterEach, assert, describe, it } from "vitest"
import { UpstreamAgent } from "../../src/frontdoor/UpstreamAgent.ts"
import { closeAll, container } from "./support.ts"

afterEach(closeAll)

describe("UpstreamAgent", () => {
  it("gives up a connection that is not accepted in time, kept or fresh", async () => {
    const agent = new UpstreamAgent(20)
    for (const chosen of [agent, agent.fresh]) {
      const request = Http.request({ host: "nowhere.test", port: 1, agent: chosen, lookup: () => {} })
      const [error] = await once(request, "error").catch((cause) => [cause])
      assert.strictEqual(error.code, "ETIMEDOUT")
    }
    agent.destroy()
  })

  it("reuses a connection, and lets an answer take longer than an idle connection is kept", async () => {
    const port = await container((_request, response) => void setTimeout(() => response.end(), 1_700))
    const agent = new UpstreamAgent(1_000)
    for (const expected of [false, true]) {
      const request = Http.get({ host: "127.0.0.1", port, agent })
      const [response] = await once(request, "response")
      response.resume()
      await once(response, "end")
      assert.strictEqual(request.reusedSocket, expected)
      await new Promise((resolve) => setImmediate(resolve))
    }
    agent.destroy()
  })
})
