/// What every number on the screen means: one definition each, for the help.
enum Glossary {
  struct Number: Sendable, Equatable {
    let name: String
    /// One sentence.
    let meaning: String
  }

  static let all: [Number] = [
    Number(
      name: "entries",
      meaning: "An entry is the key and the value vector of one position in one layer."),
    Number(
      name: "kept",
      meaning: "The entries that the cache holds now, and the bytes that they alone take."),
    Number(
      name: "allocated",
      meaning: "Memory that is mapped for the kept entries; it grows in steps, so it is more."),
    Number(
      name: "evicted to disk",
      meaning: "Entries that wait in a file and come back when the budget grows."),
    Number(
      name: "context",
      meaning: "Positions seen, evicted ones included, of those that the model was trained for."),
    Number(
      name: "p",
      meaning:
        "PrefixKV's threshold: a prompt's end, and a move of the budget, let every layer choose its best "
        + "entries until they have this share of its score: attention received under prefixkv, more "
        + "under prefixkv-peak."),
    Number(
      name: "tok/s",
      meaning: "Tokens of an answer by the time since its prompt was read, in panel and footnote."),
    Number(
      name: "memory allows",
      meaning: "Tokens a second if reading weights and kept entries once a token were all the "
        + "work; passes a second where the answer looked ahead."),
    Number(
      name: "a pass brings",
      meaning: "Tokens of the last answer for each time that the weights were read: more than one "
        + "where the text showed how it went on (--look-ahead)."),
    Number(
      name: "KL",
      meaning: "How far predictions are from those of the full cache, in nats; 0 means equal."),
    Number(
      name: "agrees",
      meaning: "Share of an answer's tokens that the full cache finds most probable, too."),
    Number(
      name: "probable",
      meaning: "A token's probability at a temperature of 1, among all tokens."),
    Number(
      name: "attended to",
      meaning: "Attention of the row that predicted a token, mean over heads and layers."),
    Number(
      name: "rank",
      meaning: "Place of an entry in its layer by attention received; 1 received most."),
    Number(
      name: "Gini",
      meaning: "How unevenly attention is spread: 0 evenly, 1 all of it on one entry."),
  ]
}
