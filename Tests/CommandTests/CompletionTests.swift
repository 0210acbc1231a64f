import TestSupport
import Testing

/// What Tab offers in a shell, asked of bash itself; the scripts of zsh and fish come from the same
/// descriptions of the options.
@Suite struct CompletionTests {
  /// `$0` is the program, `$1` the folder to be in, and the others are the words of a line that is being
  /// typed.
  private static let asking = #"""
    source <("$0" --generate-completion-script bash)
    shopt -s extglob
    cd "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
    _prefixkv prefixkv "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\n' "${COMPREPLY[@]}"
    """#

  private func offered(_ words: String...) throws -> [String] { try offered(words) }

  private func offered(_ words: [String]) throws -> [String] {
    let folder = Sample.repository + "/assets/pictures"
    let outcome = try Program.shell(
      #"script=$1; shift; exec bash -c "$script" "$0" "$@""#,
      arguments: [Self.asking, folder, "prefixkv"] + words)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  @Test func commandsAndOptionsAreOffered() throws {
    #expect(try offered("cha") == ["chat"])
    #expect(try offered("chat", "--po") == ["--policy"])
    #expect(try offered("eval", "ta") == ["table"])
  }

  @Test func valuesThatAreKnownAreOffered() throws {
    #expect(try offered("chat", "--policy", "snap") == ["snapkv"])
    #expect(try offered("ask", "Hm?", "--template", "vicuna") == ["vicuna_v1"])
    #expect(try offered("chat", "--quantize", "q4") == ["q4_0", "q4_k"])
    #expect(try offered("chat", "--recall", "") == ["on", "off"])
    #expect(try offered("eval", "table", "--policy", "al") == ["all"])
  }

  @Test func filesAreOfferedWhereOneIsNamed() throws {
    for words in [["chat", "--image"], ["ask", "Hm?", "--image"], ["inspect"], ["plot"]] {
      #expect(try offered(words + ["mead"]) == ["meadow.jpg"], "\(words)")
    }
    #expect(try offered("eval", "ppl", "--data", "questions") == ["questions.json"])
  }
}
