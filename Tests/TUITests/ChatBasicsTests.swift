import Basics
import Inference
import KVCache
import Testing

@testable import TUI

/// Taking back, asking again, settings, copying and searching.
@Suite struct ChatBasicsTests {
  @Test func regeneratingAGreedyAnswerUnchangedIsRefused() {
    var state = Scene.answered()
    #expect(state.send("/regenerate") == [.remember("/regenerate")])
    #expect(state.transcript.last?.text.contains("The answer would be the same") == true)
    #expect(state.transcript.contains { $0.text == "A small harbour at dusk." })
    for change in ["/budget 20%", "/policy full", "/set temperature 0.7"] {
      var state = Scene.answered()
      state.send(change)
      #expect(state.send("/regenerate").last == .post(.regenerate), "\(change)")
    }
  }

  @Test func everyRetryHasASeedOfItsOwn() {
    var state = Scene.answered()
    var seeds: Set<UInt64> = []
    for _ in 0..<3 {
      guard case .post(.retry(let sampling))? = state.send("/retry").last else {
        Issue.record("no retry was asked for")
        return
      }
      #expect(sampling.temperature == 0.7)
      seeds.insert(sampling.seed)
      state.feed(.engine(.answerFinished(Scene.statistics)))
    }
    #expect(seeds.count == 3)
    #expect(state.sampling == SamplingOptions())
    guard case .post(.retry(let sampling))? = state.send("/retry 1.5").last else {
      Issue.record("no retry was asked for")
      return
    }
    #expect(sampling.temperature == 1.5)
  }

  @Test func undoTakesTheLastQuestionAndItsAnswerBack() {
    var state = Scene.answered()
    let before = state.transcript.count
    state.send("And now?")
    state.feed(
      .engine(.token(text: "Night.", tokensPerSecond: 9)),
      .engine(.answerFinished(Scene.statistics)))
    #expect(state.send("/undo").last == .post(.undo))
    #expect(state.transcript.count == before)
    #expect(state.send("/undo").last == .post(.undo))
    #expect(state.send("/undo") == [.remember("/undo")])
    #expect(state.transcript.last?.text == "There is no earlier question.")
  }

  @Test func aCommandWithoutAnArgumentRefusesOne() {
    var state = Scene.answered()
    #expect(state.send("/undo 2") == [.remember("/undo 2")])
    #expect(state.transcript.last?.text == "/undo takes nothing after it, and got '2'.")
  }

  @Test func controlCStopsAnAnswerAndThenLeaves() {
    var state = Scene.answered()
    state.send("And now?")
    state.feed(.engine(.token(text: "Night.", tokensPerSecond: 9)))
    #expect(state.feed(.key(.control("C"))) == [.post(.cancel)])
    var statistics = Scene.statistics
    statistics.finish = .cancelled
    state.feed(.engine(.answerFinished(statistics)))
    #expect(state.status.text == "stopped; Ctrl+C again leaves")
    var other = state
    #expect(state.feed(.key(.control("C"))) == [.quit(status: 0)])
    // Whoever goes on does not leave by stopping the next answer.
    other.send("And then?")
    other.feed(.engine(.token(text: "Day.", tokensPerSecond: 9)))
    #expect(other.feed(.key(.control("C"))) == [.post(.cancel)])
  }

  /// The engine does not know a question that it could not answer.
  @Test func aQuestionWithoutAnAnswerIsTakenBackOnTheScreenAlone() {
    var state = Scene.answered()
    state.send("Too long?")
    state.feed(.engine(.failed("The conversation needs 9999 positions.")))
    #expect(state.send("/regenerate").last == .post(.ask("Too long?")))
    state.feed(.engine(.failed("The conversation needs 9999 positions.")))
    #expect(state.send("/undo") == [.remember("/undo")])
    #expect(state.send("/undo").last == .post(.undo))
  }

  @Test func anEarlierConversationCannotBeTakenBack() {
    var state = Scene.answered()
    state.show(picture: "/tmp/other.png")
    for line in ["/undo", "/edit", "/retry"] {
      #expect(state.send(line) == [.remember(line)])
      #expect(state.transcript.last?.role == .error, "\(line)")
    }
  }

  @Test func editBringsTheQuestionBackToThePrompt() {
    var state = Scene.answered()
    #expect(state.send("/edit").last == .post(.undo))
    #expect(state.prompt.text == "What is this?")
    #expect(!state.transcript.contains { $0.role == .user || $0.role == .model })
    state.type(" And where?")
    #expect(state.press(.enter).last == .post(.ask("What is this? And where?")))
    state.feed(.engine(.answerFinished(Scene.statistics)))
    #expect(state.send("/edit Why?").suffix(2) == [.post(.undo), .post(.ask("Why?"))])
  }

  @Test func settingsReachTheEngineAndAreShown() {
    var state = Scene.ready()
    #expect(
      state.send("/set temperature 0.7").last
        == .post(.setSampling(SamplingOptions(temperature: 0.7))))
    #expect(
      state.send("/set max-tokens 20").last
        == .post(.setSampling(SamplingOptions(temperature: 0.7, maximumTokens: 20))))
    for (line, words) in [
      ("/set top-p 2", "outside (0, 1]"), ("/set seed -1", "'-1' is no number for seed"),
      ("/set temperature -1", "0 is greedy"), ("/set colour red", "Available: temperature"),
    ] {
      #expect(state.send(line) == [.remember(line)])
      #expect(state.transcript.last?.text.contains(words) == true, "\(line)")
    }
    state.send("/set")
    #expect(
      state.transcript.last?.text.hasPrefix(
        "temperature 0.7, top-p 1, seed 0, max-tokens 20")
        == true)
    #expect(state.status.text == "temperature 0.7, top-p 1, seed 0, max-tokens 20", "as a whole")
    #expect(state.transcript.dropLast().last?.text.hasPrefix("system \"A chat") == true)
  }

  @Test func aSystemSentenceBeginsAConversationOrIsRefused() {
    var state = Scene.ready()
    #expect(
      state.send("/set system \"Answer in one word.\"").last
        == .post(.setSystem("Answer in one word.")))
    #expect(state.send("/set system default").last == .post(.setSystem(nil)))
    let hf = Templates.all.first { $0.systemSentence == nil }!
    state.feed(.engine(.modelLoaded(Scene.model(template: TemplateChoice(hf, .named)))))
    state.send("/set system Hm.")
    #expect(state.transcript.last?.text.contains("has no place for a system sentence") == true)
  }

  @Test func copyTakesTheAnswerItsCodeOrEverything() {
    var state = Scene.answered()
    #expect(state.send("/copy").last == .copy("A small harbour at dusk."))
    #expect(state.send("/copy code") == [.remember("/copy code")])
    state.send("Code?")
    state.feed(
      .engine(
        .token(
          text: "So:\n```swift\nlet a = 1\n\nlet b = 2\n```\nDone.\n```\nopen", tokensPerSecond: 9)),
      .engine(.answerFinished(Scene.statistics)))
    #expect(state.send("/copy code").last == .copy("let a = 1\n\nlet b = 2"))
    guard case .copy(let all)? = state.send("/copy all").last else {
      Issue.record("nothing was copied")
      return
    }
    #expect(all.contains("## You\n\nWhat is this?\n\n## Model\n\nA small harbour at dusk.\n"))
    state.press(.function(2))
    #expect(state.press(.enter) == [.copy(all)])
  }

  @Test func theTerminalIsAskedInTheWayThatTmuxHandsOn() {
    #expect(Clipboard.sequence("hi", isInTmux: false) == "\u{1B}]52;c;aGk=\u{7}")
    #expect(
      Clipboard.sequence("hi", isInTmux: true)
        == "\u{1B}]52;c;aGk=\u{7}\u{1B}Ptmux;\u{1B}\u{1B}]52;c;aGk=\u{7}\u{1B}\\")
  }

  @Test func theDesktopsProgramIsPreferredWhereItIs() {
    let environment = ["PATH": "/bin:/usr/bin", "DISPLAY": ":0"]
    func helper(_ environment: [String: String], _ paths: String...) -> Clipboard.Helper? {
      Clipboard.helper(environment) { paths.contains($0) }
    }
    #expect(
      helper(environment, "/usr/bin/xclip", "/bin/wl-copy")
        == Clipboard.Helper(path: "/usr/bin/xclip", arguments: ["-selection", "clipboard"]))
    #expect(helper(environment, "/bin/wl-copy") == nil)
    #expect(
      helper(["PATH": "/bin", "WAYLAND_DISPLAY": "w"], "/bin/wl-copy")?.name == "wl-copy")
  }

  @Test func theHistoryIsSearchedBackwards() {
    var state = Scene.ready()
    for line in ["How many circles?", "What colour?", "How many squares?"] {
      state.history.add(line)
    }
    state.type("draft")
    state.press(.control("R"))
    state.type("how")
    #expect(state.prompt.text == "How many squares?")
    #expect(state.screen.contains("search 'how'"))
    state.press(.control("R"))
    #expect(state.prompt.text == "How many circles?")
    state.press(.control("R"))
    #expect(state.prompt.text == "How many circles?")
    state.press(.escape)
    #expect(state.prompt.text == "draft")
    state.press(.control("R"))
    state.type("col")
    #expect(state.press(.enter) == [])
    #expect(state.prompt.text == "What colour?")
    #expect(state.press(.enter).last == .post(.ask("What colour?")))
  }

  @Test func helpExplainsOneCommand() {
    var state = Scene.ready()
    state.send("/help budget")
    #expect(state.transcript.contains { $0.text.hasPrefix("/budget 30%: keep this much") })
    #expect(state.transcript.last?.text.contains("brings evicted entries back") == true)
    state.send("/help bugdet")
    #expect(
      state.transcript.last?.text
        == "There is no command '/bugdet'. Did you mean /budget? /help lists all.")
  }

  @Test func anUnknownCommandSuggestsTheNearest() {
    for (typed, nearest) in [
      ("regenrate", "regenerate"), ("reg", "regenerate"), ("modle", "model"), ("hlep", "help"),
      ("clera", "clear"), ("polcy", "policy"),
    ] {
      #expect(NearestName.to(typed, among: SlashCommands.all.map(\.name)) == nearest)
    }
    for typed in ["load", "x", "save-as", ""] {
      #expect(NearestName.to(typed, among: SlashCommands.all.map(\.name)) == nil, "\(typed)")
    }
  }
}
