import Foundation

/// The chat templates in the files of a model folder.
enum ChatTemplateFiles {
  /// Chat templates with the file each was found in, in the order in which transformers looks for
  /// them.
  ///
  /// - Throws: `WeightError` when a file is no JSON, or is too large to be a chat template.
  static func read(in folder: String) throws(WeightError) -> [(source: String, text: String)] {
    var templates: [(source: String, text: String)] = []
    if let text = try jinja(folder + "/chat_template.jinja") {
      templates.append(("chat_template.jinja", text))
    }
    for name in ["chat_template.json", "processor_config.json", "tokenizer_config.json"] {
      guard let file = try ConfigurationFile.optional(path: folder + "/" + name),
        let text = text(in: file), !text.isEmpty
      else { continue }
      templates.append((name, text))
    }
    return templates
  }

  private static func jinja(_ path: String) throws(WeightError) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try MappedFile(path: path).reading { (file) throws(WeightError) in
      guard file.bytes.count <= ConfigurationFile.maximumBytes else {
        throw .damaged(
          path: path, detail: "it has \(file.bytes.count) bytes, too many for a chat template")
      }
      return String(decoding: file.bytes, as: UTF8.self)
    }
  }

  /// The file's chat template, which is a text, or the one named "default" in a list of texts.
  private static func text(in file: ConfigurationFile) -> String? {
    if let text = try? file.string("chat_template", default: "") { return text }
    return file.namedTexts("chat_template")["default"]
  }
}
