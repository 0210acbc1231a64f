import Basics
import Inference
import KVCache

/// What is known of the token or patch that is looked at, as rows of a panel and as lines of text.
struct TokenReport {
  private let state: AppState
  private let token: Message.Token?

  init(_ state: AppState) {
    self.state = state
    token = state.selectedToken
  }

  /// Everything but the layers one by one.
  func rows(width: Int) -> [ReportRow] {
    guard state.inspection.isOn else { return [ReportRow(Self.nothing, Style(.dim))] }
    return [title] + alternatives(width: width) + ReportRow.wrapped(quality, width)
      + attention(width: width)
      + entry(width: width)
  }

  /// The same in `compactHeight` rows at most.
  func compact(width: Int) -> [ReportRow] {
    guard state.inspection.isOn else { return [ReportRow(Self.nothing, Style(.dim))] }
    let others = token?.choice.map { "or " + Self.others($0) } ?? ""
    let quality = token?.quality.map(Self.shortly) ?? (state.quality.isOn ? quality : "")
    let isSmall = isSmall
    return [title] + ReportRow.wrapped(others, width, atMost: isSmall ? 1 : 2)
      + ReportRow.wrapped(quality, width, atMost: 1)
      + attention(width: width, wordRows: isSmall ? 1 : 2)
      + entry(width: width, atMost: isSmall ? 2 : 3)
  }

  /// The same for every token, so that nothing moves while one goes from token to token.
  func compactHeight(width: Int) -> Int {
    (isSmall ? 4 : 6) + (state.quality.isOn || token?.quality != nil ? 1 : 0)
      + attentionRows(width)
  }

  /// Rows of the bar, of its legend, and of the words that were attended to.
  private func attentionRows(_ width: Int) -> Int {
    1 + (Self.isNarrow(width) ? 2 : 1) + (isSmall ? 1 : 2)
  }

  /// Rows of `rows` at most, in general.
  func height(width: Int) -> Int { 14 + (Self.isNarrow(width) ? 6 : 4) }

  /// Whether the screen leaves few rows for all panels.
  private var isSmall: Bool { state.size.rows < 30 }

  private static func isNarrow(_ width: Int) -> Bool { width < 56 }

  /// For plain mode and for screen readers.
  var lines: [String] {
    guard state.inspection.isOn else { return ["tokens: " + Self.nothing] }
    let attended = token?.attention.map { attention in
      "attended to "
        + Self.segments.map {
          "\($0.name) \(Format.percent(attention.share(of: $0.segment)))"
        }.joined(separator: ", ")
    }
    let words = token?.attention.map { "most to " + attendedWords($0, count: 12) }
    let facts = [
      token?.choice.map(Self.line) ?? name, token?.quality == nil ? nil : quality, attended, words,
    ]
    return facts.compactMap { $0?.replacing("\u{A0}", with: " ") } + (standing?.lines ?? [])
  }

  /// Why its entries are kept in each of the layers, as rows in columns.
  func table(width: Int, limit: Int) -> [ReportRow] {
    standing?.table(width: width, limit: limit) ?? []
  }

  private var standing: StandingReport? { state.inspection.standing.map(StandingReport.init) }

  /// - Parameter limit: rows of all sentences, each of which gets one at least.
  private func entry(width: Int, atMost limit: Int = .max) -> [ReportRow] {
    let sentences = standing?.sentences ?? []
    return sentences.enumerated().reduce(into: []) { rows, sentence in
      let others = sentences.count - 1 - sentence.offset
      rows += ReportRow.wrapped(
        sentence.element, width, atMost: max(1, limit - rows.count - others), Style())
    }
  }

  /// `'red' 81 %, or 'blue' 9 %, 'green' 4 %`
  static func line(_ choice: TokenChoice) -> String {
    "\(quoted(choice.text)) \(percent(choice.probability)), or \(others(choice))"
  }

  /// A token of a resumed answer, whose probability nobody has asked for.
  static func line(_ word: String?) -> String {
    "\(quoted(word ?? "")), not computed yet: give its number"
  }

  private static let nothing = "no token is selected; F8 or /tokens selects one"

  // MARK: The token

  private var name: String {
    guard let position = state.inspection.position else { return "" }
    if let token { return Self.quoted(word(of: token)) }
    if let patch = state.patch(at: position) { return "patch \(patch) of the picture" }
    return "position \(position)"
  }

  private func word(of token: Message.Token) -> String {
    token.choice?.text ?? state.inspection.words[token.position] ?? ""
  }

  private var title: ReportRow {
    let style = Style(.accent, .bold)
    guard let choice = token?.choice else {
      let note =
        token == nil
        ? "" : state.selectsAnswer ? "  its probability is being computed" : " of the question"
      return ReportRow([.text(name, style), .text(note, Style(.dim))])
    }
    return ReportRow([
      .text(name, style),
      .text("  \(Self.percent(choice.probability)) probable", Style()),
    ])
  }

  /// One row for each token that might have been there, with a bar.
  private func alternatives(width: Int) -> [ReportRow] {
    guard let choice = token?.choice else { return [] }
    let all =
      [TokenChoice.Alternative(text: choice.text, probability: choice.probability)]
      + choice.others
    let texts = all.map { DisplayText.clipped(Self.quoted($0.text), to: max(6, width / 3)) }
    let column = texts.map { DisplayText.width($0) }.max() ?? 0
    let bar = max(4, width - column - 10)
    return zip(all, texts).enumerated().map { index, entry in
      let padding = String(repeating: " ", count: column - DisplayText.width(entry.1) + 1)
      return ReportRow([
        .text(entry.1 + padding, Style(index == 0 ? .accent : .text)),
        .bar(
          width: bar, [.init(share: entry.0.probability, role: index == 0 ? .accent : .words)]),
        .text(" " + Self.percent(entry.0.probability), Style(.dim)),
      ])
    }
  }

  private static func others(_ choice: TokenChoice) -> String {
    choice.others.map { "\(quoted($0.text)) \(percent($0.probability))" }
      .joined(separator: ", ")
  }

  /// No token is impossible, and none is certain.
  private static func percent(_ probability: Double) -> String {
    if probability < 0.001 { return "<0.1 %" }
    return probability > 0.999 ? ">99.9 %" : Format.percent(probability)
  }

  /// A token between quotes, without the blanks around it.
  private static func quoted(_ text: String) -> String {
    let shown = text.replacing("\n", with: "\\n").trimmingBlanks
    return "'\(shown.isEmpty ? text : shown)'"
  }

  private var quality: String {
    guard state.selectsAnswer else { return "" }
    guard let quality = token?.quality else {
      return state.quality.isOn && state.isAnswering
        ? "the twin has not come to it yet" : "no twin scored it: F4, then /regenerate"
    }
    let kl = "KL to the full cache \(Format.decimal(quality.divergence, 3)) nats"
    return kl + (quality.other.map { ", which would have said \(Self.quoted($0))" } ?? "")
  }

  /// The same in one row.
  private static func shortly(_ quality: TokenQuality) -> String {
    let kl = "KL \(Format.decimal(quality.divergence, 3)) nats"
    return quality.other.map { "the full cache: \(quoted($0)), \(kl)" }
      ?? "the full cache agrees, \(kl)"
  }

  // MARK: Attention

  /// The parts of a conversation, by the names that the screen has for them.
  private static let segments: [(segment: Segment, name: String, role: Role)] = [
    (Segment.image, "picture"), (.system, "system"), (.user, "question"), (.assistant, "answer"),
  ].map { ($0, $1, $0.role) }

  /// - Parameter wordRows: rows for the words that were attended to most, at most.
  private func attention(width: Int, wordRows: Int = .max) -> [ReportRow] {
    guard state.selectsAnswer else { return [] }
    guard let attention = token?.attention else {
      return [ReportRow("what it attended to is being computed", Style(.dim))]
    }
    let shares = Self.segments.map { (attention.share(of: $0.segment), $0.name, $0.role) }
    let counts = (1...(Self.isNarrow(width) ? 6 : 12)).reversed()
    let words =
      counts.lazy.map { "attended to " + attendedWords(attention, count: $0) }
      .first { ReportRow.wrapped($0, width).count <= wordRows } ?? ""
    let note = attention.isExact ? "" : "approximate: entries were merged since"
    return [ReportRow([.bar(width: width, shares.map { .init(share: $0.0, role: $0.2) })])]
      + legend(of: attention, width: width) + ReportRow.wrapped(words, width, Style())
      + ReportRow.wrapped(note, width)
  }

  /// What the parts of the bar are, in one row or in two.
  private func legend(of attention: TokenAttention, width: Int) -> [ReportRow] {
    let marks = Bar.marks(Self.segments.map(\.role), state.theme, state.depth)
    let parts = zip(Self.segments, marks).map { part, mark -> [ReportRow.Part] in
      let (segment, name, role) = part
      let share = Format.percent(attention.share(of: segment), decimals: 0)
      return [
        .text(mark, Style(role)),
        .text("\(name) \(share) ", Style(.dim)),
      ]
    }
    let perRow = Self.isNarrow(width) ? 2 : 4
    return stride(from: 0, to: parts.count, by: perRow).map { first in
      ReportRow(parts[first..<min(parts.count, first + perRow)].flatMap(\.self))
    }
  }

  /// `'red' 12 %, patch 37 8 %`
  private func attendedWords(_ attention: TokenAttention, count: Int) -> String {
    attention.entries.prefix(count).map { entry in
      "\(label(entry)) \(Format.percent(entry.share))".replacing(" ", with: "\u{A0}")
    }.joined(separator: ", ")
  }

  private func label(_ entry: TokenAttention.Entry) -> String {
    if entry.segment == .image {
      return state.patch(at: entry.position).map { "patch \($0)" } ?? "the picture"
    }
    let word = state.inspection.words[entry.position] ?? ""
    if word.isEmpty { return entry.position == 0 ? "the beginning" : "a mark" }
    return Self.quoted(word)
  }
}
