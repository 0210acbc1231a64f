import Basics
import Inference

/// How many rows of the picture enter the language model, and a slider for it that is being moved.
///
/// Another number means that the whole conversation is read again. So what the slider shows is asked for
/// when it is let go, or when it has rested for a while.
struct PictureTokenControl: Sendable, Equatable {
  /// What was asked for last, or reported; nil: all rows.
  private(set) var chosen: PictureTokens? { didSet { if let chosen { latest = chosen } } }
  /// The last wish for fewer: what a number alone means goes by its method.
  private var latest: PictureTokens?
  /// The number that the moving slider shows; nil: it rests.
  private(set) var shown: Int?
  /// Whether a button of the mouse went down on the slider and is still down.
  private(set) var isHeld = false
  /// Ticks until what is shown is asked for.
  private var patience = 0

  /// Ticks of a spinner without a key: about half a second.
  private static let pause = 4

  init(_ chosen: PictureTokens?) {
    self.chosen = chosen
    latest = chosen
  }

  /// What a number alone means.
  var method: any PictureTokenMethod { latest?.method ?? PictureTokenMethods.all[0] }

  /// Whether something is shown that was not asked for yet.
  var isMoving: Bool { shown != nil }

  /// Rows that a picture with `most` has, or would have.
  func count(of most: Int) -> Int { min(most, shown ?? chosen?.count ?? most) }

  mutating func show(_ count: Int, isHeld: Bool) {
    shown = count
    self.isHeld = isHeld
    patience = Self.pause
  }

  mutating func choose(_ tokens: PictureTokens?) {
    chosen = tokens
    rest()
  }

  mutating func rest() {
    shown = nil
    isHeld = false
  }

  /// - Returns: whether the slider has rested long enough.
  mutating func tick() -> Bool {
    guard isMoving, !isHeld else { return false }
    patience -= 1
    return patience <= 0
  }
}

extension AppState {
  /// The most rows that the picture at hand can have; nil where there is no picture that a model sees.
  var pictureRows: Int? {
    guard let model, model.seesPictures, let picture else { return nil }
    return picture.layout?.count ?? model.imageTokens
  }

  /// Moves the slider; nothing is read before it rests.
  mutating func showPictureTokens(_ count: Int, isHeld: Bool) -> [AppEffect] {
    guard let most = pictureRows else { return [] }
    pictureTokens.show(min(most, max(1, count)), isHeld: isHeld)
    return []
  }

  /// A sixteenth of the rows less or more.
  mutating func movePictureTokens(by steps: Int) -> [AppEffect]? {
    guard let most = pictureRows else { return nil }
    let step = max(1, most / 16)
    return showPictureTokens(pictureTokens.count(of: most) + steps * step, isHeld: false)
  }

  /// Asks for what the slider shows.
  mutating func settlePictureTokens() -> [AppEffect] {
    guard let most = pictureRows, let shown = pictureTokens.shown else { return [] }
    return setPictureTokens(
      shown == most ? nil : PictureTokens(shown, by: pictureTokens.method))
  }

  /// The button of the mouse went up, wherever that was.
  mutating func releasePictureTokens() -> [AppEffect] {
    pictureTokens.isHeld ? settlePictureTokens() : []
  }

  /// Asks for another number of rows, and says what that means.
  mutating func setPictureTokens(_ wanted: PictureTokens?) -> [AppEffect] {
    let before = pictureTokens.chosen
    pictureTokens.choose(wanted)
    guard wanted != before else {
      acknowledge("picture tokens: nothing changes")
      return []
    }
    var words = ["picture tokens: " + Self.words(wanted)]
    if let most = pictureRows, let cost = rereading(wanted?.count ?? most) { words.append(cost) }
    if wanted != nil, recalls { words.append("dropped rows cannot be recalled") }
    acknowledge(words.joined(separator: "; "))
    hasChangedSinceAnswer = true
    // A question waits until the engine has read what was said before. The words come again with it.
    loads.isEncoding = picture != nil && model?.seesPictures == true
    if loads.isEncoding { forgetTokens() }
    return [.post(.setPictureTokens(wanted))]
  }

  /// "at most 64, by diverse" or "all"
  static func words(_ tokens: PictureTokens?) -> String {
    tokens.map { "at most \(Format.count($0.count)), by \($0.method.name)" } ?? "all"
  }

  /// What it costs to read the conversation again behind so many rows of the picture, as far as the last
  /// prompt tells; nil where nothing was read yet.
  func rereading(_ count: Int) -> String? {
    guard let layer = cache?.layers.first, layer.seen > 0 else { return nil }
    let positions = layer.seen - (picture?.patches?.rows.count ?? 0) + count
    let time = speed.readingTime(positions).map { ", \(Format.duration($0))" } ?? ""
    return "rereads \(Format.counted(positions, "position"))\(time)"
  }

  /// The engine has taken another number of rows, or has not.
  mutating func tookPictureTokens(_ tokens: PictureTokens?, problem: String?) -> [AppEffect] {
    pictureTokens.choose(tokens)
    if let problem {
      report(error: "\(problem) Picture tokens: \(Self.words(tokens)).", .usage)
    }
    loads.isEncoding = false
    progress = nil
    isLeaveArmed = false
    entries = nil
    forgetComparison()
    return takeNext()
  }
}
