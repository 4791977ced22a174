/** Which verbs and nouns of a team's daily work a text is about. */

type Entry = readonly [concept: string, pattern: RegExp]

/** Verbs that change something, so that a tool for them is called only where its own verb is said. */
const writing: ReadonlyArray<Entry> = [
  [
    "create",
    /\b(creat\w*|draft\w*|writer|raise an?|(?:open|file|log|write|add|make|report|need|want) (?:an?|another|new|the following|this as)\b|new)\b/
  ],
  ["close", /\b(clos(?:e|es|ed|ing|er)|resolve[sd]?|resolving|won'?t ?fix)\b/],
  ["reopen", /\bre-?open\w*/],
  ["comment", /\b(comment\w*|repl(?:y|ies|ied)|respond\w*)\b/],
  [
    "implement",
    /\b(implement\w*|delegat\w*|(?:build|fix|code|solve|do) (?:it|this|that|the|an?|#|issue)|work on|take care of|coding agent)/
  ],
  ["assign", /\bassign\w*/],
  ["redeploy", /\b(re-?deploy\w*|deploy|re-?build|re-?run|re-?start)\b/],
  ["wake", /\b(wak(?:e|es|ing)|awake|start|resume)\b/],
  ["stop", /\b(stop\w*|sleep\w*|put .* to sleep|pause|shut ?down|suspend)\b/],
  ["delete", /\b(delet\w*|remov\w*|destroy\w*|drop|tear ?down|purge|wipe|erase)\b/],
  ["merge", /\bmerg\w*/],
  ["label", /\b(label\w*|tag (?:it|this|#))/],
  ["update", /\b(edit\w*|updat\w*|chang\w*|renam\w*|set)\b/],
  ["approve", /\b(approv\w*|confirm\w*|grant\w*|accept\w*)\b/],
  ["publish", /\b(publish\w*|releas(?:e|ing)|promot\w*|roll ?back)\b/],
  ["push", /\b(push\w*|commit (?:it|this|to)|write (?:the )?file)\b/],
  ["send", /\b(send\w*|post\w*|upload\w*|forward\w*|notify|invit\w*)\b/],
  ["run", /\b(run|exec\w*|invoke)\b/]
]

const reading: ReadonlyArray<Entry> = [
  ["list", /\b(list\w*|show|overview)\b/],
  ["search", /\b(search\w*|find\w*|look (?:for|up|into)|where|research\w*|investigat\w*|similar|duplicates?|grep)\b/],
  ["status", /\b(status\w*|state|progress|how (?:is|are|far|did)|ready|done|passing|green|ci)\b/],
  ["read", /\b(get|read|fetch|view|details?|describe|explain|summar\w*|look at|tell me about)\b/],
  ["log", /\b(logs?|stack ?traces?|why\b.*\b(?:fail|broke|red|crash|down|not)\w*)\b/]
]

const nouns: ReadonlyArray<Entry> = [
  ["issue", /\b(issues?|bugs?|tickets?|tasks?|feature requests?)\b/],
  ["pull", /\b(pull requests?|pulls?|prs?|merge requests?)\b/],
  ["preview", /\b(previews?|environments?)\b/],
  ["deployment", /\b(deployments?|releases?|production|staging)\b/],
  ["check", /\b(checks?|ci|tests?|pipelines?)\b/],
  ["code", /\b(code|source|function|class|module)\b/],
  ["file", /\b(files?|folder|readme)\b/],
  ["branch", /\bbranch(?:es)?\b/],
  ["commit", /\bcommits?\b/],
  ["repository", /\b(repositor(?:y|ies)|repos?|projects?)\b/],
  ["document", /\b(docs?|documentation|web|pages?|url)\b/],
  ["thread", /\b(threads?|channels?|conversations?|messages?)\b/],
  ["secret", /\b(secrets?|tokens?|credentials?|passwords?|keys?)\b/]
]

export interface Concepts {
  /** That change something. */
  readonly writes: ReadonlySet<string>
  readonly reads: ReadonlySet<string>
  readonly nouns: ReadonlySet<string>
}

const found = (entries: ReadonlyArray<Entry>, text: string): ReadonlySet<string> =>
  new Set(entries.filter(([, pattern]) => pattern.test(text)).map(([concept]) => concept))

/** `createIssue`, `create_issue` and `create-issue` as words. */
export const spoken = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[_\-./:]+/g, " ")
    .toLowerCase()
    .trim()

export const conceptsOf = (text: string): Concepts => {
  const lower = text.toLowerCase()
  return { writes: found(writing, lower), reads: found(reading, lower), nouns: found(nouns, lower) }
}

/** Of a tool's or a choice's name: `add_comment` is about commenting, not about adding. */
export const conceptsOfName = (name: string): Concepts => {
  const words = spoken(name)
  const all = conceptsOf(/^(add|make|open|write|post|submit)\b/.test(words) ? `create ${words}` : words)
  const own = new Set(all.writes)
  if (own.size > 1) for (const vague of ["create", "update", "send", "run"]) own.delete(vague)
  return { ...all, writes: own.size > 0 ? own : all.writes, reads: own.size > 0 ? new Set() : all.reads }
}

export const isQuestion = (text: string): boolean =>
  /\?\s*$/.test(text) ||
  /^\s*(what|which|who|how|why|where|when|is|are|did|does|do|can you (?:show|tell))\b/i.test(text)

const numbered = /(?:^|[\s(])(?:[\w.-]+\/[\w.-]+)?#\d+|\/(?:issues|pull)\/\d+/

const plural =
  /\b(issues|bugs|tickets|tasks|pull requests|pulls|prs|previews|deployments|checks|files|commits|branches)\b/

/**
 * How well a tool fits what is said; below 3 it does not. A tool that changes something fits only where its own verb is
 * said.
 */
export const fit = (name: string, text: string): number => {
  const tool = conceptsOfName(name)
  const asked = conceptsOf(text)
  let score = 0
  for (const verb of tool.writes) score += asked.writes.has(verb) ? 4 : -6
  for (const verb of tool.reads) {
    if (asked.reads.has(verb)) score += 4
    else if (verb === "log") score -= 3
    else score += asked.reads.size > 0 || (isQuestion(text) && asked.writes.size === 0) ? 1 : -2
  }
  if (tool.writes.size === 0 && tool.reads.size === 0 && (asked.reads.size > 0 || isQuestion(text))) score += 2
  // NOTE: who asks for a change does not ask for a list, but for what words such as `all` happen to say.
  if (tool.writes.size === 0 && asked.writes.size > 0 && !isQuestion(text)) score -= 3
  const isNumbered = numbered.test(text)
  for (const noun of tool.nouns) {
    if (asked.nouns.has(noun)) score += 2
    else if ((noun === "issue" || noun === "pull") && asked.nouns.size === 0 && isNumbered) score += 1
    else score -= asked.nouns.size > 0 ? 2 : 1
  }
  // NOTE: a number asks for one thing, and a noun in the plural for several.
  const isPlural = plural.test(spoken(name))
  if (isPlural ? !isNumbered && plural.test(text.toLowerCase()) : isNumbered) score += 1
  return score
}
