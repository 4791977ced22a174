/** A server whose database was damaged under its feet: nobody is left with an empty answer, nor an operator without a log. */
import { DatabaseSync } from "node:sqlite"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { makeWorld, type ServerProcess, startServer, type World } from "./Harness.ts"

describe("a defect", () => {
  let world: World
  let server: ServerProcess
  beforeAll(async () => {
    world = await makeWorld({ runtime: "process" })
    server = await startServer(world)
    const database = new DatabaseSync(world.config["DATABASE_PATH"] ?? "")
    database.exec("DROP TABLE previews")
    database.close()
  })
  afterAll(async () => {
    await server.kill("SIGTERM")
    await world.stop()
  })

  it("is told to whoever asked, and logged with its cause", async () => {
    const api = await fetch(`${world.url}/previews?deleted=true`)
    assert.strictEqual(api.status, 500)
    assert.match(JSON.parse(await api.text()).message, /Its log has the details/)
    const page = await fetch(`${world.url}/`, { headers: { accept: "text/html" } })
    assert.strictEqual(page.status, 500)
    assert.match(page.headers.get("content-type") ?? "", /^text\/plain/)
    assert.match(await page.text(), /Its log has the details/)
    assert.match(server.output(), /GET \/previews failed[\s\S]*no such table: previews/)
    assert.match(server.output(), /GET \/ failed/)
  })

  it("is not what the API itself answers", async () => {
    const logged = server.output().length
    assert.strictEqual((await fetch(`${world.url}/operations/none`)).status, 404)
    assert.strictEqual((await fetch(`${world.url}/deliveries?limit=none`)).status, 400)
    assert.strictEqual((await fetch(`${world.url}/nothing`)).status, 404)
    assert.notMatch(server.output().slice(logged), /failed/)
  })
})
