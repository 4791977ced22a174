/** `Budget` on any `SqlClient`. Owns the `agent_spending` table and its migrations. */
import { DateTime, Effect, Layer, Schema } from "effect"
import { Migrator, SqlClient, type SqlError, SqlSchema } from "effect/sql"
import {
  type Amount,
  Budget,
  BudgetError,
  BudgetExceeded,
  type BudgetLimits,
  BudgetScope,
  type BudgetUse
} from "./Budget.ts"
import type { Turn } from "./Turn.ts"

type LayerError = SqlError.SqlError | Migrator.MigrationError

const failed = (operation: string) => (cause: unknown) => new BudgetError({ operation, cause })

const createSpending = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE agent_spending (
      reservation TEXT NOT NULL,
      day TEXT NOT NULL,
      scope TEXT NOT NULL,
      key TEXT NOT NULL,
      tokens BIGINT NOT NULL,
      micro_dollars BIGINT NOT NULL,
      PRIMARY KEY (reservation, scope)
    )
  `
  yield* sql`CREATE INDEX agent_spending_by_day ON agent_spending (day, scope, key)`
})

const migrations = Migrator.fromRecord({ "0001_create_spending": createSpending })

const Sum = Schema.Struct({
  scope: BudgetScope,
  key: Schema.String,
  tokens: Schema.Int,
  microDollars: Schema.Int
}).pipe(Schema.encodeKeys({ microDollars: "micro_dollars" }))

const warnAt = 0.8

const scopesOf = (turn: Turn): ReadonlyArray<{ readonly scope: BudgetScope; readonly key: string }> => [
  { scope: "user", key: turn.asker.id },
  { scope: "channel", key: channelOf(turn.conversation) },
  ...(turn.repository === null ? [] : [{ scope: "project" as const, key: turn.repository.toLowerCase() }]),
  { scope: "everybody", key: "" }
]

/** A chat's conversations are threads of a channel; on a code host each is a place of its own. */
const channelOf = (conversation: string): string => {
  const parts = conversation.split(":")
  return parts.length > 3 ? parts.slice(0, -1).join(":") : conversation
}

const passed = (use: BudgetUse, share: number): "tokens" | "money" | undefined => {
  if (use.limit.tokens !== null && use.spent.tokens > use.limit.tokens * share) return "tokens"
  if (use.limit.microDollars !== null && use.spent.microDollars > use.limit.microDollars * share) return "money"
  return undefined
}

/** Runs pending migrations, then serves the port. A failed migration fails the boot. */
export const layer = (limits: BudgetLimits): Layer.Layer<Budget, LayerError, SqlClient.SqlClient> =>
  Layer.effect(
    Budget,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Migrator.make({})({ loader: migrations, table: "agent_budget_migrations" })

      const selectSums = SqlSchema.findAll({
        Request: Schema.String,
        Result: Sum,
        execute: (day) => sql`
          SELECT scope, key, SUM(tokens) AS tokens, SUM(micro_dollars) AS micro_dollars
          FROM agent_spending WHERE day = ${day} GROUP BY scope, key
        `
      })
      const selectSum = SqlSchema.findAll({
        Request: Schema.Struct({ day: Schema.String, scope: BudgetScope, key: Schema.String }),
        Result: Sum,
        execute: ({ day, key, scope }) => sql`
          SELECT scope, key, SUM(tokens) AS tokens, SUM(micro_dollars) AS micro_dollars
          FROM agent_spending WHERE day = ${day} AND scope = ${scope} AND key = ${key} GROUP BY scope, key
        `
      })
      const today = Effect.map(DateTime.now, (now) => DateTime.formatIsoDateUtc(now))

      const useOf = (day: string, scope: BudgetScope, key: string, spent: Amount): BudgetUse => ({
        scope,
        key,
        day,
        spent,
        limit: limits.daily[scope]
      })

      const reserve: Budget["Service"]["reserve"] = Effect.fn("Budget.reserve")(
        function* (id, turn, amount) {
          const day = yield* today
          yield* sql`DELETE FROM agent_spending WHERE reservation = ${id}`
          const uses: Array<BudgetUse> = []
          for (const { key, scope } of scopesOf(turn)) {
            const [sum] = yield* selectSum({ day, scope, key })
            const before = useOf(day, scope, key, sum ?? { tokens: 0, microDollars: 0 })
            const spent = {
              tokens: before.spent.tokens + amount.tokens,
              microDollars: before.spent.microDollars + amount.microDollars
            }
            const use = useOf(day, scope, key, spent)
            const unit = passed(use, 1)
            if (unit !== undefined) {
              const inUnit = (one: { readonly tokens: number | null; readonly microDollars: number | null }) =>
                (unit === "tokens" ? one.tokens : one.microDollars) ?? 0
              return yield* new BudgetExceeded({
                scope,
                key,
                unit,
                spent: inUnit(before.spent),
                limit: inUnit(use.limit)
              })
            }
            yield* sql`INSERT INTO agent_spending ${sql.insert({
              reservation: id,
              day,
              scope,
              key,
              tokens: amount.tokens,
              micro_dollars: amount.microDollars
            })}`
            uses.push(use)
          }
          return uses.filter((use) => passed(use, warnAt) !== undefined)
        },
        sql.withTransaction,
        Effect.mapError((error) => (error._tag === "BudgetExceeded" ? error : failed("reserve")(error)))
      )

      return Budget.of({
        limits,
        reserve,
        settle: Effect.fn("Budget.settle")(
          (id: string, { microDollars, tokens }: Amount) => sql`
            UPDATE agent_spending SET tokens = ${tokens}, micro_dollars = ${microDollars} WHERE reservation = ${id}
          `,
          Effect.asVoid,
          Effect.mapError(failed("settle"))
        ),
        today: today.pipe(
          Effect.flatMap((day) =>
            Effect.map(selectSums(day), (sums) => {
              const share = ({ limit, spent }: BudgetUse) =>
                Math.max(
                  limit.tokens === null ? 0 : spent.tokens / limit.tokens,
                  limit.microDollars === null ? 0 : spent.microDollars / limit.microDollars
                )
              return sums
                .map(({ key, scope, ...spent }) => useOf(day, scope, key, spent))
                .sort((left, right) => share(right) - share(left))
            })
          ),
          Effect.mapError(failed("today")),
          Effect.withSpan("Budget.today")
        )
      })
    })
  )
