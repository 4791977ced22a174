import { createPublicKey, generateKeyPairSync, verify } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { RepositoryName } from "@productbuilding/core"
import { Effect, Redacted } from "effect"
import { everythingOf, host, json, logged, one, pull, repository, server, token } from "./support.ts"

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString()
const installationToken = "ghs_SecretInstallationToken"
const secrets = [
  token,
  installationToken,
  pem.split("\n")[1] ?? "",
  privateKey.export({ type: "pkcs8", format: "pem" }).toString().split("\n")[5] ?? ""
]

const isFromTheApp = (header: string | undefined): boolean => {
  const [head = "", payload = "", signature = ""] = (header ?? "").replace(/^bearer /i, "").split(".")
  const key = createPublicKey(privateKey)
  return (
    verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, "base64url")) &&
    /"iss":"?123"?/.test(Buffer.from(payload, "base64url").toString())
  )
}

/** An App with the id 123, installed for `acme` under the number that `installation` answers. */
const gitHub = (installation: () => number) =>
  server((request, response) => {
    const path = request.url ?? ""
    const answer = () => {
      const { authorization } = request.headers
      const owner = /^\/repos\/([^/]+)\/[^/]+\/installation$/.exec(path)?.[1]
      if (owner !== undefined) {
        if (!isFromTheApp(authorization)) return json({ message: "A JSON web token could not be decoded" }, 401)
        return owner.toLowerCase() === "acme" ? json({ id: installation() }) : json({ message: "Not Found" }, 404)
      }
      const asked = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path)?.[1]
      if (asked !== undefined) {
        if (!isFromTheApp(authorization)) return json({ message: "A JSON web token could not be decoded" }, 401)
        if (Number(asked) !== installation()) return json({ message: "Not Found" }, 404)
        return json(
          {
            token: `${installationToken}${asked}`,
            expires_at: "2100-01-01T00:00:00Z",
            permissions: { contents: "read" }
          },
          201
        )
      }
      return authorization === `token ${installationToken}${installation()}`
        ? json(pull(1))
        : json({ message: "Not Found" }, 404)
    }
    const [status, headers, body] = answer()
    response.writeHead(status, headers).end(body)
  })

const app = { _tag: "App", appId: "123", privateKey: Redacted.make(pem.replaceAll("\n", "\\n")) } as const

describe("GitHub App", () => {
  it.live("finds the installation of a repository once, and speaks with its token", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* gitHub(() => 41)
      const codeHost = yield* host(url, { credentials: app })
      yield* Effect.all(
        [
          codeHost.pullRequest(repository, one),
          codeHost.pullRequest(repository, one),
          codeHost.pullRequest(RepositoryName.make("Acme/Shop"), one),
          codeHost.pullRequest(RepositoryName.make("acme/other"), one)
        ],
        { concurrency: "unbounded" }
      )
      const paths = requests.map(({ method, path }) => `${method} ${path}`).toSorted()
      assert.deepStrictEqual(
        paths.filter((path) => !path.includes("/pulls/")).map((path) => path.toLowerCase()),
        [
          "get /repos/acme/other/installation",
          "get /repos/acme/shop/installation",
          "post /app/installations/41/access_tokens"
        ]
      )
    })
  )

  it.live("looks again after the App was installed anew", () =>
    Effect.gen(function* () {
      let installation = 42
      const { url } = yield* gitHub(() => installation)
      const codeHost = yield* host(url, { credentials: app })
      yield* codeHost.pullRequest(repository, one)
      installation = 43
      const refused = yield* Effect.flip(codeHost.pullRequest(repository, one))
      assert.strictEqual(refused.reason._tag, "NotFound")
      assert.strictEqual((yield* codeHost.pullRequest(repository, one)).number, one)
    })
  )

  it.live("says NotFound where it is not installed", () =>
    Effect.gen(function* () {
      const { url } = yield* gitHub(() => 44)
      const codeHost = yield* host(url, { credentials: app })
      const error = yield* Effect.flip(codeHost.pullRequest(RepositoryName.make("other/shop"), one))
      assert.deepStrictEqual([error.reason._tag, error.operation], ["NotFound", "finding the App's installation"])
    })
  )
})

describe("GitHub's secrets", () => {
  it.live("are in no error and no log line, whatever goes wrong", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const wrongAnswers = [
        json({ message: "Bad credentials" }, 401),
        json({ message: "Forbidden" }, 403),
        json({ message: "Not Found" }, 404),
        json({ message: "slow down" }, 429, { "retry-after": "3600" }),
        json("unreadable", 200, { deprecation: "true", sunset: "tomorrow", link: '<https://x>; rel="deprecation"' })
      ]
      for (const [status, headers, body] of wrongAnswers) {
        for (const credentials of [{ _tag: "Token", token: Redacted.make(token) } as const, app]) {
          const { url } = yield* server((request, response) => {
            const path = request.url ?? ""
            const [okStatus, okHeaders, okBody] = path.endsWith("/installation")
              ? json({ id: 45 })
              : json({ token: installationToken, expires_at: "2100-01-01T00:00:00Z", permissions: {} }, 201)
            if (/installation/.test(path)) response.writeHead(okStatus, okHeaders).end(okBody)
            else response.writeHead(status, headers).end(body)
          })
          const codeHost = yield* host(url, { credentials })
          const error = yield* Effect.flip(codeHost.createComment(repository, one, "text"))
          yield* Effect.logError("It failed", error)
          lines.push(everythingOf(error))
        }
      }
      const { url } = yield* Effect.scoped(server(() => {}))
      lines.push(everythingOf(yield* Effect.flip((yield* host(url)).createComment(repository, one, "text"))))
      const seen = lines.join("\n")
      assert.isAbove(lines.length, 20)
      for (const secret of secrets) assert.notInclude(seen, secret)
    }).pipe(Effect.provide(logged(lines)))
  })
})
