import { it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import { assert, describe } from "vitest"
import {
  maxContractBytes,
  missingContractMessage,
  parseContract,
  renderProblems,
  renderProblemsMarkdown
} from "../src/ContractFile.ts"
import { Problem } from "../src/Runtime.ts"

const lines = (...text: ReadonlyArray<string>) => `${text.join("\n")}\n`

/** `line:column key message` of each mistake. */
const mistakes = (text: string): ReadonlyArray<string> => {
  const parsed = parseContract(text)
  assert(Result.isFailure(parsed), `accepted: ${text}`)
  return parsed.failure.map(({ column, key, line, message }) => `${line}:${column} ${key} ${message}`)
}

const mistake = (text: string): string => {
  const found = mistakes(text)
  assert.strictEqual(found.length, 1, found.join("\n"))
  return found[0] ?? ""
}

describe("a right contract", () => {
  it("needs nothing but its version", () => {
    const parsed = parseContract("version: 1")
    assert(Result.isSuccess(parsed))
    assert.deepStrictEqual(
      { ...parsed.success },
      {
        version: 1,
        compose: { file: ".productbuilding/preview/docker-compose.yml", service: "app" },
        runtime: { internal_port: 8080, healthcheck_path: "/healthz", startup_timeout_seconds: 300 },
        logging: { type: "docker" },
        post_deploy_commands: []
      }
    )
  })

  it("keeps every key that is written", () => {
    const parsed = parseContract(
      lines(
        "version: 1",
        "compose: { file: deploy/preview.yml, service: web }",
        "runtime:",
        "  internal_port: 3000",
        "  healthcheck_path: /up?deep=1",
        "  startup_timeout_seconds: 60",
        "database: { migrate_command: go run ./cmd/migrate up }",
        "logging: { service: web, type: file, path: /var/log/app/*.log }",
        'user_facing_note: "Test login: admin / secret"',
        "post_deploy_commands:",
        "  - { service: web, command: /app/seed-data, description: Seed demo data }",
        "process: { command: node server.js }"
      )
    )
    assert(Result.isSuccess(parsed))
    assert.deepStrictEqual(
      { ...parsed.success },
      {
        version: 1,
        compose: { file: "deploy/preview.yml", service: "web" },
        runtime: { internal_port: 3000, healthcheck_path: "/up?deep=1", startup_timeout_seconds: 60 },
        database: { migrate_command: "go run ./cmd/migrate up" },
        logging: { service: "web", type: "file", path: "/var/log/app/*.log" },
        user_facing_note: "Test login: admin / secret",
        post_deploy_commands: [{ service: "web", command: "/app/seed-data", description: "Seed demo data" }],
        process: { command: "node server.js" }
      }
    )
  })

  it.each([
    ["a byte order mark and CRLF", "\ufeffversion: 1\r\nruntime:\r\n  internal_port: 3000\r\n"],
    ["anchors and aliases", lines("version: 1", "compose: { service: &main web }", "logging: { service: *main }")],
    ["mappings whose keys are all left out", lines("version: 1", "database: {}", "compose: {}", "logging: {}")],
    ["the end marker", lines("---", "version: 1", "...")],
    [
      "the example of the message for a missing file",
      missingContractMessage.slice(missingContractMessage.indexOf("version"))
    ]
  ])("may have %s", (_, text) => {
    assert(Result.isSuccess(parseContract(text)))
  })
})

describe("mistakes", () => {
  it("are told all at once, in the order of the file, each with its place", () => {
    assert.deepStrictEqual(
      mistakes(
        lines(
          "version: 1",
          "runtime:",
          "  internal_port: 99999",
          "  healthcheck_pth: /x",
          "  startup_timeout_seconds: '3'",
          "logging:",
          "  type: fil",
          "post_deploy_commands:",
          "  - service: a",
          "  - command: ''",
          "    desc: 3",
          "healthcheck_path: /a",
          "user_facing_note: 3"
        )
      ),
      [
        "3:18 runtime.internal_port must be a whole number from 1 to 65535; found 99999.",
        "4:3 runtime.healthcheck_pth is not a known key; did you mean `healthcheck_path`? Known here: internal_port, healthcheck_path, startup_timeout_seconds.",
        '5:28 runtime.startup_timeout_seconds must be a number; found "3". Write it without quotes.',
        '7:9 logging.type must be "docker" or "file"; found "fil".',
        "9:5 post_deploy_commands[0].command is missing.",
        '10:14 post_deploy_commands[1].command must be a command; found "".',
        "11:5 post_deploy_commands[1].desc is not a known key. Known here: service, command, description.",
        "12:1 healthcheck_path is not a known key; did you mean `runtime.healthcheck_path`? Known here: version, compose, runtime, database, logging, user_facing_note, post_deploy_commands, process.",
        '13:19 user_facing_note must be a text; found 3. Put it in quotes: "3".'
      ]
    )
  })

  it.each<[string, string, string]>([
    [
      "another version, and nothing else then",
      "version: 2\nfoo: 1",
      "1:10 version version 2 is not known; this server reads version 1."
    ],
    ["a quoted version", "version: '1'", '1:10 version must be 1; found "1". Write it without quotes.'],
    ["no version", "compose: {}", "1:1 version is missing; write version: 1"],
    ["an empty file", "# nothing\n", "1:1 version The file is empty. It must begin with version: 1"],
    ["a list instead of a mapping", "- version: 1", "1:1  The file must be a mapping that begins with version: 1"],
    ["a key given twice", "version: 1\nversion: 1", "2:1 version is given twice; remove one of the two."],
    [
      "a key given twice further inside",
      "version: 1\npost_deploy_commands:\n  - command: a\n    command: b",
      "4:5 post_deploy_commands[0].command is given twice; remove one of the two."
    ],
    [
      "a second document",
      "version: 1\n---\nversion: 1",
      "3:1  The file holds more than one document; remove everything from the second --- on."
    ],
    [
      "tabs",
      "version: 1\nruntime:\n\tinternal_port: 1",
      "3:1  This is not YAML: the line is indented with a tab; use spaces."
    ],
    ["a tag", "version: !!js/function 1", "1:10  This is not YAML: Unresolved tag: tag:yaml.org,2002:js/function."],
    [
      "a key without a value",
      "version: 1\ndatabase:\n",
      "2:10 database must be a mapping; found nothing. Write what belongs there, or remove the key."
    ],
    [
      "type: file without a path",
      "version: 1\nlogging: { type: file }",
      "2:10 logging.path is missing, but type: file needs it, for example /var/log/app/*.log."
    ],
    [
      "a path without type: file",
      "version: 1\nlogging: { path: /var/log/app.log }",
      "2:12 logging.path is read only with type: file. Set logging.type to file, or remove the path."
    ],
    [
      "a compose file outside the repository",
      "version: 1\ncompose: { file: ../other.yml }",
      '2:18 compose.file must be a path inside the repository, without .. and without a / at its beginning; found "../other.yml".'
    ],
    [
      "a .. behind a line break",
      'version: 1\ncompose: { file: "a\\n/../../x" }',
      '2:18 compose.file must be a path inside the repository, without .. and without a / at its beginning; found "a\\n/../../x".'
    ],
    [
      "a health check on another host",
      "version: 1\nruntime: { healthcheck_path: //evil.example/ }",
      '2:30 runtime.healthcheck_path must be a path that begins with a single /, without spaces, # and \\; found "//evil.example/".'
    ],
    [
      "an alias without an anchor",
      "version: 1\nuser_facing_note: *gone",
      "2:19  The aliases of this file are refused: Unresolved alias (the anchor must be set before the alias): gone."
    ],
    [
      "a value that contains itself",
      "version: 1\nuser_facing_note: &a [*a]",
      "2:22 user_facing_note must be a text; found a list."
    ],
    [
      "a key named like a part of JavaScript",
      "version: 1\n__proto__: { polluted: true }",
      "2:1 __proto__ is not a known key. Known here: version, compose, runtime, database, logging, user_facing_note, post_deploy_commands, process."
    ],
    [
      "a key of several lines",
      'version: 1\nruntime: { "a\\n|`@x": 1 }',
      '2:12 runtime."a\\n|`@x" is not a known key. Known here: internal_port, healthcheck_path, startup_timeout_seconds.'
    ]
  ])("include %s", (_, text, expected) => {
    assert.strictEqual(mistake(text), expected)
  })

  it("of a key and of its duplicate are told together with the others", () => {
    assert.deepStrictEqual(
      mistakes("version: 1\nversion: 1\nruntme: {}").map((text) => text.slice(0, 24)),
      ["2:1 version is given twi", "3:1 runtme is not a know"]
    )
  })

  it("beyond fifty are counted", () => {
    const found = mistakes(`version: 1\n${Array.from({ length: 60 }, (_, index) => `key${index}: 1`).join("\n")}`)
    assert.strictEqual(found.length, 51)
    assert.match(found.at(-1) ?? "", /There are 10 more mistakes\./)
  })
})

describe("hostile text", () => {
  it("larger than 64 KiB is not read, counted in bytes", () => {
    const text = `version: 1\n# ${"ä".repeat(maxContractBytes / 2)}`
    assert.isBelow(text.length, maxContractBytes)
    assert.match(mistake(text), /The file has 65549 bytes; at most 65536 are read\./)
  })

  it.each([
    ["a billion laughs", lines("a: &a [x,x]", `b: &b [${"*a,".repeat(30)}]`, `c: [${"*b,".repeat(30)}]`)],
    ["deep nesting of lists", "[".repeat(60_000)],
    ["deep nesting of mappings", "{".repeat(60_000)],
    ["deep nesting of blocks", "- ".repeat(30_000)],
    ["deep nesting of keys", "? ".repeat(30_000)],
    ["thousands of aliases", `x: [${"*z,".repeat(20_000)}]`],
    ["thousands of documents", "---\n".repeat(16_000)],
    ["thousands of anchors", "&a ".repeat(20_000)],
    ["a long tag", "!".repeat(60_000)]
  ])("such as %s is a few short mistakes", (_, text) => {
    const parsed = parseContract(text)
    assert(Result.isFailure(parsed))
    assert.isAtMost(parsed.failure.length, 10)
    assert.isBelow(renderProblems(parsed.failure).length, 4000)
  })
})

describe("any text", () => {
  const seed = "any-contract"
  const piece = Schema.Literals([
    ..."version: 1|compose:|runtime:|logging:|type: file|path: /a|service: web|internal_port: 3000|post_deploy_commands:|command: a|database:|process:".split(
      "|"
    ),
    ..."&a|*a|<<: *a|!!set|!<x>|? |- |: |{|}|[|]|,|\"|'|\\|#|%YAML 1.1|---|...|>-|`|@|\u0000|\ufeff|\ud83d|__proto__: 1|~|null|.nan|0x1|1e999|2026-11-21".split(
      "|"
    ),
    "|",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t"
  ])
  const pieces = Arbitrary.map(Arbitrary.array(Arbitrary.schema(piece), { maxLength: 40 }), (all) => all.join(""))

  it.effect.each([
    ["of characters", Arbitrary.schema(Schema.String)],
    ["of pieces of YAML", pieces],
    ["that begins rightly", Arbitrary.map(pieces, (text) => `version: 1\n${text}`)]
  ] as const)("%s is a contract or has mistakes, each in the file", ([, texts]) =>
    Effect.gen(function* () {
      for (const text of yield* Arbitrary.sampleEffect(texts, { count: 1500, seed })) {
        const where = `seed ${seed}: ${JSON.stringify(text)}`
        const parsed = parseContract(text)
        if (Result.isSuccess(parsed)) {
          assert.strictEqual(parsed.success.version, 1, where)
          continue
        }
        assert.isNotEmpty(parsed.failure, where)
        const last = text.split("\n").length
        for (const { line, message } of parsed.failure) {
          assert.isTrue(line === undefined || (line >= 1 && line <= last), where)
          assert.isNotEmpty(message, where)
        }
      }
    })
  )
})

describe("problems as text", () => {
  const hostile = new Problem({
    file: "a`b`\n.yml",
    line: 3,
    column: 7,
    key: "services.`|**@acme**\n# x",
    message:
      "found <img src=x onerror=alert(1)> | @everyone see #1 and https://evil.example `code` ``` \n# heading\n- item"
  })

  it("are a line each", () => {
    const problems = [new Problem({ file: "x.yml", key: "", message: "gone" }), hostile]
    const text = renderProblems(problems)
    assert.strictEqual(text.split("\n").length, 2)
    assert.match(text, /^x\.yml gone\na`b` \.yml:3:7 services\./)
  })

  it("are a Markdown list that nothing breaks out of", () => {
    const markdown = renderProblemsMarkdown([hostile, new Problem({ file: "x.yml", key: "a", message: "gone" })])
    const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
    assert.notMatch(html, /<(?!\/?(?:ul|li|code|strong)>)/)
    assert.strictEqual(html.match(/<li>/g)?.length, 2)
    const withoutCode = html.replace(/<code>.*?<\/code>/g, "")
    assert.notMatch(withoutCode, /@|#1|https:/)
  })

  it("of a plain mistake read as they should", () => {
    const problem = new Problem({ file: "x.yml", line: 1, column: 2, key: "a.b_c", message: "did you mean `b_d`?" })
    assert.strictEqual(renderProblemsMarkdown([problem]), "- `x.yml:1:2` **`a.b_c`** did you mean `b_d`?")
    assert.strictEqual(renderProblems([problem]), "x.yml:1:2 a.b_c did you mean `b_d`?")
  })
})
