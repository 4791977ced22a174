/** Text as an attacker hopes that a model sees it: whatever hides it is taken off. */

/** Characters of the Unicode tag block, which show nothing and spell ASCII. */
const tags = /[\u{E0020}-\u{E007E}]+/gu

const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'", nbsp: " " }

/** Letters of other scripts that look like Latin ones. */
const lookalikes: Readonly<Record<string, string>> = {
  а: "a",
  е: "e",
  о: "o",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  і: "i",
  ѕ: "s",
  ј: "j",
  ԁ: "d",
  һ: "h",
  ӏ: "l",
  ո: "n",
  ս: "u",
  А: "A",
  В: "B",
  С: "C",
  Е: "E",
  Н: "H",
  І: "I",
  К: "K",
  М: "M",
  О: "O",
  Р: "P",
  Т: "T",
  Х: "X",
  ο: "o",
  α: "a",
  ε: "e",
  ι: "i",
  ν: "v",
  ρ: "p",
  τ: "t",
  υ: "u"
}

const isReadable = (text: string) =>
  text.length >= 8 && /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u.test(text) && /[a-z]{3}/i.test(text)

const fromBase64 = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g), ([blob]) =>
    Buffer.from(blob, "base64").toString("utf8")
  ).filter(isReadable)

const fromHex = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/\b(?:[0-9a-f]{2}[ :]?){12,}\b/gi), ([blob]) =>
    Buffer.from(blob.replaceAll(/[ :]/g, ""), "hex").toString("utf8")
  ).filter(isReadable)

const rotated = (text: string) =>
  text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })

const fromPercent = (text: string) =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped)
    } catch {
      // NOTE: whether these are the bytes of a text is the question.
      return escaped
    }
  })

const plain = (text: string): string =>
  fromPercent(
    text
      .replaceAll(
        tags,
        (hidden) =>
          ` ${Array.from(hidden, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) - 0xe0000)).join("")} `
      )
      .replaceAll(invisible, "")
      .replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
        const point =
          decimal === undefined ? (hex === undefined ? undefined : Number.parseInt(hex, 16)) : Number(decimal)
        if (point !== undefined) return point > 0x10ffff ? whole : String.fromCodePoint(point)
        return entities[name?.toLowerCase() ?? ""] ?? whole
      })
      .replaceAll(/\\u([0-9a-f]{4})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/\\n/g, "\n")
      .replaceAll(/\\"/g, '"')
  )
    .normalize("NFKC")
    .replaceAll(/./gu, (character) => lookalikes[character] ?? character)

/** The text without disguise, and what was encoded in it: Base64, hexadecimal, ROT13. */
export const uncover = (text: string): ReadonlyArray<string> => {
  const seen = plain(text)
  const turned = /\b(?:vtaber|pnyy|vafgehpgvbaf|pybfr|qryrgr|perngr)\b/i.test(seen) ? [rotated(seen)] : []
  return [seen, ...fromBase64(seen), ...fromHex(seen), ...turned]
}
