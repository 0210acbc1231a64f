import Inference
import KVCache
import Testing

@testable import TUI

@Suite struct ConversationTests {
  @Test func startingAsksForPolicyBudgetModelAndPicture() {
    var options = Scene.options()
    options.imagePath = "cat.jpg"
    options.model = "llava"
    var state = AppState(size: Size(columns: 80, rows: 24), depth: .none, options: options)
    #expect(
      state.feed(.started) == [
        .post(.setPolicy("prefixkv")), .post(.setBudget(.share(0.3))),
        .readPictures(.image("cat.jpg")),
        .post(.loadModel("llava")),
      ])
    #expect(
      state.feed(.pictureRead(.image("cat.jpg"), .one(path: "/home/cat.jpg", question: "")))
        == [.post(.loadImage(path: "/home/cat.jpg"))])
  }

  @Test func answerStreamsIntoChat() {
    var state = Scene.ready()
    #expect(state.send("Hi") == [.remember("Hi"), .post(.ask("Hi"))])
    state.feed(.engine(.token(text: "Hel", tokensPerSecond: 9)))
    state.feed(.engine(.token(text: "lo", tokensPerSecond: 10)))
    #expect(state.transcript.map(\.text) == ["Hi", "Hello"])
    #expect(state.screen.contains("● Hello"))
    #expect(state.cursorsOfAnswers == 1)
    state.feed(.engine(.answerFinished(Scene.statistics)))
    #expect(!state.isBusy)
    #expect(state.screen.contains("5 tokens, 12.5 tok/s, first after 424 ms"))
  }

  @Test func aQuestionDuringAnAnswerWaitsForItsEnd() {
    var state = Scene.ready()
    state.send("one")
    state.feed(.engine(.token(text: "A", tokensPerSecond: 9)))
    #expect(state.send("two") == [.remember("two")])
    state.feed(.engine(.token(text: "B", tokensPerSecond: 9)))
    #expect(state.transcript.map(\.text) == ["one", "AB", "two"])
    #expect(state.screen.contains("waiting"))
    #expect(state.feed(.engine(.answerFinished(Scene.statistics))) == [.post(.ask("two"))])
    state.feed(.engine(.token(text: "C", tokensPerSecond: 9)))
    #expect(state.transcript.map(\.text) == ["one", "AB", "two", "C"])
  }

  @Test func aQuestionBeforeTheModelWaitsForIt() {
    var state = Scene.empty()
    state.feed(.started)
    #expect(state.send("early") == [.remember("early")])
    #expect(state.feed(.engine(.modelLoaded(Scene.model()))) == [.post(.ask("early"))])
  }

  @Test func aModelThatCannotBeLoadedGivesTheQuestionBack() {
    var state = Scene.empty()
    state.feed(.started)
    state.send("early")
    state.feed(
      .engine(.loadFailed(LoadFailure(subject: .model, sentence: "There is no model at /x."))))
    #expect(!state.isBusy && state.queue.isEmpty)
    #expect(state.transcript.map(\.role) == [.error, .error])
    #expect(state.press(.up) == [])
    #expect(state.prompt.text == "early")
  }

  @Test func controlCStopsAndThenLeaves() {
    var state = Scene.ready()
    state.send("Hi")
    #expect(state.press(.control("C")) == [.post(.cancel)])
    #expect(state.press(.control("C")) == [.quit(status: 0)])
  }

  @Test func controlCInTheIdleNeedsASecondOneAtOnce() {
    var state = Scene.ready()
    #expect(state.press(.control("C")) == [])
    #expect(state.press(.left, .control("C")) == [])
    #expect(state.press(.control("C")) == [.quit(status: 0)])
  }

  @Test func controlDLeavesOnlyAnEmptyPrompt() {
    var state = Scene.ready()
    state.type("ab")
    state.press(.left)
    #expect(state.press(.control("D")) == [])
    #expect(state.prompt.text == "a")
    state.press(.backspace)
    #expect(state.press(.control("D")) == [.quit(status: 0)])
  }

  @Test func budgetMovesDuringAnAnswer() {
    var state = Scene.ready()
    state.send("Hi")
    #expect(state.press(.function(5)) == [.post(.setBudget(.share(0.25)))])
    #expect(state.press(.function(6)) == [.post(.setBudget(.share(0.3)))])
    #expect(state.isAnswering)
  }

  @Test func lateReportsDoNotMoveTheSliderBack() {
    var state = Scene.answered()
    state.press(.function(5), .function(5))
    #expect(state.budget.share == 0.2)
    state.feed(.engine(.cache(Scene.snapshot(budget: 0.25))))
    #expect(state.budget.share == 0.2)
    state.feed(.engine(.cache(Scene.snapshot(budget: 0.2))))
    state.feed(.engine(.cache(Scene.snapshot(budget: 0.21))))
    #expect(state.budget.share == 0.21)
  }

  @Test func budgetIsTypedInItsPanel() {
    var state = Scene.answered()
    _ = state.show(.budget)
    state.type("180tok")
    #expect(state.screen.contains("180tok▏"))
    #expect(state.press(.enter) == [.post(.setBudget(.entriesPerLayer(180)))])
    state.type("7000%")
    #expect(state.press(.enter) == [])
    #expect(state.transcript.last?.role == .error)
  }

  @Test func budgetIsDraggedWithTheMouse() throws {
    var state = Scene.answered()
    let body = try #require(Layout(state).body(of: .budget))
    let slider = BudgetSlider(Size(columns: body.width, rows: body.height))
    let end = Point(x: body.x + slider.x + slider.width - 1, y: body.y)
    #expect(state.feed(.mouse(.press, end)) == [.post(.setBudget(.share(1)))])
    let start = Point(x: 0, y: 0)
    #expect(state.feed(.mouse(.drag, start)) == [.post(.setBudget(.share(0.01)))])
    state.feed(.mouse(.release, start))
    #expect(state.feed(.mouse(.drag, end)) == [])
  }

  @Test func errorsAreShownInFullAndInert() {
    var state = Scene.ready()
    state.send("Hi")
    state.feed(.engine(.failed("It broke: \u{1B}]0;x\u{7}.")))
    #expect(!state.isAnswering)
    #expect(state.screen.contains("! It broke: ␛]0;x␇."))
  }

  @Test func aSentenceDuringAnAnswerDoesNotSplitIt() {
    var state = Scene.ready()
    state.send("Hi")
    state.feed(.engine(.token(text: "A", tokensPerSecond: 9)))
    state.feed(.noted("Interpolated."))
    state.feed(.engine(.failed("No such policy.")))
    state.feed(.engine(.token(text: "B", tokensPerSecond: 9)))
    #expect(state.transcript.map(\.text) == ["Hi", "Interpolated.", "AB", "No such policy."])
    #expect(state.isAnswering)
  }

  @Test func regenerateAnswersTheLastQuestionAgain() {
    var state = Scene.answered()
    state.send("/budget 20%")
    #expect(state.send("/regenerate").last == .post(.regenerate))
    state.feed(.engine(.token(text: "Boats.", tokensPerSecond: 9)))
    #expect(
      state.transcript.map(\.text) == ["What is this?", "A small harbour at dusk.", "Boats."])
    #expect(state.transcript.map(\.isFormer) == [false, true, false])
  }

  @Test func clearForgetsTheConversationAndKeepsThePicture() {
    var state = Scene.answered()
    state.feed(.engine(.imageLoaded(path: "/a.png", Scene.pixels(4, 4))))
    #expect(state.send("/clear").last == .post(.clear))
    state.feed(.engine(.cleared))
    #expect(state.transcript.isEmpty && state.cache == nil && state.picture != nil)
  }

  @Test func aNewPictureSaysThatTheConversationBeginsAnew() {
    var state = Scene.answered()
    state.feed(.engine(.imageLoaded(path: "/b.png", Scene.pixels(4, 4))), .engine(.cleared))
    state.feed(.engine(.imageLoaded(path: "/c.png", Scene.pixels(4, 4))), .engine(.cleared))
    #expect(state.transcript.count { $0.text.hasPrefix("A new conversation begins here") } == 1)
    #expect(state.transcript.first?.text == "What is this?")
  }

  @Test func stopReasonsAreTold() {
    for (finish, words) in [
      (FinishReason.contextFull, "context is full"), (.cancelled, "stopped"),
      (.maximumTokens, "token limit"),
    ] {
      var state = Scene.ready()
      state.send("Hi")
      state.feed(.engine(.token(text: "A", tokensPerSecond: 9)))
      var statistics = Scene.statistics
      statistics.finish = finish
      state.feed(.engine(.answerFinished(statistics)))
      #expect(state.transcript.last?.footnote?.contains(words) == true)
    }
  }

  @Test func aModelsWarningIsShown() {
    var state = Scene.empty()
    state.feed(.started, .engine(.modelLoaded(Scene.model(warning: "This is a stand-in."))))
    #expect(state.screen.contains("· This is a stand-in."))
  }

  @Test func saveHoldsQuestionsAndAnswers() {
    var state = Scene.answered()
    guard case .save(let path, let text)? = state.send("/save chat.md").last else {
      Issue.record("no save effect")
      return
    }
    #expect(path == "chat.md")
    #expect(text.contains("## You\n\nWhat is this?\n\n## Model\n\nA small harbour at dusk.\n"))
  }
}
