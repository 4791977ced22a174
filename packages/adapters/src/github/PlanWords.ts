/** What somebody answers to a proposal in a comment, and how they are told to. Pure. */

/** `approve: true` with `steps`: these alone, or all but these. Numbers are those of the proposal, from 1. */
export interface PlanAnswer {
  readonly approve: boolean
  readonly steps?: { readonly which: "only" | "without"; readonly numbers: ReadonlyArray<number> }
}

const yes = new Set(["approve", "approved", "yes", "do it", "go ahead", "go on"])
const no = new Set(["cancel", "reject", "no", "don't", "stop here"])

/** `approve 1, 3`, `approve only step 2`, `approve all without 1 and 2`. */
const partly =
  /^(?<yes>.+?)(?: all)?,?\s+(?:(?<which>only|without|except)\s+)?(?:steps?\s+)?(?<numbers>\d+(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+)\d+)*)$/

/** The answer that a comment is, given without the mention and in small letters; `undefined` for anything else. */
export const planAnswerOf = (words: string): PlanAnswer | undefined => {
  if (yes.has(words)) return { approve: true }
  if (no.has(words)) return { approve: false }
  const groups = partly.exec(words)?.groups
  if (groups === undefined || !yes.has(groups["yes"] ?? "")) return undefined
  const numbers = Array.from((groups["numbers"] ?? "").matchAll(/\d+/g), ([digits]) => Number(digits))
  const isWithout = groups["which"] === "without" || groups["which"] === "except"
  return { approve: true, steps: { which: isWithout ? "without" : "only", numbers } }
}

/** The ids of the calls that an answer leaves out; else, in `missing`, the numbers that the plan does not have. */
export const leftOutBy = (
  { steps }: PlanAnswer,
  calls: ReadonlyArray<{ readonly id: string }>
): { readonly without: ReadonlyArray<string>; readonly missing: ReadonlyArray<number> } => {
  if (steps === undefined) return { without: [], missing: [] }
  const named = new Set(steps.numbers)
  return {
    without: calls.flatMap(({ id }, index) => (named.has(index + 1) === (steps.which === "without") ? [id] : [])),
    missing: steps.numbers.filter((number) => number < 1 || number > calls.length)
  }
}

/** How somebody can answer to so many steps. `name` is how the agent is mentioned. */
export const answersTo = (count: number, name: string): string => {
  const words = (answer: string) => `\`@${name} ${answer}\``
  return count < 2
    ? `${words("approve")} or ${words("cancel")}`
    : `${words("approve")}, for a part of it ${words(count > 2 ? "approve 1, 3" : "approve 1")} or ${words("approve without 2")}, or ${words("cancel")}`
}
