/** What models wrote in Markdown, as HTML beside it. */
import { Cache, Effect } from "effect"
import type { TurnDetail, TurnSummary } from "./TurnReport.ts"

// NOTE: its parser would take a server's memory and time to start, also where nobody looks.
const load = Effect.promise(() => import("./pages/MarkdownHtml.ts"))

/** Whoever looks asks every few seconds for the same answers. */
const keptTexts = 64

type Summary = typeof TurnSummary.Type
type Detail = typeof TurnDetail.Type

export const make = Effect.gen(function* () {
  const cache = yield* Cache.make({
    capacity: keptTexts,
    lookup: (markdown: string) =>
      Effect.map(load, ({ markdownHtml }) => markdownHtml(markdown).text).pipe(
        // NOTE: twenty long ones at once would hold up everything else.
        Effect.tap(() => Effect.yieldNow)
      )
  })
  const htmlOf = (markdown: string) => Cache.get(cache, markdown)

  /** With `answerHtml` where there is an answer. */
  const ofTurns = (turns: ReadonlyArray<Summary>): Effect.Effect<ReadonlyArray<Summary>> =>
    Effect.forEach(turns, (one) =>
      one.turn.answer === null
        ? Effect.succeed(one)
        : Effect.map(htmlOf(one.turn.answer), (answerHtml) => ({ ...one, answerHtml }))
    )

  /** With `htmls`. */
  const ofTurn = (detail: Detail): Effect.Effect<Detail> =>
    Effect.map(
      Effect.forEach(detail.entries, ({ fact, number }) =>
        fact._tag === "Ended" || (fact._tag === "Model" && fact.text !== "")
          ? Effect.map(htmlOf(fact.text), (html) => [{ entry: number, html }])
          : Effect.succeed([])
      ),
      (htmls) => ({ ...detail, htmls: htmls.flat() })
    )

  return { ofTurns, ofTurn }
})
