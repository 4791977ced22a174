/** What is wrong with a variable of the environment, in one line that names it. */
import { type Config, Schema, SchemaIssue } from "effect"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** For example `PORT: Expected an integer between 1 and 65535`. */
export const describeConfigError = ({ cause, message }: Config.ConfigError): string => {
  if (!Schema.isSchemaError(cause)) return message.split("\n")[0] ?? ""
  return format(cause.issue)
    .issues.map(({ message: text, path = [] }) => {
      const name = path.map((segment) => String(typeof segment === "object" ? segment.key : segment)).join("_")
      return `${name}: ${text}`
    })
    .join("; ")
}
