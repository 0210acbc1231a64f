import Basics
import Foundation

/// The chat templates in the files of a model folder.
///
/// Where a file holds several, the one named "default" is meant. Where none has that name, as where
/// a template is empty, the file's text here is empty, so that no template is recognised in it.
enum ChatTemplateFiles {
  typealias Found = (source: String, text: String)

  /// Chat templates with the file each was found in, the one that counts first. The order is that of
  /// transformers 5.24: a processor's own files before `chat_template.jinja`, though that is what it
  /// writes itself, and the tokenizer's last (`ProcessorMixin.get_processor_dict`).
  ///
  /// - Throws: `WeightError` when a file is no JSON, is too large to be a chat template, or holds
  ///   something else at `chat_template` than texts.
  static func read(in folder: String) throws(WeightError) -> [Found] {
    let found = [
      try stored(in: "processor_config.json", of: folder),
      try stored(in: "chat_template.json", of: folder), try jinja(in: folder),
      try stored(in: "tokenizer_config.json", of: folder),
    ]
    return found.compactMap(\.self)
  }

  private static func stored(
    in name: String, of folder: String
  ) throws(WeightError) -> Found? {
    guard let file = try ConfigurationFile.optional(path: folder + "/" + name), file.has(key)
    else { return nil }
    return try template(in: file, named: name)
  }

  /// The template of transformers 5, which keeps those that are not the default in a folder beside.
  private static func jinja(in folder: String) throws(WeightError) -> Found? {
    let name = "chat_template.jinja"
    if MappedFile.isListed(folder + "/" + name) {
      return (name, try text(folder + "/" + name))
    }
    let others = "additional_chat_templates"
    let names = (try? Folder.names(in: folder + "/" + others))?.filter { $0.hasSuffix(".jinja") }
    guard let names, !names.isEmpty else { return nil }
    let usual = "default.jinja"
    if names.contains(usual) {
      let path = others + "/" + usual
      return (path, try text(folder + "/" + path))
    }
    return (others + none(of: names), "")
  }

  private static func text(_ path: String) throws(WeightError) -> String {
    try MappedFile(path: path).reading { (file) throws(WeightError) in
      guard file.bytes.count <= ConfigurationFile.maximumBytes else {
        throw .damaged(
          path: path, detail: "it has \(file.bytes.count) bytes, too many for a chat template")
      }
      return String(decoding: file.bytes, as: UTF8.self)
    }
  }

  private static let key = "chat_template"

  private static func template(
    in file: ConfigurationFile, named name: String
  ) throws(WeightError) -> Found {
    guard file.isList(key) || file.isObject(key) else {
      return (name, try file.string(key, default: ""))
    }
    let texts = try file.namedTexts(key)
    return texts["default"].map { (name, $0) } ?? (name + none(of: texts.keys.sorted()), "")
  }

  private static func none(of names: [String]) -> String {
    " (\(names.joined(separator: ", ")); none is the default)"
  }
}
