import ArgumentParser
import Inference

/// How a conversation is written for the model.
struct TemplateOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      The prompt template: \(Templates.all.map(\.name).joined(separator: ", ")). Default: the one \
      that the model's files point to; `prefixkv inspect` shows it.
      """, completion: .list(Templates.all.map(\.name)))
  var template: String?

  @Option(name: .long, help: "The system sentence instead of the template's own.")
  var system: String?

  func validate() throws { _ = try chosen }

  /// The template asked for; nil for the model's own.
  var chosen: Template? {
    get throws(TemplateError) {
      guard let template else { return nil }
      return try Templates.named(template)
    }
  }
}
