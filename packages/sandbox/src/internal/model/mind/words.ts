/** Which verbs and nouns of a team's daily work a text is about. */

type Entry = readonly [concept: string, pattern: RegExp]

/**
 * Verbs that change something, so that a tool for them is called only where its own verb is said. All patterns are over
 * `folded` text: German, Spanish and French are in them without their accents.
 */
const writing: ReadonlyArray<Entry> = [
  [
    "create",
    /\b(creat\w*|draft\w*|writer|raise an?|(?:open|file|log|write|add|make|report|need|want|get) (?:an?|another|new|the following|this as)\b(?! (?:new )?(?:comment|reply|note|label|response|answer))|new (?:issue|bug|ticket|task|feature)\b|write (?:down|up)|erstell\w*|leg\w* .*\ban\b|schreib\w* .*\bauf\b|crea\b|crear\b|abre una?\b|cree une?\b|ouvre une?\b)/
  ],
  [
    "close",
    /\b(clos(?:e|es|ed|ing|er)|resolve[sd]?|resolving|(?:as|mark\w*) won'?t ?fix|schliess\w*|mach\w* .*\bzu\b|cierra\w*|cerrar|ferme\w*)\b/
  ],
  ["reopen", /\b(re-?open\w*|(?:offne\w*|mach\w*) .*\bwieder\b|wieder ?offn\w*|reabr\w*|rouvr\w*)/],
  [
    "comment",
    /\b(comment\w*|repl(?:y|ies|ied)|respond\w*|answer on|leave a note|kommentier\w*|antwort\w*|comenta\w*|repond\w*)\b/
  ],
  [
    "implement",
    /\b(implement\w*|delegat\w*|(?<!\b(?:won't|wont|not|don't|dont|can't|cannot) )(?:(?:build|fix|solve) (?:it|this|that|the|an?|#|issue)|code (?:it|this|up|#)|do (?:it|this|#|issue|ticket))|work on|take care of|coding agent|hand .* over|writ\w* (?:the )?code|code to be|setz\w* .*\bum\b|beheb\w*|arregla\w*|corrige\w*)/
  ],
  ["assign", /\b(?:un)?assign\w*|\b(?:asigna\w*|zuweis\w*)/],
  ["redeploy", /\b(re-?deploy\w*|re-?deploi\w*|deploy|re-?build|re-?run|re-?start|vuelve a desplegar|redesplieg\w*)\b/],
  ["wake", /\b(wak(?:e|es|ing)|woken|awake|start(?! work)|resume|weck\w*|despierta\w*|reveill\w*)\b/],
  [
    "stop",
    /\b(stop\w*|sleep (?:the|this|preview)|put .* to sleep|pause|shut ?down|suspend|fahr\w* .*\bherunter|deten\b|arrete\w*)\b/
  ],
  ["delete", /\b(delet\w*|remov\w*|destroy\w*|drop|tear ?down|purge|wipe|erase)\b/],
  ["merge", /\bmerg(?!ed)\w*/],
  ["label", /\b(label\w*|tag (?:it|this|#))/],
  ["update", /\b(edit\w*|updat\w*|chang\w*|renam\w*|set)\b/],
  ["approve", /\b(approv\w*|confirm\w*|grant\w*|accept\w*)\b/],
  ["publish", /\b(publish\w*|releas(?:e|ing)|promot\w*|roll ?back)\b/],
  ["push", /\b(push\w*|commit (?:it|this|to)|write (?:the )?file)\b/],
  ["send", /\b(send\w*|post\w*|upload\w*|forward\w*|notify|invit\w*)\b/],
  ["run", /\b(run|exec\w*|invoke)\b/]
]

const reading: ReadonlyArray<Entry> = [
  [
    "list",
    /\b(list\w*|show|overview|which (?!file|module|function|class|commit)\w+|how many|any|welche\w*|que issues|quelles?)\b/
  ],
  [
    "search",
    /\b(search\w*|find\w*|show me the code|read [\w./-]+\.\w+|look (?:for|up|into)|where (?!do we stand)|research\w*|investigat\w*|similar|duplicates?|grep|explain\w*|describe|discussed|summari[sz]e the|usages?|which (?:file|module|function|class|commit)\w*|who changed|why (?:did|do|does|was|is there)|how (?:do|does|is|are) .*\b(?:work\w*|hash\w*|computed|built|run|read|resized|done|made|handled|stored|formatted)|how something works|what (?:do|does) .*\bdo|does the code|is there documentation|wo wird|wo ist|wie funktioniert|erklar\w*|donde|como funciona|ou est|explique\w*|comment fonctionne)\b/
  ],
  [
    "status",
    /\b(status\w*|state|progress|how(?: is| are|'s| far| did)\b(?!.*\b(?:computed|built|run|read|resized|handled|stored|formatted)\b)|how things|stand\b|ready|done|passing|green|ci|failing|blocked|open (?:about|for|issues|bugs|tickets|prs|pull requests)|still (?:open|in)|in review|(?:is|has) .*\bmerged|who works|waiting|happened since|noch offen|fertig|estado|abiert\w*|etat|ouvertes?)\b/
  ],
  ["read", /\b(get|read|fetch|view|details?|describe|explain|summar\w*|look at|tell me about|erklar\w*|explique\w*)\b/],
  [
    "log",
    /\b(logs?|stack ?traces?|(?:why|warum|por que|pourquoi)\b.*\b(?:fail|broke|red|crash|down|not|fehl|fallo|echou)\w*)\b/
  ]
]

const nouns: ReadonlyArray<Entry> = [
  ["issue", /\b(issues?|bugs?|tickets?|tasks?|feature requests?)\b/],
  ["pull", /\b(pull requests?|pulls?|prs?|merge requests?)\b/],
  ["preview", /\b(previews?|environments?|vorschau)\b/],
  ["deployment", /\b(deployments?|releases?|production|staging)\b/],
  ["check", /\b(checks?|ci|tests?|pipelines?)\b/],
  ["code", /\b(code|source|functions?|class|modules?|codigo)\b/],
  ["file", /\b(files?|folder|readme|datei|archivo|fichier)\b|\b[\w/-]+\.(?:[jt]sx?|md|json|py|go)\b/],
  ["branch", /\bbranch(?:es)?\b/],
  ["commit", /\bcommits?\b/],
  ["repository", /\b(repositor(?:y|ies)|repos?|projects?)\b/],
  ["document", /\b(docs?|documentation|web|pages?|url)\b/],
  ["thread", /\b(threads?|channels?|conversations?|messages?)\b/],
  ["secret", /\b(secrets?|tokens?|credentials?|passwords?|keys?)\b/]
]

/** In small letters, without accents. */
const folded = (text: string): string =>
  text.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "").replaceAll("ß", "ss").replaceAll("’", "'")

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
  const lower = folded(text)
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

/** What is said of previews, for a tool that does the same under another name. */
const instead: Readonly<Record<string, string>> = { redeploy: "wake", stop: "delete" }

/** Whether a number may be that of a preview, or of something in the code. */
const isElsewhere = (nouns: ReadonlySet<string>) =>
  ["preview", "code", "file", "document"].some((one) => nouns.has(one))

/**
 * How well a tool fits what is said; below 3 it does not. A tool that changes something fits only where its own verb is
 * said.
 */
export const fit = (name: string, text: string): number => {
  const tool = conceptsOfName(name)
  const asked = conceptsOf(text)
  let score = 0
  for (const verb of tool.writes) {
    const other = instead[verb]
    const isMeant = other !== undefined && asked.nouns.has("preview") && asked.writes.has(other)
    score += asked.writes.has(verb) ? 4 : isMeant ? 2 : -6
  }
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
    else if (noun === "issue" && asked.nouns.has("pull")) score += 2
    else if ((noun === "issue" || noun === "pull") && isNumbered && !isElsewhere(asked.nouns)) score += 1
    else score -= asked.nouns.size > 0 ? 2 : 1
  }
  // NOTE: a number asks for one thing, and a noun in the plural for several.
  const isPlural = plural.test(spoken(name))
  if (isPlural ? !isNumbered && plural.test(text.toLowerCase()) : isNumbered) score += 1
  return score
}
