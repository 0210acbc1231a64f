import Inference
import KVCache
import Testing

@testable import TUI

@Suite struct CommandTests {
  @Test func everyCommandCanBeTypedAndIsInTheHelp() {
    for command in SlashCommands.all {
      var state = Scene.answered()
      state.send("/\(command.name) x")
      let refusal = "no command '/\(command.name)'"
      let isUnknown = state.transcript.contains { $0.text.contains(refusal) }
      #expect(!isUnknown, "/\(command.name)")
      #expect(HelpOverlay.lines.contains(.entry(command.usage, command.summary)))
      #expect(!command.summary.isEmpty)
    }
  }

  @Test func everyKeyWithAMeaningIsInTheHelp() {
    let bindings = KeyBindings.sections.flatMap(\.bindings)
    #expect(bindings.count > 30)
    for binding in bindings where !binding.help.isEmpty {
      #expect(HelpOverlay.lines.contains(.entry(binding.label, binding.help)))
    }
  }

  @Test func commandsBecomeEngineCommands() {
    var state = Scene.answered()
    #expect(state.send("/budget 200MiB").last == .post(.setBudget(.bytes(200 << 20))))
    #expect(state.send("/budget  45 %").last == .post(.setBudget(.share(0.45))))
    #expect(state.send("/policy full").last == .post(.setPolicy("full")))
    #expect(
      state.send("/policy prefixkv:/a b/c.csv").last == .post(.setPolicy("prefixkv:/a b/c.csv")))
    #expect(state.send("/model ~/m.gguf").last == .post(.loadModel("~/m.gguf")))
    #expect(state.send("/quit").last == .quit(status: 0))
  }

  @Test func listedPoliciesEndInTheOneInForce() {
    var state = Scene.answered()
    state.send("/policy full")
    state.send("/policy")
    #expect(state.status.text == "full is in force")
    #expect(state.transcript.contains { $0.text.hasPrefix("full, in force: ") })
  }

  @Test func aWrongPolicyListsTheKnownOnes() {
    var state = Scene.answered()
    state.send("/policy best")
    #expect(
      state.transcript.last?.text
        == "There is no policy 'best'. Available: full, prefixkv, prefixkv:PATH.")
  }

  @Test func aPathWithALeadingSlashIsNotACommand() {
    var state = Scene.ready()
    let line = "/home/me/my cat.jpg"
    #expect(state.send(line).last == .readPictures(.submitted(line)))
    #expect(
      state.feed(.pictureRead(.submitted(line), .one(path: line, question: "")))
        == [.post(.loadImage(path: line))])
  }

  @Test func anUnknownCommandListsTheKnownOnes() {
    var state = Scene.ready()
    state.send("/imgae cat")
    state.feed(.pictureRead(.submitted("/imgae cat"), .none))
    #expect(state.transcript.last?.text.contains("no command '/imgae'") == true)
    #expect(state.transcript.last?.text.contains("/image") == true)
  }

  /// A word after the slash and a picture behind it: a command that does not exist.
  @Test func aMadeUpCommandWithAPictureListsTheKnownOnes() {
    let answers: [(String, PictureMention, String)] = [
      (
        "/load ~/cat.jpg", .missing(path: "~/cat.jpg"),
        "There is no command '/load' and no such file. Commands: /image"
      ),
      (
        "/load ~/cat.jpg", .one(path: "/home/me/cat.jpg", question: "/load"),
        "There is no command '/load' and no such file. Commands: /image"
      ),
      ("/cat.jpg", .missing(path: "/cat.jpg"), "There is no file at '/cat.jpg'."),
      (
        "/home/me/my cat.jpg", .missing(path: "/home/me/my cat.jpg"),
        "There is no file at '/home/me/my cat.jpg'."
      ),
    ]
    for (line, mention, expected) in answers {
      var state = Scene.ready()
      state.send(line)
      #expect(state.feed(.pictureRead(.submitted(line), mention)) == [])
      #expect(state.transcript.last?.text.hasPrefix(expected) == true)
    }
  }

  @Test func aQuestionThatMentionsAFileIsAQuestion() {
    var state = Scene.ready()
    let question = "Is cat.jpg a good name?"
    #expect(state.send(question).last == .readPictures(.submitted(question)))
    #expect(state.feed(.pictureRead(.submitted(question), .none)) == [.post(.ask(question))])
    #expect(state.send("/image").last == .remember("/image"))
  }

  @Test func tabCompletesCommands() {
    var state = Scene.ready()
    state.type("/im")
    state.press(.tab)
    #expect(state.prompt.text == "/image ")
    state.type("~/pic")
    #expect(state.press(.tab) == [.listPaths(prefix: "~/pic", .pictures)])
    state.feed(.completions(["~/pictures/"], for: "~/pic"))
    #expect(state.prompt.text == "/image ~/pictures/")
  }

  @Test func tabGoesThroughSeveralCandidates() {
    var state = Scene.ready()
    state.type("/image a")
    state.press(.tab)
    state.feed(.completions(["ab1.png", "ab2 x.png"], for: "a"))
    #expect(state.prompt.text == "/image ab")
    #expect(state.screen.contains("ab2 x.png"))
    state.press(.tab)
    #expect(state.prompt.text == "/image ab1.png")
    state.press(.tab)
    #expect(state.prompt.text == "/image ab2 x.png")
    state.press(.tab)
    #expect(state.prompt.text == "/image ab1.png")
    state.type("x")
    #expect(state.completion == nil)
  }

  @Test func tabCompletesAPathInsideAQuestion() {
    var state = Scene.ready()
    state.type("What is in ~/my\\ pic")
    #expect(state.press(.tab) == [.listPaths(prefix: "~/my pic", .pictures)])
    state.feed(.completions(["~/my pictures/"], for: "~/my pic"))
    #expect(state.prompt.text == "What is in ~/my\\ pictures/")
    state.type("a")
    state.press(.tab)
    state.feed(
      .completions(["~/my pictures/a 1.png", "~/my pictures/a 2.png"], for: "~/my pictures/a"))
    #expect(state.prompt.text == "What is in ~/my\\ pictures/a\\ ")
    #expect(state.screen.contains("a 2.png"))
    state.press(.tab)
    #expect(state.prompt.text == "What is in ~/my\\ pictures/a\\ 1.png")
  }

  @Test func tabCompletesAQuotedPathAndClosesTheQuote() {
    for (typed, prefix, completed) in [
      ("Don't read '/tmp/my c", "/tmp/my c", "Don't read '/tmp/my cat.png'"),
      ("/image \"/tmp/my c", "/tmp/my c", "/image \"/tmp/my cat.png\""),
      ("/tmp/my", "/tmp/my", "/tmp/my\\ cat.png"),
      ("/image /tmp/my c", "/tmp/my c", "/image /tmp/my cat.png"),
      ("/image /tmp/my\\ c", "/tmp/my c", "/image /tmp/my\\ cat.png"),
      ("/image file:///tmp/my%20c", "/tmp/my c", "/image file:///tmp/my%20cat.png"),
      ("What is file:/tmp/my%20c", "/tmp/my c", "What is file:/tmp/my%20cat.png"),
    ] {
      var state = Scene.ready()
      state.type(typed)
      #expect(state.press(.tab) == [.listPaths(prefix: prefix, .pictures)])
      state.feed(.completions(["/tmp/my cat.png"], for: prefix))
      #expect(state.prompt.text == completed)
    }
  }

  @Test func tabLeavesWhatStandsBehindTheCursor() {
    var state = Scene.ready()
    state.type("Compare /tmp/a with the sea")
    for _ in 0..<" with the sea".count { state.press(.left) }
    #expect(state.press(.tab) == [.listPaths(prefix: "/tmp/a", .pictures)])
    state.feed(.completions(["/tmp/ab.png"], for: "/tmp/a"))
    state.type("!")
    #expect(state.prompt.text == "Compare /tmp/ab.png! with the sea")
  }

  @Test func lateCompletionsDoNotTouchANewText() {
    var state = Scene.ready()
    state.type("/image a")
    state.press(.tab)
    state.type("b")
    state.feed(.completions(["ax.png"], for: "a"))
    #expect(state.prompt.text == "/image ab")
  }

  @Test func tabWithoutACommandGoesToTheNextPanel() {
    var state = Scene.ready()
    state.type("hello")
    state.press(.tab)
    #expect(state.focus == .chat)
    let shown = Panels.all.filter { $0.place != .middle && $0.isShown(state) }
    for _ in shown.dropFirst() { state.press(.tab) }
    #expect(state.focus == .prompt)
    state.press(.backTab)
    #expect(state.focus == shown.last?.id)
    state.type("!")
    #expect(state.focus == .prompt && state.prompt.text == "hello!")
  }

  @Test(arguments: [
    "/tmp/my cat.jpg", "'/tmp/my cat.jpg'", "\"/tmp/my cat.jpg\"", "/tmp/my\\ cat.jpg",
    "file:///tmp/my%20cat.jpg", "file://localhost/tmp/my%20cat.jpg", "  /tmp/my cat.jpg \n",
  ])
  func droppedPathsAreRead(_ text: String) throws {
    #expect(PictureMention.isAlone(in: text))
    #expect(try ImagePath.resolve(text) == "/tmp/my cat.jpg")
  }

  @Test func aPastedPicturePathIsOffered() {
    var state = Scene.ready()
    #expect(state.feed(.paste("'/tmp/cat.png' ")) == [.readPictures(.offer("'/tmp/cat.png' "))])
    state.feed(
      .pictureRead(.offer("'/tmp/cat.png' "), .one(path: "/tmp/cat.png", question: "")))
    #expect(state.screen.contains("Enter loads this picture"))
    #expect(state.press(.enter) == [.post(.loadImage(path: "/tmp/cat.png"))])
    #expect(state.prompt.isEmpty)
  }

  @Test func anOfferedPictureCanBeDeclined() {
    var state = Scene.ready()
    state.feed(.paste("/tmp/cat.png"))
    state.feed(.pictureRead(.offer("/tmp/cat.png"), .one(path: "/tmp/cat.png", question: "")))
    state.press(.escape)
    #expect(state.offeredPicture == nil && state.prompt.text == "/tmp/cat.png")
  }

  @Test func aPasteThatDoesNotFitIsRefused() {
    var state = Scene.ready()
    state.feed(.paste("short"))
    state.feed(.paste(String(repeating: "x", count: 1 << 20)))
    #expect(state.prompt.text == "short")
    #expect(state.status.text.contains("at most 1.0 MiB of text"))
  }

  @Test func pastedLinesStayTogether() {
    var state = Scene.ready()
    state.feed(.paste("one\r\ntwo\rthree\u{1B}[0m"))
    #expect(state.prompt.text == "one\ntwo\nthree\u{1B}[0m")
    #expect(state.screen.contains("three␛[0m"))
  }

  @Test func historyGoesBackAndForth() {
    var state = Scene.answered()
    state.type("draft")
    state.press(.up)
    #expect(state.prompt.text == "What is this?")
    state.press(.down)
    #expect(state.prompt.text == "draft")
  }

  @Test func aQuestionMarkIsHelpOnlyInAnEmptyPrompt() {
    var state = Scene.ready()
    state.press(.character("?"))
    #expect(state.helpScroll == 0)
    state.press(.escape)
    state.type("why?")
    #expect(state.helpScroll == nil && state.prompt.text == "why?")
  }

  @Test func plainModePrintsWhatTheScreenWouldShow() {
    var state = Scene.answered()
    state.options.isPlain = true
    _ = state.submit(line: "/show layers")
    #expect(
      state.transcript.last?.text == "layer 3: 160 of 640 kept (25 %), 144 picture, 16 text")
    _ = state.submit(line: "/help")
    #expect(state.helpScroll == nil)
    #expect(state.transcript.contains { $0.text.hasPrefix("/image PATH") })
  }
}
