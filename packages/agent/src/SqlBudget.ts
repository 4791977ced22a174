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
  type BudgetUse,
  warnAt
} from "./Budget.ts"
import { type Turn, TurnId } from "./Turn.ts"

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

/** The turn whose grant pays for it; none where it fits into the limit. */
const addGrants = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE agent_spending ADD COLUMN tokens_granted_to TEXT`
  yield* sql`ALTER TABLE agent_spending ADD COLUMN money_granted_to TEXT`
})

const migrations = Migrator.fromRecord({ "0001_create_spending": createSpending, "0002_add_grants": addGrants })

const Sum = Schema.Struct({
  scope: BudgetScope,
  key: Schema.String,
  tokens: Schema.Int,
  microDollars: Schema.Int
}).pipe(Schema.encodeKeys({ microDollars: "micro_dollars" }))

/** All that is spent of a scope, and of it what was paid from a turn's grants. */
const Spending = Schema.Struct({
  tokens: Schema.Int,
  microDollars: Schema.Int,
  grantedTokens: Schema.Int,
  grantedMicroDollars: Schema.Int
}).pipe(
  Schema.encodeKeys({
    microDollars: "micro_dollars",
    grantedTokens: "granted_tokens",
    grantedMicroDollars: "granted_micro_dollars"
  })
)

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

type Unit = BudgetExceeded["unit"]

const inUnit = <A>(unit: Unit, { microDollars, tokens }: { readonly tokens: A; readonly microDollars: A }): A =>
  unit === "tokens" ? tokens : microDollars

const units: ReadonlyArray<Unit> = ["tokens", "money"]

const passed = ({ limit, spent }: BudgetUse, share: number): ReadonlyArray<Unit> =>
  units.filter((unit) => inUnit(unit, spent) > (inUnit(unit, limit) ?? Number.POSITIVE_INFINITY) * share)

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
      const selectSpending = SqlSchema.findOne({
        Request: Schema.Struct({ day: Schema.String, scope: BudgetScope, key: Schema.String, turn: TurnId }),
        Result: Spending,
        execute: ({ day, key, scope, turn }) => sql`
          SELECT
            COALESCE(SUM(tokens), 0) AS tokens,
            COALESCE(SUM(micro_dollars), 0) AS micro_dollars,
            COALESCE(SUM(CASE WHEN tokens_granted_to = ${turn} THEN tokens END), 0) AS granted_tokens,
            COALESCE(SUM(CASE WHEN money_granted_to = ${turn} THEN micro_dollars END), 0) AS granted_micro_dollars
          FROM agent_spending WHERE day = ${day} AND scope = ${scope} AND key = ${key}
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
        function* (id, turn, amount, granted = []) {
          const day = yield* today
          yield* sql`DELETE FROM agent_spending WHERE reservation = ${id}`
          const uses: Array<BudgetUse> = []
          for (const { key, scope } of scopesOf(turn)) {
            const before = yield* selectSpending({ day, scope, key, turn: turn.id })
            const paid = { tokens: before.grantedTokens, microDollars: before.grantedMicroDollars }
            const use = useOf(day, scope, key, {
              tokens: before.tokens + amount.tokens,
              microDollars: before.microDollars + amount.microDollars
            })
            const over = passed(use, 1)
            for (const unit of over) {
              const grants = granted.filter((one) => one.scope === scope && one.day === day && one.unit === unit)
              const more = grants.reduce((sum, one) => sum + one.more, 0)
              if (inUnit(unit, paid) + inUnit(unit, amount) <= more) continue
              return yield* new BudgetExceeded({
                scope,
                key,
                day,
                unit,
                spent: inUnit(unit, before),
                limit: inUnit(unit, use.limit) ?? 0,
                needed: inUnit(unit, amount)
              })
            }
            yield* sql`INSERT INTO agent_spending ${sql.insert({
              reservation: id,
              day,
              scope,
              key,
              tokens: amount.tokens,
              micro_dollars: amount.microDollars,
              tokens_granted_to: over.includes("tokens") ? turn.id : null,
              money_granted_to: over.includes("money") ? turn.id : null
            })}`
            uses.push(use)
          }
          return uses.filter((use) => passed(use, warnAt).length > 0)
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
