/** `doctor` */
import { Console, Effect, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { saidWrong } from "../CommandFailure.ts"
import { examine } from "../doctor/Doctor.ts"
import { Finding } from "../doctor/Finding.ts"
import { hint, lineWidth, type Palette, palette, printJson, wrap } from "../Output.ts"

const signs = { ok: "✓", warn: "!", error: "✗" } as const

const nameWidth = 16

const linesOf = (finding: Finding, colors: Palette, width: number): ReadonlyArray<string> => {
  const color = { ok: colors.good, warn: colors.wait, error: colors.bad }[finding.level]
  const indent = " ".repeat(nameWidth + 2)
  const [first = "", ...rest] = wrap(finding.found, width - indent.length)
  const advice = finding.advice === null ? [] : wrap(`→ ${finding.advice}`, width - indent.length - 2)
  return [
    `${color(signs[finding.level])} ${finding.check.padEnd(nameWidth)}${first}`,
    ...rest.map((line) => indent + line),
    ...advice.map((line, index) => indent + colors.bold(index === 0 ? line : `  ${line}`))
  ]
}

/** Looks at this machine with the server's environment; ends with 1 when something keeps previews from working. */
export const doctor = Effect.fnUntraced(function* (options: { readonly json: boolean }) {
  const findings = yield* Effect.provide(examine, FetchHttpClient.layer)
  const errors = findings.filter(({ level }) => level === "error").length
  const warnings = findings.filter(({ level }) => level === "warn").length
  if (options.json) {
    yield* printJson(Schema.Array(Finding), findings)
  } else {
    const colors = yield* palette
    const width = Math.min(100, yield* lineWidth)
    yield* Console.log(findings.flatMap((finding) => linesOf(finding, colors, width)).join("\n"))
    yield* hint(
      errors > 0
        ? `\n${errors} of ${findings.length} findings keep${errors === 1 ? "s" : ""} previews from working; ${warnings} more to look at.`
        : warnings > 0
          ? `\nPreviews can work; ${warnings} of ${findings.length} findings to look at.`
          : "\nEverything is as it should be."
    )
  }
  if (errors > 0) return yield* saidWrong
})
