/// A model as a store keeps it: the files, and what the store says about them beside the files.
public struct LocatedModel: Sendable, Equatable {
  /// A text that a store keeps beside a model's files.
  public struct Text: Sendable, Equatable {
    /// Where it stands, for people: "ollama's template".
    public var source: String
    /// As it is stored; a program is never run.
    public var text: String
  }

  /// A folder or a file that `WeightFormats` opens.
  public var path: String
  /// What people call the model, where the path does not say it: "llava:7b".
  public var name: String?
  /// The store, for people: "ollama"; nil for a path that was given.
  public var store: String?
  /// The vision file (mmproj); nil: it is looked for beside the text model.
  public var projector: String?
  /// A program that writes prompts. It counts more than a chat template in the model's files.
  public var template: Text?
  /// Texts and special tokens that end an answer.
  public var stops: [String] = []
  /// A sentence that tells the model its role.
  public var system: Text?
  /// Further stores that have a model of the same name, in the order in which they are asked.
  public var alsoIn: [String] = []

  /// A path about which nothing more is known.
  public init(path: String) { self.path = path }

  init(path: String, name: String, store: String) {
    self.path = path
    self.name = name
    self.store = store
  }
}
