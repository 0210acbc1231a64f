import Testing

/// What happens when evicted entries have nowhere to go.
@Suite struct SpillCommandTests {
  @Test(arguments: [
    // Reaching a limit on file sizes would end the process with SIGXFSZ.
    "ulimit -f 0",
    // Nothing can be made below a file.
    "export XDG_STATE_HOME=/etc/passwd/state TMPDIR=/etc/passwd/tmp",
  ])
  func unwritableSpillFileIsASentenceAndAStatus(limits: String) throws {
    let ask = "exec \"$0\" ask 'What is this?' --image \"$1\" --model \"$2\" --max-tokens 4"
    let outcome = try Program.shell(
      "\(limits); \(ask) --budget 30%", Sample.picture, Sample.model)
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("Evicted cache entries could not be saved in"))
    #expect(outcome.errors.contains("XDG_STATE_HOME"))
    // When everything is kept nothing is written.
    let full = try Program.shell("\(limits); \(ask)", Sample.picture, Sample.model)
    #expect(full.status == 0, "\(full.errors)")
  }
}
