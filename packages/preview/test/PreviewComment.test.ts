import { it } from "@effect/vitest"
import { CommitSha, OperationId, PullRequestNumber, RepositoryName } from "@productbuilding/core"
import { Arbitrary, DateTime, Effect, Schema } from "effect"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import { assert, describe } from "vitest"
import { EnvironmentName, Preview, PreviewFailure, PreviewId, type Stage, StageTiming } from "../src/Preview.ts"
import { commentMarker, isPreviewComment, maxCommentLength, renderPreviewComment } from "../src/PreviewComment.ts"

const id = PreviewId.make("acme/shop#12")
const sha = (digit: string) => CommitSha.make(digit.repeat(40))

const preview = (change: Partial<Preview> = {}) =>
  new Preview({
    id,
    repository: RepositoryName.make("acme/shop"),
    pullRequest: PullRequestNumber.make(12),
    title: "Add a cart",
    author: "ada",
    headRef: "cart",
    fromFork: false,
    pullRequestUrl: "https://github.com/acme/shop/pull/12",
    environment: EnvironmentName.make("pb-acme-shop-pr-12"),
    host: "pr-12-preview.acme.dev",
    url: "https://pr-12-preview.acme.dev/",
    state: "ready",
    sha: sha("a"),
    runningSha: null,
    operationId: OperationId.make("op"),
    approvedSha: null,
    removedSha: null,
    failure: null,
    stages: [],
    note: null,
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0),
    version: 1,
    ...change
  })

/** Stages one after the other, each with its duration in milliseconds; `null` is still running. */
const stages = (...took: ReadonlyArray<readonly [Stage, number | null]>) => {
  let now = 0
  return took.map(([stage, ms]) => {
    const startedAt = DateTime.makeUnsafe(now)
    now += ms ?? 0
    return new StageTiming({ stage, startedAt, endedAt: ms === null ? null : DateTime.makeUnsafe(now) })
  })
}

const failed = (stage: PreviewFailure["stage"], summary: string, evidence = "") =>
  preview({ state: "failed", failure: new PreviewFailure({ stage, summary, evidence }) })

const commit = (digit: string) => `[\`${digit.repeat(7)}\`](https://github.com/acme/shop/commit/${digit.repeat(40)})`
const host = "[pr-12-preview.acme.dev](https://pr-12-preview.acme.dev/)"
const marker = "<!-- productbuilding:preview:acme/shop#12 -->"
const text = (...lines: ReadonlyArray<string>) => lines.join("\n")

const html = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })

/** What GitHub looks for names, issues and links in: the text that is no code, and every tag. */
const outsideCode = (markdown: string) => html(markdown).replace(/<code[^>]*>[\s\S]*?<\/code>/g, "")

describe("the marker", () => {
  it("is found at the beginning of our comment and nowhere else", () => {
    const body = renderPreviewComment(preview())
    assert.isTrue(body.startsWith(`${marker}\n`))
    assert.strictEqual(commentMarker(id), marker)
    assert.isTrue(isPreviewComment(body, id))
    assert.isTrue(isPreviewComment(body.replaceAll("\n", "\r\n"), id))
    assert.isFalse(isPreviewComment(`> ${body}`, id))
    assert.isFalse(isPreviewComment(body, PreviewId.make("acme/shop#1")))
    assert.isFalse(isPreviewComment(renderPreviewComment(preview({ id: PreviewId.make("acme/shop#123") })), id))
  })
})

describe("each state", () => {
  it("pending", () => {
    assert.strictEqual(
      renderPreviewComment(preview({ state: "pending" })),
      text(marker, "", `⏳ **Preview queued** for ${commit("a")}`, "", `It will answer at ${host}.`)
    )
  })

  it("building, while an older release answers", () => {
    assert.strictEqual(
      renderPreviewComment(preview({ state: "building", runningSha: sha("b"), stages: stages(["fetch", null]) })),
      text(
        marker,
        "",
        `🔨 **Building the preview** of ${commit("a")}`,
        "",
        `Until it is ready, ${commit("b")} goes on answering at ${host}.`
      )
    )
  })

  it("deploying, with what is done so far", () => {
    const so = stages(["fetch", 400], ["contract", 20], ["compose", 300], ["build", 61_500], ["start", null])
    assert.strictEqual(
      renderPreviewComment(preview({ state: "deploying", stages: so })),
      text(
        marker,
        "",
        `🚀 **Starting the preview** of ${commit("a")}`,
        "",
        `It will answer at ${host}.`,
        "",
        "<details>",
        "<summary>So far 1 min 2 s</summary>",
        "",
        "| Stage | Took |",
        "| --- | ---: |",
        "| ✅ Fetch source | 0.4 s |",
        "| ✅ Read contract | 0.0 s |",
        "| ✅ Check compose file | 0.3 s |",
        "| ✅ Build | 1 min 2 s |",
        "",
        "</details>"
      )
    )
  })

  it("ready, with the note and the time of each stage", () => {
    const took = stages(["fetch", 400], ["build", 12_300], ["start", 900], ["readiness", 1200], ["post-deploy", 500])
    const note = "Test login: admin@acme.dev / p@ss_word*\nSee https://acme.dev/docs, or ask."
    assert.strictEqual(
      renderPreviewComment(preview({ stages: took, note, runningSha: sha("a") })),
      text(
        marker,
        "",
        `✅ **Preview ready** at **${host}** for ${commit("a")}`,
        "",
        "> Test login: `admin@acme.dev` / `p@ss_word*`",
        "> See `https://acme.dev/docs`, or ask.",
        "",
        "<details>",
        "<summary>Ready after 15.3 s</summary>",
        "",
        "| Stage | Took |",
        "| --- | ---: |",
        "| ✅ Fetch source | 0.4 s |",
        "| ✅ Build | 12.3 s |",
        "| ✅ Start | 0.9 s |",
        "| ✅ Wait until it answers | 1.2 s |",
        "| ✅ Post-deploy commands | 0.5 s |",
        "",
        "</details>"
      )
    )
  })

  it("failed, with the stage, the cause, the log in a fold, and what to do", () => {
    const { failure } = failed(
      "readiness",
      "Nothing listens on port 8080, but 3000 is open.",
      "\u001b[32mready\u001b[0m\nlistening"
    )
    const took = stages(["build", 1000], ["readiness", 300_000])
    assert.strictEqual(
      renderPreviewComment(preview({ state: "failed", failure, stages: took })),
      text(
        marker,
        "",
        `❌ **Preview failed** for ${commit("a")}`,
        "",
        "**Wait until it answers:** Nothing listens on port 8080, but 3000 is open.",
        "",
        "The next push tries again; an operator can try this commit again with `productbuilding preview redeploy acme/shop#12`.",
        "",
        "<details>",
        "<summary>The end of the log</summary>",
        "",
        "```text",
        "ready",
        "listening",
        "```",
        "",
        "</details>",
        "",
        "<details>",
        "<summary>Failed after 5 min 1 s</summary>",
        "",
        "| Stage | Took |",
        "| --- | ---: |",
        "| ✅ Build | 1.0 s |",
        "| ❌ Wait until it answers | 5 min 0 s |",
        "",
        "</details>"
      )
    )
  })

  it("failed on mistakes in the contract, which are a list with their places", () => {
    const evidence = "a/config.yml:1:1 version is missing\na/config.yml:3:4 x_y is not a known key; did you mean `x_z`?"
    assert.strictEqual(
      renderPreviewComment(failed("contract", "a/config.yml has 2 mistakes.", evidence)),
      text(
        marker,
        "",
        `❌ **Preview failed** for ${commit("a")}`,
        "",
        "**Read contract:** a/config.yml has 2 mistakes.",
        "",
        "The next push tries again; an operator can try this commit again with `productbuilding preview redeploy acme/shop#12`.",
        "",
        "- `a/config.yml:1:1` version is missing",
        "- `a/config.yml:3:4` x\\_y is not a known key; did you mean `x_z`?"
      )
    )
  })

  it("failed for want of a contract, with the example as it is to be written", () => {
    assert.include(
      renderPreviewComment(failed("contract", "None.", "Create x:\n\nversion: 1")),
      "```text\nCreate x:\n\nversion: 1\n```"
    )
  })

  it("failed without a log", () => {
    assert.notInclude(renderPreviewComment(failed("fetch", "The server's disk is full.")), "<details")
  })

  it("failed to be removed", () => {
    assert.strictEqual(
      renderPreviewComment(failed("teardown", "A container does not end.")),
      text(
        marker,
        "",
        "⚠️ **The preview could not be removed**",
        "",
        "A container does not end.",
        "",
        "An operator can try again with `productbuilding preview rm acme/shop#12`."
      )
    )
  })

  it("blocked, with what an operator can do", () => {
    assert.strictEqual(
      renderPreviewComment(preview({ state: "blocked", fromFork: true })),
      text(
        marker,
        "",
        `🔒 **Preview of ${commit("a")} waits for an approval**`,
        "",
        "This commit comes from a fork, and its code would run on the operator's machine. Having looked at it, an operator allows this very commit with",
        "",
        "```sh",
        `productbuilding preview approve acme/shop#12 --sha ${"a".repeat(40)}`,
        "```"
      )
    )
  })

  it("closing", () => {
    assert.strictEqual(
      renderPreviewComment(preview({ state: "closing" })),
      text(marker, "", "🧹 **Removing the preview**")
    )
  })

  it("deleted", () => {
    assert.strictEqual(
      renderPreviewComment(preview({ state: "deleted", note: "left over", stages: stages(["build", 1]) })),
      text(marker, "", "🗑️ **Preview removed**: its containers, networks, volumes and images are gone")
    )
  })
})

describe("text of others", () => {
  /** Pieces that mean something to Markdown, to HTML or to GitHub; joined at random they find every seam. */
  const piece = Schema.Literals([
    "@acme",
    "@",
    "#12",
    "GH-7",
    "acme/shop#3",
    "https://evil.example",
    "www.evil.example",
    "mailto:a@b.c",
    "deadbeefcafe",
    "<script>",
    "</details>",
    "<!--",
    "-->",
    "<img src=x>",
    "&lt;",
    "[x](http://y)",
    "![x](y)",
    "[^1]",
    "[x]: y",
    "`",
    "``",
    "```",
    "~~~",
    "*",
    "**",
    "_",
    "__",
    "~",
    "|",
    "---",
    "===",
    ":-",
    "-",
    "+",
    "1.",
    ">",
    "# ",
    "$x$",
    "\\",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "    ",
    "\t",
    "word",
    "ä",
    "😀",
    "\u202e",
    "\u001b[31m",
    "</code>",
    "\ud83d"
  ])
  const texts = Arbitrary.map(Arbitrary.array(Arbitrary.schema(piece), { maxLength: 24 }), (pieces) => pieces.join(""))

  const tags =
    /<\/?(?:blockquote|p|code|strong|pre|details|summary|table|thead|tbody|tr|th|td|a|br)\b[^>]*>|<code class="language-text">|<!-- productbuilding:preview:acme\/shop#12 -->/g

  const isHarmless = (body: string) => {
    const rest = outsideCode(body)
      .replace(/<a href="https:\/\/(?:github\.com\/acme\/shop\/commit\/a+|pr-12-preview\.acme\.dev\/)">/g, "")
      .replace(/<\/a>/g, "")
    assert.notMatch(rest, /<(?:a|img|script|h\d|hr|ul|ol|li|del|em|input|section)\b/)
    const plain = rest.replace(tags, "")
    assert.notMatch(plain, /<|@|#\d|GH-\d|:\/\/|www\.|deadbeef|mailto/)
  }

  it.effect("in a note mentions nobody, links nothing and stays in its quotation", () =>
    Effect.gen(function* () {
      for (const note of yield* Arbitrary.sampleEffect(texts, { count: 600, seed: "note" })) {
        const body = renderPreviewComment(preview({ note, stages: stages(["build", 1000]) }))
        isHarmless(body)
        const blocks = html(body).replace(/<blockquote>[\s\S]*<\/blockquote>\n/, "")
        assert.strictEqual(blocks, html(renderPreviewComment(preview({ stages: stages(["build", 1000]) }))), note)
      }
    })
  )

  it.effect("in a cause stays on its line", () =>
    Effect.gen(function* () {
      for (const summary of yield* Arbitrary.sampleEffect(texts, { count: 600, seed: "cause" })) {
        const body = renderPreviewComment(failed("build", summary))
        isHarmless(body)
        assert.strictEqual(html(body).match(/<p>/g)?.length, 3, summary)
      }
    })
  )

  it.effect("in a log stays in its fence, as it is", () =>
    Effect.gen(function* () {
      for (const log of yield* Arbitrary.sampleEffect(texts, { count: 600, seed: "log" })) {
        const body = renderPreviewComment(failed("build", "x", `start\n${log}\nend`))
        isHarmless(body)
        const code = /<pre><code class="language-text">start\n([\s\S]*)end\n<\/code><\/pre>/.exec(html(body))
        assert.isNotNull(code, log)
      }
    })
  )

  it.effect("in a list of mistakes stays in its item", () =>
    Effect.gen(function* () {
      for (const mistake of yield* Arbitrary.sampleEffect(texts, { count: 600, seed: "mistake" })) {
        const line = mistake.replace(/\s+/g, " ")
        const body = renderPreviewComment(failed("compose", "x", `${line.replaceAll(" ", "")}a:1:1 b ${line}\nc:1:1 d`))
        isHarmless(body.replace(/\n- /g, "\n\n"))
        assert.strictEqual(html(body).match(/<li>/g)?.length, 2, line)
      }
    })
  )

  it("keeps logins, passwords and code so that they can be copied", () => {
    const body = renderPreviewComment(
      preview({ note: "Log in as ada@acme.dev with `a*b`; pay with 4242|4242 & <enter>" })
    )
    assert.include(body, "> Log in as `ada@acme.dev` with `a*b`; pay with 4242\\|4242 \\& \\<enter\\>")
    assert.include(html(body), "pay with 4242|4242 &amp; &lt;enter&gt;")
  })

  it("shows of a line that was drawn several times the last state, without colours", () => {
    const body = renderPreviewComment(
      failed("build", "x", "\u001b[1mstep 1\u001b[0m\r\n10%\r50%\r100%\n\u001b]0;title\u0007done\u0008")
    )
    assert.include(body, "```text\nstep 1\n100%\ndone\n```")
  })
})

describe("the limit of GitHub", () => {
  it.each([
    ["lines", "x".repeat(99).concat("\n").repeat(2000), "the beginning was cut off"],
    ["one line", "x".repeat(200_000), "the beginning was cut off"],
    ["surrogate pairs", "😀".repeat(100_000), "the beginning was cut off"],
    ["backticks", "`".repeat(100_000), "the beginning was cut off"]
  ])("is kept by cutting the log at its beginning: %s", (_, log, notice) => {
    const body = renderPreviewComment(failed("compose", "y".repeat(5000), `${log}\nthe very end`))
    assert.isAtMost(body.length, maxCommentLength)
    assert.include(body, notice)
    assert.include(body, "the very end\n`")
    assert.isTrue(body.isWellFormed())
    assert.include(body, "</details>")
  })

  it("leaves a log that just fits as it is", () => {
    const room = maxCommentLength - renderPreviewComment(failed("build", "x", "y")).length + 1
    assert.strictEqual(renderPreviewComment(failed("build", "x", "y".repeat(room))).length, maxCommentLength)
    assert.include(renderPreviewComment(failed("build", "x", "y".repeat(room + 1))), "cut off")
  })
})
