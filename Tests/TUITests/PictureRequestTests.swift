import Inference
import KVCache
import Testing

@testable import TUI

/// A picture and a question in one line, and what happens while the engine is busy.
@Suite struct PictureRequestTests {
  private func submitted(
    _ state: inout AppState, _ line: String, _ mention: PictureMention
  ) -> [AppEffect] {
    state.send(line)
    return state.feed(.pictureRead(.submitted(line), mention))
  }

  @Test func theQuestionIsAskedWhenItsPictureHasBeenRead() {
    var state = Scene.ready()
    let effects = submitted(
      &state, "/tmp/a.png how many?", .one(path: "/tmp/a.png", question: "how many?"))
    #expect(effects == [.post(.loadImage(path: "/tmp/a.png"))])
    #expect(state.feed(.engine(.imageLoaded(path: "/tmp/a.png", Scene.pixels(4, 4)))) == [])
    #expect(state.feed(.engine(.cleared)) == [.post(.ask("how many?"))])
    #expect(state.transcript.last?.text == "how many?" && state.transcript.last?.isQueued == false)
  }

  @Test func aQuestionIsNotAskedAboutAnotherPicture() {
    let stops: [EngineEvent] = [
      .loadFailed(LoadFailure(subject: .picture, sentence: "'/tmp/a.png' is damaged.")),
      .loadFailed(
        LoadFailure(subject: .picture, sentence: "Loading was stopped.", isStopped: true)),
    ]
    for stop in stops {
      var state = Scene.answered()
      _ = submitted(
        &state, "/tmp/a.png how many?", .one(path: "/tmp/a.png", question: "how many?"))
      #expect(state.feed(.engine(stop)) == [])
      #expect(!state.isBusy && state.queue.isEmpty)
      #expect(state.transcript.last?.text.contains("was not asked") == true)
    }
  }

  @Test func requestsAreCarriedOutInTheirOrder() {
    var state = Scene.ready()
    state.send("one")
    state.send("two")
    _ = submitted(&state, "/tmp/b.png three", .one(path: "/tmp/b.png", question: "three"))
    state.feed(.engine(.token(text: "1", tokensPerSecond: 9)))
    #expect(state.feed(.engine(.answerFinished(Scene.statistics))) == [.post(.ask("two"))])
    state.feed(.engine(.token(text: "2", tokensPerSecond: 9)))
    #expect(
      state.feed(.engine(.answerFinished(Scene.statistics)))
        == [.post(.loadImage(path: "/tmp/b.png"))])
    state.feed(.engine(.imageLoaded(path: "/tmp/b.png", Scene.pixels(4, 4))))
    #expect(state.feed(.engine(.cleared)) == [.post(.ask("three"))])
  }

  @Test func aPictureThatHasToWaitIsTold() {
    var state = Scene.ready()
    state.send("one")
    #expect(submitted(&state, "/tmp/b.png", .one(path: "/tmp/b.png", question: "")) == [])
    #expect(
      state.transcript.last?.text == "picture b.png is opened when what runs now is done")
  }

  @Test func severalPicturesAreRefusedInASentence() {
    var state = Scene.ready()
    let effects = submitted(
      &state, "'/tmp/a.png' '/tmp/b.png'", .several(paths: ["/tmp/a.png", "/tmp/b.png"]))
    #expect(effects == [])
    #expect(
      state.transcript.last?.text
        == "A conversation is about one picture, and this line names several: '/tmp/a.png', "
        + "'/tmp/b.png'. Name one.")
  }

  @Test func aPictureIsShownBeforeThereIsAModel() {
    var state = Scene.empty()
    state.feed(.started)
    #expect(
      submitted(&state, "/tmp/a.png what?", .one(path: "/tmp/a.png", question: "what?"))
        == [.post(.loadImage(path: "/tmp/a.png"))])
    #expect(state.feed(.engine(.imageLoaded(path: "/tmp/a.png", Scene.pixels(4, 4)))) == [])
    #expect(state.feed(.engine(.modelLoaded(Scene.model()))) == [])
    #expect(state.feed(.engine(.cleared)) == [.post(.ask("what?"))])
  }

  @Test func aStopBeforeTheFirstTokenIsNoError() {
    var cancelled = Scene.statistics
    cancelled.finish = .cancelled
    cancelled.generatedTokens = 0
    for event in [EngineEvent.stopped, .answerFinished(cancelled)] {
      var state = Scene.ready()
      state.send("Hi")
      state.feed(.engine(.progress(.prefill, done: 1, total: 4)))
      #expect(state.press(.control("C")) == [.post(.cancel)])
      state.feed(.engine(event))
      #expect(!state.isBusy && state.status.kind != .error)
      #expect(state.transcript.map(\.role) == [.user, .notice])
      #expect(state.transcript.last?.text == "Stopped before the first word of the answer.")
    }
  }

  @Test func whatABudgetMovedIsTold() {
    for (evicted, restored, sentence) in [
      (34, 12, "evicted 34, restored 12 in 3.1 ms"), (4021, 0, "evicted 4021 entries in 3.1 ms"),
      (0, 12, "restored 12 entries in 3.1 ms"),
    ] {
      var state = Scene.answered()
      state.feed(
        .engine(
          .reconfigured(
            ReconfigurationReport(
              duration: .microseconds(3140), evicted: evicted, restored: restored, bytesMoved: 1,
              note: nil))))
      #expect(state.status.text == sentence)
      state.feed(
        .engine(
          .reconfigured(
            ReconfigurationReport(
              duration: .zero, evicted: 0, restored: 0, bytesMoved: 0, note: nil))))
      #expect(state.status.text == sentence)
    }
  }

  @Test func anErrorLeavesTheStatusLineAtTheNextKey() {
    var state = Scene.ready()
    state.feed(.failed("It broke.", .cannotWrite))
    #expect(state.status == Status(text: "It broke.", kind: .error))
    state.type("a")
    #expect(state.status == Status(text: "ready", kind: .good))
    #expect(state.transcript.last?.text == "It broke.")
  }

  @Test func headingAndFootnoteShowOneSpeed() {
    var state = Scene.answered()
    state.send("And?")
    state.feed(.engine(.token(text: "x", tokensPerSecond: 99)))
    #expect(state.screen.contains("99.0 tok/s"))
    var statistics = Scene.statistics
    statistics.decodeTokensPerSecond = 7.5
    state.feed(.engine(.answerFinished(statistics)))
    #expect(!state.screen.contains("99.0 tok/s"))
    #expect(state.screen.matches(of: /7\.5 tok\/s/).count == 3)
  }

  @Test func copyingSaysHowToReturn() {
    var state = Scene.answered()
    #expect(state.press(.function(2)) == [.mouseReports(false)])
    #expect(state.screen.contains("F2 or Esc brings the panels back"))
    #expect(state.press(.function(2)) == [.mouseReports(true)])
    #expect(!state.screen.contains("brings the panels back"))
  }

  @Test func everyCommandIsAcknowledgedInPlainMode() {
    for (line, words) in [
      ("/budget 20%", "budget 20 %"), ("/policy full", "policy full"),
      ("/clear", "the conversation is forgotten"),
    ] {
      var state = Scene.answered()
      state.options.isPlain = true
      _ = state.submit(line: line)
      #expect(state.transcript.last?.text == words && state.transcript.last?.role == .notice)
    }
    var state = Scene.answered()
    state.options.isPlain = true
    state.show(picture: "/tmp/a.png")
    #expect(state.transcript.contains { $0.text == "picture a.png, 4 x 4 pixels" })
    state.feed(.engine(.modelLoaded(Scene.model())))
    #expect(state.transcript.contains { $0.text == "model tiny, F16" })
    #expect(
      state.transcript.contains {
        $0.text == "template llava_v1, the usual one of the layout LLaVA"
      })
  }

  @Test func savedConversationsHoldNoControlCharacters() {
    var state = Scene.ready()
    state.show(picture: "/tmp/\u{1B}[31mred\n.png")
    state.send("Hi")
    state.feed(.engine(.token(text: "a\u{1B}]0;x\u{7}\u{202E}\nb", tokensPerSecond: 9)))
    state.feed(.engine(.answerFinished(Scene.statistics)))
    guard case .save(_, let text)? = state.send("/save chat.md").last else {
      Issue.record("no save effect")
      return
    }
    #expect(text.contains("Picture: /tmp/␛[31mred␊.png\n"))
    #expect(text.contains("a␛]0;x␇·\nb"))
  }
}
