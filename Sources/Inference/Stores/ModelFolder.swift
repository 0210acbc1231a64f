import Basics
import Foundation

/// The models in one folder: the one that a config.json describes, and GGUF text models.
///
/// A selector after the folder's name chooses one of several: ":Q4_K_M" by the type of the weights,
/// or "/name.gguf" by the file.
struct ModelFolder {
  let path: String
  /// Whether the folder as a whole is a model.
  let isModel: Bool
  /// File names of GGUF text models, sorted; only the first part of a split one.
  let files: [String]

  /// - Throws: `WeightError.unreadable` when the folder cannot be listed.
  init(_ path: String) throws(WeightError) {
    let names: [String]
    do {
      names = try Folder.names(in: path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    self.init(path, names: names)
  }

  /// - Parameter names: everything in the folder.
  init(_ path: String, names: [String]) {
    self.path = path
    isModel = names.contains { $0 == "config.json" || Self.isWeights($0) }
    files = names.filter { name in
      GGUFFileName.isModel(name) && !GGUFFileName(name).isLaterPart
        && !GGUFFile.isVision(path + "/" + name)
    }
  }

  private static func isWeights(_ name: String) -> Bool {
    name.hasSuffix(".safetensors") || name.hasPrefix("pytorch_model")
      || name == "adapter_config.json"
  }

  /// The selector of each model in the folder; "" where the folder's name is enough.
  var selectors: [String] {
    if !isModel, files.count == 1 { return [""] }
    return (isModel ? [""] : []) + files.map(selector)
  }

  private func selector(_ file: String) -> String {
    guard let type = GGUFFileName(file).type, matches(type).count == 1 else { return "/" + file }
    return ":" + type.uppercased()
  }

  private func matches(_ type: String) -> [String] {
    files.filter { GGUFFileName($0).type?.lowercased() == type.lowercased() }
  }

  /// The path that a selector chooses: the folder, or one of its files. A folder without any model
  /// is returned, too, so that `WeightFormats` says what is wrong with it.
  ///
  /// - Parameters:
  ///   - selector: "", ":TYPE" or "/name.gguf".
  ///   - name: the folder's, for messages.
  /// - Throws: `WeightError` when several models fit, or when there is none of that type.
  /// - Returns: nil when there is no such file.
  func chosen(_ selector: String, of name: String) throws(WeightError) -> String? {
    if selector.hasPrefix("/") {
      let file = path + selector
      return MappedFile.isListed(file) ? file : nil
    }
    if selector.isEmpty {
      if isModel || files.isEmpty { return path }
      guard files.count == 1 else {
        throw .unsupported(
          path: path,
          detail: "it holds \(files.count) GGUF text models; give one of " + list(of: name))
      }
      return path + "/" + files[0]
    }
    let found = matches(String(selector.dropFirst()))
    guard found.count == 1 else {
      throw .unsupported(
        path: path,
        detail: (found.isEmpty ? "it holds no GGUF" : "it holds \(found.count) GGUF")
          + " text model\(found.count > 1 ? "s" : "") of the type '\(selector.dropFirst())'; "
          + (files.isEmpty ? "there is none of any type" : "give one of " + list(of: name)))
    }
    return path + "/" + found[0]
  }

  private func list(of name: String) -> String {
    files.map { "'\(name)\(selector($0))'" }.joined(separator: ", ")
  }
}

/// The name of a GGUF file, taken apart.
struct GGUFFileName {
  /// The name without its ending and without the number of its part.
  let stem: String
  /// Whether it is the second or a later part of a split model.
  let isLaterPart: Bool

  init(_ name: String) {
    var stem = name
    for ending in Self.endings where stem.hasSuffix(ending) {
      stem = String(stem.dropLast(ending.count))
    }
    let part = stem.suffix(15)
    let digits = part.enumerated().allSatisfy { index, character in
      switch index {
      case 0, 6, 9: character == "-"
      case 7: character == "o"
      case 8: character == "f"
      default: character.isASCII && character.isNumber
      }
    }
    let isPart = part.count == 15 && digits
    self.stem = isPart ? String(stem.dropLast(15)) : stem
    isLaterPart = isPart && part.dropFirst().prefix(5) != "00001"
  }

  private static let endings = [".gguf", ".llamafile"]

  static func isModel(_ name: String) -> Bool { endings.contains { name.hasSuffix($0) } }

  /// The type of the weights as the name spells it ("Q4_K_M", "f16"); nil when it names none.
  var type: String? {
    stem.split(whereSeparator: { $0 == "-" || $0 == "." }).last { part in
      part.lowercased().wholeMatch(of: /(i?q[0-9](_[a-z0-9]+)*|b?f16|f32|tq[0-9]_[0-9]|mxfp4)/)
        != nil
    }.map(String.init)
  }
}
