import Basics
import Inference
import KVCache
import Testing

@testable import TUI

/// Looking at tokens one by one.
@Suite struct TokenTests {
  private static let words: [(text: String, probability: Double)] = [
    ("A ", 0.98), ("small ", 0.7), ("harbour ", 0.4), ("at ", 0.95), ("dusk.", 0.1),
  ]

  /// Positions 0...1 are the system's, 2...5 the picture's, 6...9 the question's, 10... the answer's.
  static func scene(_ columns: Int = 120, _ rows: Int = 35, isFinished: Bool = true) -> AppState {
    var state = Scene.ready(columns, rows, layers: 2)
    state.show(picture: "/tmp/a.png")
    state.feed(.engine(.patches(patches)))
    state.send("What is this?")
    let prompt = ["", "", "USER: ", "What ", "is ", "this?"]
    state.feed(
      .engine(
        .promptRead(
          zip([0, 1, 6, 7, 8, 9], prompt).map { PromptWord(position: $0, text: $1) })),
      .engine(.answerStarted(promptTokens: 10, timeToFirstToken: .milliseconds(424))),
      .engine(.cache(Scene.snapshot(layers: 2))))
    for (index, word) in words.enumerated() {
      state.feed(
        .engine(.token(text: word.text, tokensPerSecond: 12.5)),
        .engine(.choice(choice(10 + index, word.text, word.probability))))
    }
    if isFinished { state.feed(.engine(.answerFinished(Scene.statistics))) }
    return state
  }

  private static let patches = PatchMap(
    width: 4, height: 4,
    rows: [(0, 0), (2, 0), (0, 2), (2, 2)].map { x, y in
      PictureRegion(x: x, y: y, width: 2, height: 2)
    })

  private static func choice(_ position: Int, _ text: String, _ probability: Double)
    -> TokenChoice
  {
    TokenChoice(
      position: position, text: text, probability: probability,
      others: [(" large", 0.2), (" old", 0.05)].map {
        TokenChoice.Alternative(text: $0, probability: $1)
      })
  }

  static func attention(of position: Int) -> EngineEvent {
    .attention(
      TokenAttention(
        position: position,
        entries: [
          .init(position: 4, segment: .image, share: 0.4),
          .init(position: 7, segment: .user, share: 0.2),
          .init(position: 0, segment: .system, share: 0.1),
          .init(position: 10, segment: .assistant, share: 0.08),
          .init(position: 2, segment: .image, share: 0.04),
        ], shares: [0.12, 0.5, 0.25, 0.13], isExact: true))
  }

  static func standing(of position: Int) -> EngineEvent {
    .standing(
      EntryStanding(
        position: position, segment: .assistant, positions: 14,
        layers: [
          .init(isKept: true, importance: 0.25, rank: 3, protection: nil),
          .init(isKept: false, importance: 0.03125, rank: 12, protection: nil),
        ], isRankedByImportance: true))
  }

  static let entries = EngineEvent.entries(
    CacheEntries(
      runs: [
        .init(segment: .system, positions: 0..<2), .init(segment: .image, positions: 2..<6),
        .init(segment: .user, positions: 6..<10), .init(segment: .assistant, positions: 10..<14),
      ], kept: [PositionSet(0..<14, count: 14), PositionSet([0, 13], count: 14)], importance: nil))

  /// The third token is looked at, and everything about it is known.
  private static func inspected(_ columns: Int = 120, _ rows: Int = 35) -> AppState {
    var state = scene(columns, rows)
    state.press(.function(8), .left, .left)
    state.feed(
      .engine(entries), .engine(attention(of: 12)), .engine(standing(of: 12)))
    return state
  }

  private static func glyphs(_ canvas: Canvas, where isWanted: (Style) -> Bool) -> String {
    (0..<canvas.size.rows).flatMap { y in
      (0..<canvas.size.columns).filter { isWanted(canvas[$0, y].style) }.map { canvas[$0, y].glyph }
    }.joined()
  }

  // MARK: Selecting

  @Test func theKeyBeginsWithTheNewestTokenAndTellsTheEngine() {
    var state = Self.scene()
    #expect(
      state.press(.function(8)) == [
        .post(.watch([.kept])), .post(.recordAttention(true)), .post(.explain(position: 14)),
        .post(.attention(of: 14)),
      ])
    #expect(state.overlay == .attention && state.focus == .tokens)
    #expect(state.feed(.tick).isEmpty, "nothing is asked twice")
    #expect(
      state.press(.left) == [.post(.explain(position: 13)), .post(.attention(of: 13))])
    state.feed(.engine(Self.attention(of: 13)))
    #expect(
      state.press(.escape) == [
        .post(.watch([])), .post(.recordAttention(false)), .post(.explain(position: nil)),
      ])
    #expect(state.overlay == .off && state.focus == .prompt && !state.inspection.isOn)
    // What was told stays with the token.
    #expect(state.send("/tokens 4").contains(.post(.explain(position: 13))))
    #expect(state.selectedToken?.attention?.position == 13)
  }

  @Test func withoutTheModeNothingIsAsked() {
    var state = Self.scene(isFinished: false)
    #expect(state.feed(.tick, .engine(.cache(Scene.snapshot(layers: 2)))).isEmpty)
    state.feed(.engine(Self.standing(of: 12)))
    #expect(state.inspection.standing == nil)
  }

  @Test func arrowsStayAmongTheGeneratedTokens() {
    var state = Self.scene()
    state.send("/tokens")
    for (key, position) in [
      (Key.right, 14), (.left, 13), (.home, 10), (.left, 10), (.end, 14), (.up, 14),
    ] {
      state.press(key)
      #expect(state.inspection.position == position, "\(key)")
    }
  }

  @Test func rowsAreLeftForTheNearestTokenAboveAndBelow() throws {
    var state = Self.scene(80, 24)
    let width = try #require(Layout(state).body(of: .chat)).width
    for _ in 0..<3 {
      state.feed(.engine(.answerStarted(promptTokens: 1, timeToFirstToken: .zero)))
      let first = (state.generated.last?.position ?? 0) + 1
      for index in 0..<30 {
        state.feed(
          .engine(.token(text: "word ", tokensPerSecond: 9)),
          .engine(.choice(Self.choice(first + index, "word ", 0.9))))
      }
      state.feed(.engine(.answerFinished(Scene.statistics)))
    }
    state.send("/tokens")
    func place(_ state: AppState) -> TokenPlace? {
      let rows = ChatRows(state, width: width)
      return state.remembered.flatMap(rows.places).first {
        $0.position == state.inspection.position
      }
    }
    state.press(.left, .left)
    var before = try #require(place(state))
    var seenRows = 0
    while state.inspection.position != 10, seenRows < 40 {
      state.press(.up)
      let here = try #require(place(state))
      if here == before { break }
      let isAbove = (here.message, here.row) < (before.message, before.row)
      #expect(isAbove)
      let visible = ChatRows(state, width: width)
        .visible(height: Layout(state).body(of: .chat)?.height ?? 0)
      #expect(visible.contains { $0.message == here.message && $0.offset == here.offset })
      before = here
      seenRows += 1
    }
    #expect(seenRows > 10, "the first rows are reached")
    let first = state.remembered.first { state.transcript[$0].role == .model }
    #expect(before.message == first)
  }

  @Test func aClickSelectsAWordOfAnswerOrQuestion() throws {
    var state = Self.scene()
    let place = try #require(Layout(state).place(of: .chat))
    let rows = draw(state, memo: DrawingMemo()).text.split(
      separator: "\n", omittingEmptySubsequences: false)
    func click(_ word: String) -> [AppEffect] {
      for (y, row) in rows.enumerated() {
        guard let range = row.firstRange(of: word) else { continue }
        let x = DisplayText.width(row[..<range.lowerBound])
        guard x < place.frame.x + place.frame.width else { continue }
        return state.feed(.mouse(.press, Point(x: x + 1, y: y)))
      }
      return []
    }
    #expect(click("harbour").contains(.post(.attention(of: 12))))
    #expect(state.inspection.position == 12)
    #expect(click("What") == [.post(.explain(position: 7))])
    #expect(Panel.tokens.text(state).first == "'What'")
    #expect(click("tokens, ").isEmpty, "a footnote has no tokens")
  }

  @Test func aClickOnThePictureSelectsAPatch() throws {
    var state = Self.inspected()
    let body = try #require(Layout(state).body(of: .picture))
    let place = try #require(PictureOverlay(state)?.place(in: body.size))
    let right = Point(x: body.x + place.x + place.width - 1, y: body.y + place.y)
    #expect(state.feed(.mouse(.press, right)) == [.post(.explain(position: 3))])
    #expect(state.selectedPatch == 1)
    #expect(Panel.tokens.text(state).first == "patch 1 of the picture")
    #expect(PatchValues(state)?.values == [0, 1, 0, 0])
  }

  @Test func whatTheCacheHasForgottenCannotBeSelected() {
    var state = Self.scene()
    state.feed(.engine(.cleared))
    state.send("/tokens")
    #expect(state.transcript.last?.text.hasPrefix("There is no answer to look into yet") == true)
    state = Self.inspected()
    state.feed(.engine(.cleared))
    #expect(!state.inspection.isOn && state.focus == .prompt)
  }

  // MARK: Looks

  @Test func selectedAndAttendedWordsStandOut() {
    let canvas = draw(Self.inspected(), memo: DrawingMemo())
    #expect(
      Self.glyphs(canvas) { $0.attributes.contains(.reverse) && $0.foreground == .role(.accent) }
        == "harbour ")
    let attended = Self.glyphs(canvas) {
      $0.foreground == .role(.words) && $0.background == .role(.track) && $0.attributes == .bold
    }
    #expect(attended == "What A ")
  }

  @Test func thePictureShowsTheTokensAttention() throws {
    let values = try #require(PatchValues(Self.inspected()))
    // 0.4 is the most; a tenth of it is half of the way down to a hundredth.
    #expect(values.values == [0.5, 0, 1, 0])
    #expect(values.sentence.contains("50.0 %"))
  }

  @Test func thePanelTellsAllOfIt() {
    let text = Panel.tokens.text(Self.inspected()).joined(separator: "\n")
    #expect(
      text
        == """
        'harbour' 40 %, or 'large' 20 %, 'old' 5 %
        attended to picture 50 %, system 12 %, question 25 %, answer 13 %
        most to patch 2 40 %, 'What' 20 %, the beginning 10 %, 'A' 8 %, patch 0 4 %
        its entry is kept in 1 of 2 layers, evicted from layer 1
        rank 3 to 12 of 14 by attention
        layer 0: kept, rank 3, attention 0.25
        layer 1: evicted, rank 12, attention 0.031
        """)
  }

  /// What protects an entry is said of the layers that keep it, and that attention is not all.
  @Test func protectionIsSaidWhereTheEntryIsKept() {
    typealias Layer = EntryStanding.Layer
    func report(_ layers: [Layer], byImportance: Bool = true) -> [String] {
      StandingReport(
        EntryStanding(
          position: 3, segment: .assistant, positions: 9, layers: layers,
          isRankedByImportance: byImportance)
      ).lines
    }
    let evicted = Layer(isKept: false, importance: 1, rank: 2, protection: .recent)
    let recent = Layer(isKept: true, importance: 1, rank: 5, protection: .recent)
    let kept = Layer(isKept: true, importance: 1, rank: 1, protection: nil)
    let lines = report([evicted, recent, kept])
    #expect(
      lines[0]
        == "its entry is kept in 2 of 3 layers, in 1 of them protected as one of the last, evicted from layer 0"
    )
    #expect(lines[1] == "rank 1 to 5 of 9 by attention")
    #expect(lines[2] == "layer 0: evicted, rank 2, attention 1")
    #expect(lines[3].hasSuffix("protected as one of the last"))
    #expect(
      report([recent, recent])[0]
        == "its entry is kept in 2 of 2 layers, protected as one of the last")
    #expect(report([kept], byImportance: false)[1].hasSuffix("; the policy has a score of its own"))
  }

  @Test func aScoredTokenShowsWhatTheFullCacheMakesOfIt() {
    var state = Self.scene(isFinished: false)
    state.feed(
      .engine(
        .quality(
          TokenQuality(
            position: 14, divergence: 0.25, other: " noon", twinBytes: 1, approximateFrom: nil))))
    state.press(.function(8))
    #expect(
      Panel.tokens.text(state)
        .contains("KL to the full cache 0.250 nats, which would have said 'noon'"))
  }

  /// Their tokens have places; what is known of each is computed when it is looked at.
  @Test func tokensOfAResumedAnswerAreComputedWhenTheyAreLookedAt() {
    var state = Scene.answered(120, 35)
    state.send("And now?")
    state.feed(
      .engine(.answerStarted(promptTokens: 9, timeToFirstToken: .zero)),
      .engine(.token(text: "A boat.", tokensPerSecond: 9)),
      .engine(.answerFinished(Scene.statistics)))
    let questions = [
      [(640, " USER: "), (641, "What is"), (642, " this? ASSISTANT:")],
      [(646, " USER: "), (647, "And"), (648, " now? ASSISTANT:")],
    ]
    let answers = [
      [(643, " A small"), (644, " harbour at"), (645, " dusk.")], [(649, " A"), (650, " boat.")],
    ]
    for turn in 0..<2 {
      state.feed(
        .engine(
          .turnResumed(
            turn, question: questions[turn].map { PromptWord(position: $0.0, text: $0.1) },
            answer: answers[turn].map { AnsweredToken(position: $0.0, text: $0.1) })))
    }
    #expect(state.generated.map(\.position) == [643, 644, 645, 649, 650])
    let last = state.transcript.last { $0.role == .model }
    #expect(last?.pieces.map(\.place) == [0..<1, 1..<7])
    let effects = state.press(.function(8))
    #expect(effects.contains(.post(.attention(of: 650))))
    #expect(state.screen.contains("its probability is being computed"))
    #expect(state.screen.contains("what it attended to is being computed"))
    state.feed(.engine(.choice(Self.choice(650, " boat.", 0.5))), .engine(Self.attention(of: 650)))
    #expect(state.screen.contains("50 % probable"))
    #expect(state.screen.contains("attended to"))
    #expect(state.press(.left).contains(.post(.attention(of: 649))))
    state.press(.escape)
    state.send("/confidence on")
    #expect(state.status.text.contains("tokens of resumed answers once F8 has looked at them"))
  }

  @Test(arguments: [(80, 24), (120, 35), (200, 60), (250, 70)])
  func everySizeShowsTheTokenAndItsAttention(columns: Int, rows: Int) {
    let state = Self.inspected(columns, rows)
    let screen = state.screen
    for part in ["'harbour'", "40 %", "'large'", "patch 2", "kept in 1 of 2"] {
      #expect(screen.contains(part), "\(columns) x \(rows): \(part)\n\(screen)")
    }
    #expect(Layout(state).body(of: .picture)?.height ?? 0 >= 5)
  }

  @Test func anyPanelSizeWillDo() {
    let state = Self.inspected()
    for columns in [8, 20, 34, 60, 120] {
      for rows in [1, 3, 9, 20, 50] {
        var canvas = Canvas(Size(columns: columns, rows: rows))
        Panel.tokens.draw(state, &canvas, DrawingMemo())
        #expect(canvas.text.contains("harb"))
      }
    }
  }

  // MARK: Confidence

  @Test func answersAreShadedByConfidence() {
    var state = Self.scene()
    #expect(state.press(.function(9)).isEmpty)
    let canvas = draw(state, memo: DrawingMemo())
    func shaded(_ confidence: Confidence) -> String {
      Self.glyphs(canvas) { $0 == confidence.style }
    }
    #expect(shaded(.fair) == "small ")
    #expect(shaded(.low) == "harbour ")
    #expect(shaded(.poor) == "dusk.")
    #expect(canvas.text.contains("italic under 90 %"))
    state.send("/confidence off")
    #expect(!state.showsConfidence)
    state.send("/confidence perhaps")
    #expect(state.transcript.last?.text == "/confidence takes on or off, not 'perhaps'.")
  }

  @Test func shadingLeavesMarkdownElsewhere() {
    var spans = [Markdown.Span(range: 2..<10, look: .bold)]
    spans.mark(4..<6, as: .selected)
    spans.mark(20..<22, as: .attended)
    #expect(spans.map(\.range) == [2..<4, 4..<6, 6..<10, 20..<22])
    #expect(spans.map(\.look) == [.bold, .selected, .bold, .attended])
    let markdown = Markdown("# One\n- **two** `three`\nfour")
    #expect(markdown.text == "One\n• two three\nfour")
    for word in ["One", "two", "three", "four"] {
      let source = "# One\n- **two** `three`\nfour"
      let place = source.firstRange(of: word)!
      let shown = markdown.shown(source.utf8Offset(place.lowerBound))
      #expect(markdown.text.utf8Slice(shown..<shown + word.utf8.count) == word[...])
    }
  }
}
