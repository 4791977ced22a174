import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Arbitrary, Effect, Predicate, Result, Schema } from "effect"
import { assert, describe } from "vitest"
import { stringify } from "yaml"
import { parseContract, renderProblems } from "../src/ContractFile.ts"
import { contractJsonSchema } from "../src/ContractJsonSchema.ts"

const schema = contractJsonSchema()
const accepts = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema)

/** Both readers' verdicts on the same document, which must agree. */
const verdict = (document: unknown): boolean => {
  const parsed = parseContract(stringify(document, { aliasDuplicateObjects: false }))
  const accepted = accepts(document)
  assert.strictEqual(
    accepted,
    Result.isSuccess(parsed),
    `${JSON.stringify(document)}: ${Result.isFailure(parsed) ? renderProblems(parsed.failure) : JSON.stringify(accepts.errors)}`
  )
  return accepted
}

const right: ReadonlyArray<unknown> = [
  { version: 1 },
  { version: 1, compose: {}, runtime: {}, logging: {}, database: {}, post_deploy_commands: [] },
  { version: 1, logging: { type: "file", path: "/var/log/*.log" } },
  { version: 1, logging: { type: "docker", service: "web" } },
  { version: 1, post_deploy_commands: [{ command: "a" }, { command: "b", service: "c", description: "" }] },
  { version: 1, runtime: { internal_port: 1, healthcheck_path: "/", startup_timeout_seconds: 3600 } },
  { version: 1, process: { command: "node ." }, user_facing_note: "ä\n日本" },
  { version: 1, compose: { file: "a/..b/c..", service: "a.b-c_d" } }
]

const wrong: ReadonlyArray<unknown> = [
  {},
  [],
  { version: 2 },
  { version: "1" },
  { version: 1, other: 1 },
  { version: 1, compose: null },
  { version: 1, compose: { file: "/etc/passwd" } },
  { version: 1, compose: { file: "a/../b" } },
  { version: 1, compose: { file: "a\\b" } },
  { version: 1, compose: { file: "a\n/../b" } },
  { version: 1, compose: { service: "-a" } },
  { version: 1, compose: { service: "a".repeat(64) } },
  { version: 1, runtime: { internal_port: 0 } },
  { version: 1, runtime: { internal_port: 65_536 } },
  { version: 1, runtime: { internal_port: 1.5 } },
  { version: 1, runtime: { healthcheck_path: "healthz" } },
  { version: 1, runtime: { healthcheck_path: "//evil" } },
  { version: 1, runtime: { healthcheck_path: "/\\evil" } },
  { version: 1, runtime: { healthcheck_path: "/a b" } },
  { version: 1, runtime: { startup_timeout_seconds: 3601 } },
  { version: 1, logging: { type: "file" } },
  { version: 1, logging: { path: "/var/log/app.log" } },
  { version: 1, logging: { type: "docker", path: "/var/log/app.log" } },
  { version: 1, logging: { type: "file", path: "relative.log" } },
  { version: 1, logging: { type: "other" } },
  { version: 1, database: { migrate_command: "" } },
  { version: 1, database: { migrate_command: "a".repeat(4001) } },
  { version: 1, user_facing_note: "a".repeat(2001) },
  { version: 1, post_deploy_commands: {} },
  { version: 1, post_deploy_commands: [{}] },
  { version: 1, post_deploy_commands: [{ command: "a", extra: 1 }] },
  { version: 1, process: {} }
]

/** A key that is missing, or has one of these values: right ones first, then one that is wrong. */
const some = <const Values extends ReadonlyArray<string | number>>(...values: Values) =>
  Schema.optionalKey(Schema.Literals(values))

/** Contracts that are right or wrong in one or two places. */
const almostRight = Schema.Struct({
  version: Schema.Literal(1),
  compose: Schema.optionalKey(Schema.Struct({ file: some("a/b.yml", "c.yml", "../x"), service: some("app", "web") })),
  runtime: Schema.optionalKey(
    Schema.Struct({
      internal_port: some(8080, 1, 65_535, 0),
      healthcheck_path: some("/", "/up?a=1", "/a//b", "//b"),
      startup_timeout_seconds: some(1, 60, 3600)
    })
  ),
  database: Schema.optionalKey(Schema.Struct({ migrate_command: some("a", "b") })),
  logging: Schema.optionalKey(
    Schema.Struct({ service: some("app", "web"), type: some("file", "docker"), path: some("/a", "/b/*.log") })
  ),
  post_deploy_commands: Schema.optionalKey(
    Schema.Array(Schema.Struct({ command: some("a", "b", "c", "d"), description: some("x", 1) }))
  ),
  user_facing_note: some("a", "b", "c", 1)
})

describe("the JSON Schema", () => {
  it("accepts what the server accepts", () => {
    for (const document of right) assert.isTrue(verdict(document))
  })

  it("rejects what the server rejects", () => {
    for (const document of wrong) assert.isFalse(verdict(document))
  })

  it.effect("agrees with the server about contracts that are almost right", () =>
    Effect.gen(function* () {
      const documents = yield* Arbitrary.sampleEffect(Arbitrary.schema(almostRight), { count: 1000, seed: "contract" })
      const accepted = documents.filter(verdict).length
      assert.isAbove(accepted, 100)
      assert.isBelow(accepted, 900)
    })
  )

  it("describes every key", () => {
    const undescribed = (node: unknown, path: string): ReadonlyArray<string> => {
      if (!Predicate.isObject(node)) return []
      const properties = node["properties"]
      const inside = Predicate.isObject(properties) ? Object.entries(properties) : []
      return [
        ...inside.flatMap(([key, child]) => [
          ...(Predicate.isObject(child) && typeof child["description"] === "string" ? [] : [`${path}.${key}`]),
          ...undescribed(child, `${path}.${key}`)
        ]),
        ...undescribed(node["items"], `${path}[]`)
      ]
    }
    assert.deepStrictEqual(undescribed(schema, ""), [])
  })

  it("is what the package's command writes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "productbuilding-schema-"))
    try {
      const target = join(folder, "schema", "config.schema.json")
      await promisify(execFile)(process.execPath, [join(import.meta.dirname, "../scripts/jsonSchema.ts"), target])
      assert.deepStrictEqual(JSON.parse(await readFile(target, "utf8")), JSON.parse(JSON.stringify(schema)))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
