/** What the Docker engine says of itself, as far as we judge it. */
import { callEngine, connect } from "@productbuilding/adapters/docker/DockerEngine"
import { Effect, Schema } from "effect"

const Count = Schema.Finite.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))

/** `GET /info`, of which old engines leave out the pools. https://docs.docker.com/reference/api/engine/ (read 2026-11-21) */
const Info = Schema.Struct({
  ServerVersion: Schema.String,
  OperatingSystem: Schema.String,
  DockerRootDir: Schema.String,
  LoggingDriver: Schema.String,
  MemTotal: Count,
  DefaultAddressPools: Schema.optionalKey(
    Schema.NullOr(Schema.Array(Schema.Struct({ Base: Schema.String, Size: Schema.Int })))
  )
})
export type EngineInfo = typeof Info.Type

const Networks = Schema.Array(
  Schema.Struct({
    Driver: Schema.String,
    IPAM: Schema.NullOr(
      Schema.Struct({
        Config: Schema.NullOr(Schema.Array(Schema.Struct({ Subnet: Schema.optionalKey(Schema.String) })))
      })
    )
  })
)

const DiskUsage = Schema.Struct({
  BuildCache: Schema.NullOr(Schema.Array(Schema.Struct({ Size: Count })))
})

const ask = <A, I>(
  operation: string,
  dockerHost: string | undefined,
  schema: Schema.Codec<A, I>,
  call: (docker: ReturnType<typeof connect>) => Promise<unknown>
) =>
  callEngine(operation, "this machine", () => call(connect(dockerHost))).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(schema))
  )

export const engineInfo = (dockerHost: string | undefined) => ask("info", dockerHost, Info, (docker) => docker.info())

/** How many networks take an address range from the pools. */
export const networksWithSubnet = (dockerHost: string | undefined) =>
  Effect.map(
    ask("networks", dockerHost, Networks, (docker) => docker.listNetworks()),
    (networks) =>
      networks.filter(
        ({ Driver, IPAM }) => Driver === "bridge" && (IPAM?.Config ?? []).some(({ Subnet }) => Subnet !== undefined)
      ).length
  )

/** In bytes. */
export const buildCacheSize = (dockerHost: string | undefined) =>
  Effect.map(
    ask("disk usage", dockerHost, DiskUsage, (docker) => docker.df()),
    ({ BuildCache }) => (BuildCache ?? []).reduce((sum, { Size }) => sum + Size, 0)
  )

/** Whether the engine runs on this machine, so that its files are ours to look at. */
export const isLocal = (dockerHost: string | undefined): boolean =>
  dockerHost === undefined || dockerHost.startsWith("unix:")
