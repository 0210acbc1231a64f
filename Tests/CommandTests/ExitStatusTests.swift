import Foundation
import TestSupport
import Testing

/// Every status in the table of docs/commands.md, seen by a shell: of a command, and of the chat in lines.
@Suite struct ExitStatusTests {
  /// In each script `"$0"` is the program, `$1` a model, `$2` a picture and `$3` an empty folder; `chat`
  /// opens a short chat in lines.
  private static let scripts: [(status: Int32, script: String)] = [
    (0, #""$0" ask Hm? --model "$1" --max-tokens 1"#),
    (0, #"echo Hm? | chat"#),
    (64, #""$0" ask Hm? --budget 300%"#),
    (64, #"echo /nonsense | chat"#),
    (64, #"PREFIXKV_THREADS=x chat"#),
    (65, #""$0" inspect "$2""#),
    (65, #"echo x > "$3/x"; echo "/image $3/x" | chat"#),
    (66, #""$0" inspect "$3/none""#),
    (66, #""$0" chat --plain --no-save --resume 999"#),
    (73, #""$0" inspect "$1" -o "$3/none/x""#),
    (73, #"printf 'Hm?\n/save %s/none/x\n' "$3" | chat"#),
    (74, #""$0" inspect "$1" > /dev/full"#),
    (74, #"echo Hm? | chat > /dev/full"#),
    (64, #"PREFIXKV_THREADS=x "$0" ask Hm?"#),
    (130, "interrupted_chat"),
    (143, "ended chat"),
    (143, #"ended "$0" ask --model "$1""#),
    (141, #"status "$0" inspect "$1" | true; told"#),
    (141, #"(sleep 1; echo Hm?) | status chat | true; told"#),
  ]

  private static let functions = """
    chat() {
      "$program" chat --plain --no-save --model "$model" --image "$picture" --max-tokens 1 "$@"
    }
    # Ctrl+C as soon as the first answer is there, while the next question is waited for.
    interrupted_chat() {
      mkfifo "$folder/questions"
      (echo Hm?; until [ -e "$folder/end" ]; do sleep 0.2; done) > "$folder/questions" 2> /dev/null &
      (
        until [ -s "$folder/answer" ]; do sleep 0.1; done
        kill -INT $$
        # Only then may the questions end.
        sleep 1
        : > "$folder/end"
      ) > /dev/null 2>&1 &
      exec "$program" chat --plain --no-save --model "$model" --max-tokens 1 \\
        < "$folder/questions" > "$folder/answer"
    }
    # A command that waits for a question when SIGTERM comes.
    ended() {
      mkfifo "$folder/questions"
      "$@" < "$folder/questions" &
      exec 9> "$folder/questions"
      sleep 1
      kill $!
      wait $!
    }
    # The status of a command in a pipe.
    status() { "$@"; echo $? > "$folder/status"; }
    told() { exit "$(cat "$folder/status")"; }
    program=$0 model=$1 picture=$2 folder=$3

    """

  @Test(arguments: scripts.indices)
  func statusesAreThoseOfTheTable(index: Int) throws {
    let (status, script) = Self.scripts[index]
    try withFolder { folder in
      let outcome = try Program.shell(
        Self.functions + "export XDG_STATE_HOME=\"$folder\"\n" + script, Sample.model,
        Sample.picture, folder)
      #expect(outcome.status == status, "\(script): \(outcome.errors)")
    }
  }

  @Test func theTableHasTheseAndNoOthers() throws {
    let page = try Sample.text(of: Sample.repository + "/docs/commands.md")
    let rows = page.split(separator: "\n").compactMap { line -> Int32? in
      let words = line.split(separator: " ")
      guard words.count > 2, words[0] == "|", words[2] == "|" else { return nil }
      return Int32(words[1])
    }
    #expect(rows == Set(Self.scripts.map(\.status)).sorted())
  }

  /// A library's exit handler would take apart what the engine's thread still uses.
  @Test(arguments: ["echo Hm? | chat", "echo /nonsense | chat", #""$0" --version"#])
  func noExitHandlerRuns(script: String) throws {
    let chat = #"chat() { "$0" chat --no-save --model "$1" --max-tokens 1; }"#
    let outcome = try Program.shell("\(chat)\nexport LD_DEBUG=files\n\(script)", Sample.model)
    #expect(outcome.errors.contains("calling init:"))
    #expect(!outcome.errors.contains("calling fini:"))
  }
}
