/** What the engine holds under our labels: finding it, and removing all of it. Names are enough; no file is needed. */
import { type EnvironmentName, labels, RunningEnvironment } from "@productbuilding/preview"
import type Docker from "dockerode"
import { Effect, Option, Schema } from "effect"
import { callEngine, isAlready, isMissing } from "./DockerEngine.ts"

const composeProject = "com.docker.compose.project"

/** A container that ignores SIGTERM is given this long, not Docker's ten seconds. */
export const graceSeconds = 1

/** Two label queries: ours, and Compose's own for what it made without ours. */
const filtersOf = (name: string) => [
  { label: [`${labels.environment}=${name}`] },
  { label: [`${composeProject}=${name}`] }
]

const distinct = <A>(lists: ReadonlyArray<ReadonlyArray<A>>, key: (item: A) => string): ReadonlyArray<A> =>
  Array.from(new Map(lists.flat().map((item) => [key(item), item])).values())

const listNetworks = async (docker: Docker, name: string) =>
  distinct(await Promise.all(filtersOf(name).map((filters) => docker.listNetworks({ filters }))), ({ Id }) => Id)

const listVolumes = async (docker: Docker, name: string) =>
  distinct(
    await Promise.all(filtersOf(name).map(async (filters) => (await docker.listVolumes({ filters })).Volumes)),
    ({ Name }) => Name
  )

const listImages = async (docker: Docker, name: string) =>
  distinct(await Promise.all(filtersOf(name).map((filters) => docker.listImages({ filters }))), ({ Id }) => Id)

/** The objects of one engine. */
export const makeObjects = (docker: Docker) => {
  /** Every container of an environment, running or not. */
  const containers = (name: string) =>
    callEngine("status", name, async () =>
      distinct(
        await Promise.all(filtersOf(name).map((filters) => docker.listContainers({ all: true, filters }))),
        ({ Id }) => Id
      )
    )

  const remove = Effect.fn("DockerRuntime.remove")(function* (name: EnvironmentName) {
    /** What is gone already, or is being removed by somebody else, is what was wanted. */
    const gone = (run: () => Promise<unknown>) =>
      callEngine("remove", name, () =>
        run().catch((cause: unknown) => {
          if (!isMissing(cause) && !isAlready(cause)) throw cause
        })
      )
    yield* Effect.forEach(
      yield* containers(name),
      ({ Id, State }) =>
        Effect.andThen(
          State === "running" ? gone(() => docker.getContainer(Id).stop({ t: graceSeconds })) : Effect.void,
          gone(() => docker.getContainer(Id).remove({ force: true, v: true }))
        ),
      { concurrency: "unbounded", discard: true }
    )
    const networks = yield* callEngine("remove", name, () => listNetworks(docker, name))
    yield* Effect.forEach(networks, ({ Id }) => gone(() => docker.getNetwork(Id).remove()), {
      concurrency: 4,
      discard: true
    })
    const volumes = yield* callEngine("remove", name, () => listVolumes(docker, name))
    yield* Effect.forEach(volumes, ({ Name }) => gone(() => docker.getVolume(Name).remove({ force: true })), {
      concurrency: 4,
      discard: true
    })
    const images = yield* callEngine("remove", name, () => listImages(docker, name))
    yield* Effect.forEach(images, ({ Id }) => gone(() => docker.getImage(Id).remove({ force: true })), {
      discard: true
    })
  })

  const remains = Effect.fn("DockerRuntime.remains")(function* (name: EnvironmentName) {
    const [held, networks, volumes, images] = yield* Effect.all(
      [
        containers(name),
        callEngine("remains", name, () => listNetworks(docker, name)),
        callEngine("remains", name, () => listVolumes(docker, name)),
        callEngine("remains", name, () => listImages(docker, name))
      ],
      { concurrency: "unbounded" }
    )
    return [
      ...held.map(({ Names }) => `container ${(Names[0] ?? "").replace(/^\//, "")}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...volumes.map(({ Name }) => `volume ${Name}`),
      ...images.map(({ Id, RepoTags }) => `image ${RepoTags?.[0] ?? Id}`)
    ]
  })

  const all = Effect.gen(function* () {
    const filters = { label: [`${labels.managed}=true`] }
    const marks = yield* callEngine("list", "all previews", async () => [
      ...(await docker.listContainers({ all: true, filters })).map(({ Labels }) => Labels),
      ...(await docker.listNetworks({ filters })).map(({ Labels }) => Labels ?? {}),
      ...(await docker.listVolumes({ filters })).Volumes.map(({ Labels }) => Labels ?? {}),
      ...(await docker.listImages({ filters })).map(({ Labels }) => Labels ?? {})
    ])
    return distinct(
      [
        marks.flatMap((mark) => {
          const found = Schema.decodeOption(RunningEnvironment)({
            name: mark[labels.environment] ?? "",
            previewId: mark[labels.preview] ?? ""
          })
          return Option.toArray(found)
        })
      ],
      (one) => one.name
    )
  })

  return { containers, remove, remains, all: Effect.withSpan(all, "DockerRuntime.list") }
}
