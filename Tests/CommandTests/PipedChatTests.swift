import Foundation
import KVCache
import TestSupport
import Testing

/// A chat on a pipe ends at the first error, with its status: what follows in the script may depend on
/// what failed.
@Suite struct PipedChatTests {
  private func chat(_ lines: String...) throws -> Program.Outcome {
    try Program.run(
      ["chat", "--model", Sample.model, "--image", Sample.picture, "--max-tokens", "4"],
      input: lines.joined(separator: "\n") + "\n")
  }

  /// `FOLDER` stands for an empty folder, in which `there.md` is the only file.
  @Test(arguments: [
    ("/save FOLDER/none/chat.md", 73), ("/save FOLDER/there.md", 73), ("/save", 64),
    ("/set temperature inf", 64), ("/set colour 1", 64), ("/policy nonsense", 64),
    ("/policy prefixkv:FOLDER/none", 66), ("/budget abc", 64), ("/tiles many", 64),
    ("/image FOLDER/none.png", 66), ("/model FOLDER/none", 66), ("/nonsense", 64),
  ])
  func anErrorEndsTheScript(line: String, status: Int) throws {
    try withFolder { folder in
      try Sample.write("", to: folder + "/there.md")
      let line = line.replacing("FOLDER", with: folder)
      // As the last line of the script, too: nothing may end before its outcome is known.
      for outcome in [try chat(line), try chat(line, "What is this?")] {
        #expect(outcome.status == Int32(status), "\(line): \(outcome.errors)")
        #expect(outcome.output.isEmpty, "\(line)")
        #expect(outcome.errors.contains("error: "), "\(line): \(outcome.errors)")
      }
    }
  }

  /// The chat writes to new files only, so that it loses neither its model nor its picture.
  @Test(arguments: ["/save", "/export"])
  func whatIsOpenIsNotReplaced(command: String) throws {
    try withFolder { folder in
      let files = FileManager.default
      let weights = Sample.model + "/model.safetensors"
      for name in try files.contentsOfDirectory(atPath: Sample.model) {
        try files.copyItem(atPath: Sample.model + "/" + name, toPath: folder + "/" + name)
      }
      try files.copyItem(atPath: Sample.picture, toPath: folder + "/picture.jpg")
      try files.copyItem(atPath: Sample.picture, toPath: folder + "/picture.md")
      for (link, target) in [("model.md", "model.safetensors"), ("to.html", "picture.jpg")] {
        try files.createSymbolicLink(atPath: folder + "/" + link, withDestinationPath: target)
      }
      for name in ["model.md", "picture.md", "to.html"] {
        let outcome = try Program.run(
          [
            "chat", "--model", folder, "--image", folder + "/picture.jpg", "--max-tokens", "1",
          ], input: "What is this?\n\(command) \(folder)/\(name)\n")
        #expect(outcome.status == 73, "\(name): \(outcome.errors)")
        #expect(outcome.errors.contains("exists already"), "\(name): \(outcome.errors)")
      }
      #expect(files.contentsEqual(atPath: folder + "/model.safetensors", andPath: weights))
      #expect(files.contentsEqual(atPath: folder + "/picture.jpg", andPath: Sample.picture))
      #expect(files.contentsEqual(atPath: folder + "/picture.md", andPath: Sample.picture))
    }
  }

  @Test func aQuestionThatIsTooLongIsAnError() throws {
    let long = String(repeating: "boat ", count: 20_000)
    let outcome = try chat(long, "What is this?")
    #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome.errors)")
  }

  @Test func entriesThatCannotBeSavedEndTheScriptAfterItsAnswers() throws {
    let outcome = try Program.shell(
      """
      ulimit -f 0
      printf 'What is this?\n/budget 10%%\nAnd that?\n' |
        "$0" chat --image "$1" --model "$2" --max-tokens 4
      """, Sample.picture, Sample.model)
    #expect(outcome.status == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains("Evicted cache entries could not be saved in"))
    #expect(try outcome.output == chat("What is this?").output)
  }

  @Test func closedInputIsNoEmptyScript() throws {
    let outcome = try Program.shell("\"$0\" chat --model \"$1\" <&-", Sample.model)
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("'/dev/stdin' cannot be read: bad file descriptor."))
  }

  /// The answers do not depend on the history of questions.
  @Test func aHistoryThatCannotBeWrittenIsToldAndEndsNothing() throws {
    let outcome = try Program.shell(
      """
      export XDG_STATE_HOME=/etc/passwd/state PREFIXKV_NO_SAVE=
      echo 'What is this?' | "$0" chat --model "$1" --max-tokens 4
      """, Sample.model)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("is not in the history") && !outcome.output.isEmpty)
  }

  @Test func comparedAnswersAreAnswers() throws {
    let outcome = try chat("What is this?", "/compare 100% 50%")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let policy = RetentionPolicies.standard.name
    for budget in ["100 %", "50 %"] {
      #expect(outcome.output.contains("\n\(policy) at \(budget): "), "\(outcome.output)")
      #expect(!outcome.errors.contains("\(policy) at \(budget): "), "\(outcome.errors)")
    }
    #expect(outcome.errors.contains("50 % kept"), "what the answers took is told beside them")
  }

  @Test func aBudgetWithoutEffectIsSaidWhenItIsSetAndOnce() throws {
    let outcome = try chat("/policy full", "/budget 20%", "What is this?", "And that?")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let words = "The policy full keeps every entry, so the budget has no effect."
    #expect(outcome.errors.components(separatedBy: words).count == 2, "\(outcome.errors)")
  }

  @Test func whatIsTakenBackRepeatsNothing() throws {
    let outcome = try chat("What is this?", "/undo", "/policy")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("model ") } == 1, "\(outcome.errors)")
    #expect(lines.contains("taken back: What is this?"))
    #expect(lines.contains { $0.hasPrefix("\(RetentionPolicies.standard.name), in force: ") })
  }
}
