/**
 * Turns what a pull request's compose file resolves to into what we run: nothing that reaches beyond the preview, and
 * nothing that two previews could fight over. Pure.
 */
import { Result } from "effect"
import { dropped, forbidden, harmlessNamespace, isRemotePath, sharedNamespaces } from "./internal/composePolicy.ts"
import {
  environmentOf,
  foreignLabels,
  isEmpty,
  isMapping,
  literal,
  type Mapping,
  mapping,
  pairsOf,
  sequence,
  show,
  type Value,
  without
} from "./internal/composeValues.ts"
import type { EnvironmentName, PreviewId } from "./Preview.ts"
import { Problem } from "./Runtime.ts"

/** Labels by which everything of a preview is found again. */
export const labels = {
  managed: "productbuilding.managed",
  preview: "productbuilding.preview",
  environment: "productbuilding.environment",
  /** On the main service: the port on which it listens. */
  port: "productbuilding.port",
  /** On the service whose log is shown; its value is `docker` or the path of files inside the container. */
  log: "productbuilding.log"
} as const

export { isRemotePath } from "./internal/composePolicy.ts"

/** What the sanitiser has to know. */
export interface SanitizeOptions {
  readonly file: string
  readonly environment: EnvironmentName
  readonly previewId: PreviewId
  readonly mainService: string
  readonly port: number
  readonly log: { readonly service: string; readonly source: string }
  /** Set in every service that does not set them itself. */
  readonly variables: Readonly<Record<string, string>>
  /** Publish the main service on a free loopback port: for engines whose containers have no reachable address. */
  readonly publish: boolean
  /** Where a path really leads, through every link; `undefined` when it leads out of the checkout. */
  readonly inside: (path: string) => string | undefined
}

/** What we run: a compose document, as JSON. */
export type ComposeDocument = { readonly services: Readonly<Record<string, Mapping>> } & Mapping

const maxServices = 30

/** The sanitised document, or every problem. */
export const sanitizeCompose = (
  input: unknown,
  options: SanitizeOptions
): Result.Result<ComposeDocument, ReadonlyArray<Problem>> => {
  const problems: Array<Problem> = []
  const refuse = (key: string, message: string) => void problems.push(new Problem({ file: options.file, key, message }))

  const document = mapping(input)
  const services = mapping(document["services"])
  const names = Object.keys(services)
  if (names.length === 0) refuse("services", "the file has no services")
  if (names.length > maxServices)
    refuse("services", `there are ${names.length} services; at most ${maxServices} are run`)
  if (names.length > 0 && !names.includes(options.mainService)) {
    refuse(
      "services",
      `there is no service ${options.mainService} (the contract's compose.service); there are ${names.join(", ")}`
    )
  }
  if (names.length > 0 && !names.includes(options.log.service)) {
    refuse(
      "services",
      `there is no service ${options.log.service} (the contract's logging.service); there are ${names.join(", ")}`
    )
  }

  const marks = {
    [labels.managed]: "true",
    [labels.preview]: options.previewId,
    [labels.environment]: options.environment
  }

  const checkPath = (key: string, value: Value) => {
    const path = String(value ?? "")
    if (isRemotePath(path)) refuse(key, `${show(value)} is fetched from elsewhere; only files of the checkout are read`)
    else if (options.inside(path) === undefined) refuse(key, `${show(value)} lies outside the checkout`)
  }

  const buildOf = (key: string, value: Value): Mapping => {
    const build = typeof value === "string" ? { context: value } : mapping(value)
    checkPath(`${key}.context`, build["context"] ?? ".")
    const context = String(build["context"] ?? ".")
    if (typeof build["dockerfile"] === "string") {
      checkPath(
        `${key}.dockerfile`,
        build["dockerfile"].startsWith("/") ? build["dockerfile"] : `${context}/${build["dockerfile"]}`
      )
    }
    for (const name of ["ssh", "secrets", "entitlements", "privileged", "isolation"]) {
      if (!isEmpty(build[name])) refuse(`${key}.${name}`, `${show(build[name])} reaches beyond the build`)
    }
    if (build["network"] === "host" || String(build["network"] ?? "").startsWith("container:")) {
      refuse(`${key}.network`, `${show(build["network"])} reaches beyond the build; use the default`)
    }
    for (const [name, path] of pairsOf(build["additional_contexts"], "")) {
      if (!/^(docker-image:\/\/|service:)/.test(String(path))) checkPath(`${key}.additional_contexts.${name}`, path)
    }
    return {
      ...without(build, "cache_from", "cache_to", "tags", "labels"),
      labels: { ...foreignLabels(build["labels"]), ...marks }
    }
  }

  const namedVolumes = new Set(Object.keys(mapping(document["volumes"])))

  const checkBind = (key: string, source: string) => {
    if (/(^|\/)docker\.sock$/.test(source)) refuse(key, "the engine's socket owns the machine")
    else if (options.inside(source) === undefined)
      refuse(key, `${show(source)} lies outside the checkout; only files of the checkout can be mounted`)
  }

  const checkVolume = (key: string, value: Value) => {
    if (typeof value === "string") {
      const [source = "", target] = value.split(":")
      if (target === undefined) return
      // NOTE: `..` is a valid name of a volume, and still a path to Compose.
      if (/^[./~]/.test(source)) checkBind(key, source)
      else if (!namedVolumes.has(source)) refuse(key, `the volume ${show(source)} is not declared under volumes`)
      return
    }
    const volume = mapping(value)
    const source = String(volume["source"] ?? "")
    switch (volume["type"]) {
      case "bind":
        return checkBind(key, source)
      case "volume":
        if (source !== "" && !namedVolumes.has(source))
          refuse(key, `the volume ${show(source)} is not declared under volumes`)
        return
      case "tmpfs":
        return
      default:
        refuse(
          key,
          `${show(volume["type"])} is no kind of mount that previews have; allowed are bind, volume and tmpfs`
        )
    }
  }

  /** Images that this file builds get names of their own, so that two previews never share a tag. */
  const builtImages = new Map<string, string>()
  for (const [name, value] of Object.entries(services)) {
    const { build, image } = mapping(value)
    if (build !== undefined && typeof image === "string") builtImages.set(image, `${options.environment}-${name}`)
  }

  const serviceOf = (name: string, value: Value): Mapping => {
    const service = mapping(value)
    const key = `services.${name}`
    for (const [one, reason] of Object.entries(forbidden)) {
      if (!isEmpty(service[one])) refuse(`${key}.${one}`, `${show(service[one])} is refused: ${reason}`)
    }
    for (const one of sharedNamespaces) {
      const mode = service[one]
      if (!isEmpty(mode) && !harmlessNamespace.test(String(mode))) {
        refuse(`${key}.${one}`, `${show(mode)} is refused: it is not the preview's own`)
      }
    }
    const driver = mapping(service["logging"])["driver"]
    if (driver !== undefined && !["json-file", "local", "none"].includes(String(driver))) {
      refuse(`${key}.logging.driver`, `${show(driver)} sends the log elsewhere; allowed are json-file, local and none`)
    }
    if (!isEmpty(mapping(mapping(mapping(service["deploy"])["resources"])["reservations"])["devices"])) {
      refuse(`${key}.deploy.resources.reservations.devices`, "devices belong to the machine")
    }
    for (const hooks of ["post_start", "pre_stop"]) {
      if (sequence(service[hooks]).some((hook) => mapping(hook)["privileged"] === true)) {
        refuse(`${key}.${hooks}`, "a privileged hook owns the machine")
      }
    }
    for (const [index, volume] of sequence(service["volumes"]).entries())
      checkVolume(`${key}.volumes[${index}]`, volume)
    const files = typeof service["env_file"] === "string" ? [service["env_file"]] : sequence(service["env_file"])
    for (const [index, file] of files.entries()) {
      checkPath(`${key}.env_file[${index}]`, isMapping(file) ? file["path"] : file)
    }
    const networks = Array.isArray(service["networks"])
      ? service["networks"]
      : Object.fromEntries(
          Object.entries(mapping(service["networks"])).map(([network, settings]) => [
            network,
            settings === null
              ? null
              : without(
                  mapping(settings),
                  "ipv4_address",
                  "ipv6_address",
                  "link_local_ips",
                  "mac_address",
                  "driver_opts"
                )
          ])
        )
    const image =
      typeof service["image"] === "string" ? (builtImages.get(service["image"]) ?? service["image"]) : undefined
    const main = name === options.mainService
    return {
      ...without(service, ...dropped, "build", "image", "networks", "environment", "deploy"),
      ...(service["build"] === undefined
        ? { image }
        : { build: buildOf(`${key}.build`, service["build"]), image: image ?? `${options.environment}-${name}` }),
      ...(isEmpty(service["networks"]) ? {} : { networks }),
      ...(isEmpty(service["deploy"])
        ? {}
        : { deploy: without(mapping(service["deploy"]), "labels", "placement", "replicas", "mode", "endpoint_mode") }),
      environment: {
        ...Object.fromEntries(Object.entries(options.variables).map(([variable, text]) => [variable, literal(text)])),
        ...environmentOf(service["environment"])
      },
      init: service["init"] ?? true,
      labels: {
        ...foreignLabels(service["labels"]),
        // NOTE: a container inherits its image's labels, and those cannot be taken out.
        "traefik.enable": "false",
        ...marks,
        ...(main ? { [labels.port]: String(options.port) } : {}),
        ...(name === options.log.service ? { [labels.log]: literal(options.log.source) } : {})
      },
      ...(main && options.publish ? { ports: [`127.0.0.1::${options.port}`] } : {})
    }
  }

  const networkOf = (name: string, value: Value): Mapping => {
    const network = mapping(value)
    const key = `networks.${name}`
    if (!isEmpty(network["external"]))
      refuse(`${key}.external`, "a network of others is not for previews; remove external")
    if (!isEmpty(network["driver"]) && network["driver"] !== "bridge") {
      refuse(`${key}.driver`, `${show(network["driver"])} is refused; previews have bridge networks`)
    }
    return {
      ...without(
        network,
        "name",
        "external",
        "ipam",
        "driver_opts",
        "labels",
        "attachable",
        "enable_ipv6",
        "enable_ipv4"
      ),
      labels: { ...foreignLabels(network["labels"]), ...marks }
    }
  }

  const volumeOf = (name: string, value: Value): Mapping => {
    const volume = mapping(value)
    const key = `volumes.${name}`
    if (!isEmpty(volume["external"]))
      refuse(`${key}.external`, "a volume of others is not for previews; remove external")
    if (!isEmpty(volume["driver"]) && volume["driver"] !== "local") {
      refuse(`${key}.driver`, `${show(volume["driver"])} is refused; previews have local volumes`)
    }
    if (!isEmpty(volume["driver_opts"]))
      refuse(`${key}.driver_opts`, "options of the driver can mount any folder of the machine")
    return {
      ...without(volume, "name", "external", "driver", "driver_opts", "labels"),
      labels: { ...foreignLabels(volume["labels"]), ...marks }
    }
  }

  const fileOf = (key: string, value: Value): Mapping => {
    const one = mapping(value)
    if (!isEmpty(one["external"])) refuse(`${key}.external`, "what others hold is not for previews; remove external")
    if (one["file"] !== undefined) checkPath(`${key}.file`, one["file"])
    return without(one, "name", "external", "labels", "driver", "template_driver")
  }

  const each = (section: string, render: (name: string, value: Value) => Mapping) => {
    const entries = Object.entries(mapping(document[section]))
    return entries.length === 0
      ? {}
      : { [section]: Object.fromEntries(entries.map(([name, value]) => [name, render(name, value)])) }
  }

  const result: ComposeDocument = {
    ...(typeof document["version"] === "string" ? { version: document["version"] } : {}),
    services: Object.fromEntries(Object.entries(services).map(([name, value]) => [name, serviceOf(name, value)])),
    networks: {
      default: networkOf("default", mapping(document["networks"])["default"]),
      ...Object.fromEntries(
        Object.entries(mapping(document["networks"])).map(([name, value]) => [name, networkOf(name, value)])
      )
    },
    ...each("volumes", volumeOf),
    ...each("secrets", (name, value) => fileOf(`secrets.${name}`, value)),
    ...each("configs", (name, value) => fileOf(`configs.${name}`, value))
  }
  return problems.length === 0 ? Result.succeed(result) : Result.fail(problems)
}
