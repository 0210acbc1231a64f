import Foundation

/// A model as found on disk: what it is, where its weights are, how its text is written. Opening
/// one maps files and checks every shape, but reads and copies no weight.
@dynamicMemberLookup
public struct Checkpoint: Sendable {
  /// Its name, sizes and tensors, as the headers of its files give them.
  public let headers: CheckpointHeaders
  /// Text to ids and back.
  public let tokenizer: Tokenizer
  /// The prompt template the model was trained with, as far as its files tell.
  public let templateChoice: TemplateChoice

  /// Texts that end an answer because the model's store says so. (Special tokens that it names are
  /// among the tokenizer's ends instead.)
  public let stopTexts: [String]

  /// The prompt template in use.
  public var template: Template { templateChoice.template }

  /// Reads the tokenizer and chooses the template.
  ///
  /// - Throws: `WeightError` when the tokenizer cannot be read, or has more pieces than the embedding
  ///   has rows.
  init(_ headers: CheckpointHeaders) throws(WeightError) {
    self.headers = headers
    let tokenizer = try headers.readTokenizer().limited(
      toRows: headers.configuration.text.vocabulary, path: headers.path)
    let stops = headers.source.stops
    self.tokenizer = tokenizer.with(
      tokenizer.specials.adding(ends: stops.compactMap(tokenizer.special)))
    stopTexts = stops.filter { tokenizer.special($0) == nil }
    let choice = headers.evidence.choice(tokenizer)
    let system = headers.source.system?.text.trimmingCharacters(in: .whitespacesAndNewlines)
    // A template that has no place for the store's system sentence stays as it is.
    templateChoice = TemplateChoice(
      (try? choice.template.with(system: system)) ?? choice.template, choice.reason,
      unrecognised: choice.unrecognised)
  }

  /// Gives the members of `headers` as members of the checkpoint.
  public subscript<Value>(dynamicMember member: KeyPath<CheckpointHeaders, Value>) -> Value {
    headers[keyPath: member]
  }

  /// The tensor of a part, with the shape the configuration asks for.
  ///
  /// - Throws: `WeightError.damaged` when its file was changed after it was opened.
  public func tensor(_ part: ModelPart) throws(WeightError) -> Tensor {
    try headers.tensor(part)
  }
}
