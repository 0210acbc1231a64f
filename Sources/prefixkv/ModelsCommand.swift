import ArgumentParser
import Basics
import Inference

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the models on this machine by the names that --model takes.",
    discussion: """
      Looked at, and asked for a name in this order: the folders of PREFIXKV_MODELS, ./models, the \
      Hugging Face cache, ollama's store, LM Studio's folders, and the bundled model. Of each model \
      only the headers are read, and nothing is downloaded.
      """)

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let output = try output.open()
    let catalogue = ModelCatalogue()
    try InputFiles.protect(catalogue.files, of: "a model", from: self.output.paths)
    try output.write(json ? JSONStyle.document(ModelsRecord(catalogue)) : catalogue.text)
    try output.finish()
  }
}

extension ModelCatalogue {
  /// The files of all models.
  fileprivate var files: [String] {
    models.compactMap(\.path).flatMap { path in
      [path] + ((try? Folder.names(in: path)) ?? []).map { path + "/" + $0 }
    }
  }

  /// The table, then why some models do not run, then what could not be listed.
  fileprivate var text: String {
    var table = Table(headings: ["model", "member", "type", "size", "memory", "runs", "found in"])
    table.rows = models.map { model in
      [
        model.name, model.member ?? "–", model.weightType ?? "–", Format.bytes(model.bytes),
        model.memory.map { Format.bytes($0) } ?? "–", model.refusal == nil ? "yes" : "no",
        model.store,
      ]
    }
    let refusals = models.compactMap { model in model.refusal.map { "\(model.name): \($0)" } }
    let notes = (refusals + problems).map { DisplayText.oneLine($0) + "\n" }.joined()
    return [table.text, notes, advice.map { $0 + "\n" } ?? ""].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }
}

/// What `models --json` prints; docs/schema/models.json describes it.
private struct ModelsRecord: Encodable {
  struct Model: Encodable {
    let name: String
    let store: String
    @Nullable var path: String?
    @Nullable var member: String?
    @Nullable var weightType: String?
    let bytes: Int
    @Nullable var memoryBytes: Int?
    let runs: Bool
    @Nullable var reason: String?
  }

  let models: [Model]
  let problems: [String]

  init(_ catalogue: ModelCatalogue) {
    models = catalogue.models.map {
      Model(
        name: $0.name, store: $0.store, path: $0.path, member: $0.member, weightType: $0.weightType,
        bytes: $0.bytes, memoryBytes: $0.memory, runs: $0.refusal == nil, reason: $0.refusal)
    }
    problems = catalogue.problems
  }
}
