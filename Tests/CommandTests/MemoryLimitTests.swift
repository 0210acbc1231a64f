import TestSupport
import Testing

/// What happens where `ulimit -v` leaves little address space.
@Suite(.limitsAddresses) struct MemoryLimitTests {
  /// The C library would set 64 MiB aside for each thread, and weights would find no room in the middle
  /// of loading.
  @Test func threadsTakeNoSpaceFromTheModel() throws {
    let outcome = try Program.shell(
      """
      ulimit -v 300000
      exec "$0" ask 'What is this?' --image "$1" --model "$2" --max-tokens 3 --threads 4
      """, Sample.picture, Sample.model)
    #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(outcome.errors)")
  }

  private static let commands = [
    #""$0" ask Hm? --image "$2" --model "$1" --max-tokens 1"#,
    #"echo Hm? | "$0" chat --plain --no-save --image "$2" --model "$1" --max-tokens 1"#,
    #""$0" ask Hm? --max-tokens 1"#, #""$0" inspect "$1""#, #""$0" inspect"#, #""$0" models"#,
    #""$0" doctor"#,
  ]

  /// Runs commands under `ulimit -v`.
  ///
  /// - Parameter limits: as `seq` takes them, in KiB.
  private func outcomes(_ commands: [String], limits: String) throws -> [Substring] {
    let runs = commands.map { command in
      // Its last line of errors stands behind the status.
      "(ulimit -v $limit; \(command)) > \"$3/out\" 2> \"$3/errors\"\n"
        + "echo \"$? $limit $(tail -n 1 \"$3/errors\")\""
    }
    return try withFolder { folder in
      try Program.shell(
        "for limit in $(seq \(limits)); do\n" + runs.joined(separator: "\n") + "\ndone",
        Sample.model, Sample.picture, folder
      ).output.split(separator: "\n")
    }
  }

  /// The least limit in KiB, in steps of 10 000, under which the system can begin the program at all.
  private func least() throws -> Int {
    let lines = try outcomes([#""$0" --version"#], limits: "50000 10000 400000")
    let first = try #require(lines.first { $0.hasPrefix("0 ") || $0.hasPrefix("65 ") })
    return try #require(Int(first.split(separator: " ")[1]))
  }

  private func expectSentences(limits: (Int) -> String) throws {
    let lines = try outcomes(Self.commands, limits: limits(least()))
    #expect(lines.count >= 3 * Self.commands.count)
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 2)
      #expect(["0", "65", "66"].contains(parts[0]), "\(line)")
      #expect(parts[0] == "0" || parts.last?.contains("(ulimit -v)") == true, "\(line)")
    }
    #expect(lines.contains { $0.hasPrefix("65 ") })
  }

  @Test func whatIsTooLittleIsSaid() throws {
    try expectSentences { "\($0) 15000 \($0 + 30000)" }
  }

  @Test(.slow) func everyLimitEndsInAnAnswerOrASentence() throws {
    try expectSentences { "\($0) 7000 600000" }
  }
}
