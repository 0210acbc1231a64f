import Basics

/// A conversation as it is kept: enough to show it, to go on with it, and to export it.
public struct SavedSession: Sendable, Equatable {
  /// The name that a person gave it; nil without one.
  public var title: String?
  /// What it was begun with, and how its next answer would be made.
  public var setting: SessionSetting
  /// Questions and answers in their order.
  public var messages: [SavedMessage]

  /// - Parameter title: nil without one.
  public init(title: String? = nil, setting: SessionSetting, messages: [SavedMessage]) {
    self.title = title
    self.setting = setting
    self.messages = messages
  }
}

/// Model, picture and options of a conversation.
public struct SessionSetting: Sendable, Equatable, Codable {
  /// What `--model` or `/model` named; nil is the bundled model.
  public var model: String?
  /// The model's name for people, its weight type and its prompt template.
  public var modelName: String
  public var weightType: String
  public var template: String
  /// The system sentence in place of the template's own; nil keeps that.
  public var system: String?
  /// At most so many squares of the picture are looked at; nil: as many as the model wants.
  public var tiles: Int?
  /// At most so many rows of the picture enter the language model, as the command line says it:
  /// "diverse:64"; nil: all.
  public var pictureTokens: String?
  /// The picture's absolute path; nil for a conversation without one.
  public var picture: String?
  /// What the next answer is written under: a policy's name and a kept share in (0, 1].
  public var policy: String
  public var budget: Double
  /// How tokens are chosen.
  public var temperature: Double
  public var topP: Double
  public var seed: UInt64
  public var maxTokens: Int

  /// Each parameter is the property of its name.
  public init(
    model: String?, modelName: String, weightType: String, template: String, system: String?,
    tiles: Int?, pictureTokens: String? = nil, picture: String?, policy: String, budget: Double,
    temperature: Double,
    topP: Double, seed: UInt64, maxTokens: Int
  ) {
    self.model = model
    self.modelName = modelName
    self.weightType = weightType
    self.template = template
    self.system = system
    self.tiles = tiles
    self.pictureTokens = pictureTokens
    self.picture = picture
    self.policy = policy
    self.budget = budget
    self.temperature = temperature
    self.topP = topP
    self.seed = seed
    self.maxTokens = maxTokens
  }
}

/// A question or an answer.
public struct SavedMessage: Sendable, Equatable, Codable {
  /// Who says it.
  public enum Role: String, Sendable, Codable { case question, answer }

  /// What an answer was written under from one place of it on.
  public struct Condition: Sendable, Equatable, Codable {
    /// UTF-8 offset in the text.
    public var offset: Int
    public var policy: String
    /// Kept share in (0, 1].
    public var budget: Double

    /// Each parameter is the property of its name.
    public init(offset: Int, policy: String, budget: Double) {
      self.offset = offset
      self.policy = policy
      self.budget = budget
    }
  }

  /// What a layer held when an answer ended, in entries.
  public struct Layer: Sendable, Equatable, Codable {
    /// Entries of the picture and of text that were kept, and positions seen.
    public var image: Int
    public var text: Int
    public var seen: Int

    /// Each parameter is the property of its name.
    public init(image: Int, text: Int, seen: Int) {
      self.image = image
      self.text = text
      self.seen = seen
    }
  }

  public var role: Role
  public var text: String
  /// The line of numbers below an answer; nil below a question and below an answer that did not end.
  public var note: String?
  /// A later answer has replaced this one.
  public var isFormer: Bool
  /// The first is that of the answer's beginning, the others those at which policy or budget moved.
  public var conditions: [Condition]
  /// The answer as it was generated; empty where only its text is known.
  public var tokens: [Int]
  /// `[layers]`; empty before the answer ended.
  public var layers: [Layer]

  /// Each parameter is the property of its name.
  public init(
    role: Role, text: String, note: String? = nil, isFormer: Bool = false,
    conditions: [Condition] = [], tokens: [Int] = [], layers: [Layer] = []
  ) {
    self.role = role
    self.text = text
    self.note = note
    self.isFormer = isFormer
    self.conditions = conditions
    self.tokens = tokens
    self.layers = layers
  }
}

/// The picture of a conversation as it is kept beside its path.
public struct SavedPicture: Sendable, Equatable {
  /// The digest of the file that was opened: 64 hexadecimal digits.
  public var digest: String
  /// A small copy of what was seen, as a PNG file.
  public var copy: [UInt8]

  /// Each parameter is the property of its name.
  public init(digest: String, copy: [UInt8]) {
    self.digest = digest
    self.copy = copy
  }
}

extension [SavedMessage.Condition] {
  /// `prefixkv at 30 %`, `prefixkv at 30 %, then 50 %`; nil where there is none.
  public var text: String? {
    guard let first, let last else { return nil }
    var policy = first.policy
    var text = "\(policy) at \(Format.percent(first.budget))"
    let moves = dropFirst()
    if moves.count > 3 {
      return text + ", moved \(moves.count) times, last to \(last.policy) at "
        + Format.percent(last.budget)
    }
    for move in moves {
      text +=
        ", then " + (move.policy == policy ? "" : "\(move.policy) at ")
        + Format.percent(move.budget)
      policy = move.policy
    }
    return text
  }
}

extension SavedSession {
  /// Whether all numbers are what they can be: a database may have been written by anybody.
  var isSound: Bool {
    setting.isSound && messages.allSatisfy(\.isSound)
  }
}

extension SessionSetting {
  fileprivate var isSound: Bool {
    budget > 0 && budget <= 1 && temperature >= 0 && temperature.isFinite && topP > 0 && topP <= 1
      && maxTokens > 0 && (tiles ?? 1) > 0
  }
}

extension SavedMessage {
  fileprivate var isSound: Bool {
    let places = conditions.map(\.offset)
    let counts = layers.flatMap { [$0.image, $0.text, $0.seen] }
    return places.allSatisfy { (0...text.utf8.count).contains($0) }
      && conditions.allSatisfy { $0.budget > 0 && $0.budget <= 1 }
      && counts.allSatisfy { (0...1 << 40).contains($0) }
  }
}
