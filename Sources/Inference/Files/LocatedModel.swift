/// A model as a store keeps it: its files, and what the store itself records about it.
public struct LocatedModel: Sendable, Equatable {
  /// A text that a store keeps beside a model's files.
  public struct Text: Sendable, Equatable {
    /// Where it was found, for people: "ollama's template".
    public var source: String
    /// The text as it is stored. If it is a program, it is never run.
    public var text: String
  }

  /// A folder or a file that `WeightFormats` opens.
  public var path: String
  /// The model's name, where the path does not hold it: "llava:7b".
  public var name: String?
  /// The store, for people: "ollama"; nil for a path that was given.
  public var store: String?
  /// The vision file (mmproj); nil when it is to be looked for beside the text model.
  public var projector: String?
  /// A chat template, which takes precedence over one in the model's files.
  public var template: Text?
  /// Texts and special tokens that end an answer.
  public var stops: [String] = []
  /// A sentence that tells the model its role.
  public var system: Text?
  /// Further stores that have a model of the same name, in the order in which they are asked.
  public var alsoIn: [String] = []

  /// A model of which only the path is known.
  public init(path: String) { self.path = path }

  init(path: String, name: String, store: String) {
    self.path = path
    self.name = name
    self.store = store
  }
}
