import Basics
import Foundation

/// The two files of a GGUF model: the text model, and "mmproj" with the vision tower and projector.
struct GGUFPair {
  let text: GGUFFile
  /// The vision file; nil when this text model has none.
  let vision: GGUFFile?

  /// - Parameter path: the text model, a folder that holds one, or a llamafile with both.
  /// - Throws: `WeightError` when there is no text model, or when there are several to choose from.
  init(path: String, options: CheckpointOptions) throws(WeightError) {
    var found = try Self.isFolder(path) ? Self.textFiles(in: path) : Self.files(at: path)
    if found.vision == nil || options.projector != nil {
      let width = try TextConfiguration(gguf: found.text).width
      found.vision = try Self.visionFile(for: found.text, width: width, options: options)
    }
    text = found.text
    vision = found.vision
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The .gguf files of a folder, sorted by name.
  static func files(in folder: String) throws(WeightError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .unreadable(path: folder, reason: "its files cannot be listed")
    }
    return names.filter { $0.hasSuffix(".gguf") }.sorted().map { folder + "/" + $0 }
  }

  // MARK: The text model

  private typealias Found = (text: GGUFFile, vision: GGUFFile?)

  /// The model in one file: a text model (or a part of one), or a llamafile.
  private static func files(at path: String) throws(WeightError) -> Found {
    let mapped = try MappedFile(path: path)
    guard !Llamafile.recognises(mapped) else { return try files(in: mapped) }
    let file = try GGUFParts.joined(path)
    guard try !isVisionFile(file) else {
      throw .unsupported(
        path: path,
        detail: "it is the vision half of a GGUF pair; give the text model, this file is found "
          + "beside it")
    }
    return (file, nil)
  }

  private static func files(in llamafile: MappedFile) throws(WeightError) -> Found {
    var (texts, visions): ([GGUFFile], [GGUFFile]) = ([], [])
    for file in try Llamafile.files(in: llamafile) {
      if try isVisionFile(file) { visions.append(file) } else { texts.append(file) }
    }
    guard texts.count == 1, visions.count < 2 else {
      throw .unsupported(
        path: llamafile.path,
        detail:
          "it holds \(texts.count) text models and \(visions.count) vision files; one of each "
          + "is expected")
    }
    return (texts[0], visions.first)
  }

  private static func textFiles(in folder: String) throws(WeightError) -> Found {
    var files: [String] = []
    for path in try self.files(in: folder) where !GGUFParts.isFurther(path) {
      if try !isVisionFile(GGUFFile(path: path)) { files.append(path) }
    }
    guard files.count == 1 else {
      throw .unsupported(
        path: folder,
        detail: files.isEmpty
          ? "it holds no GGUF text model, only vision files"
          : "it holds \(files.count) GGUF text models; give one of "
            + files.map { "'\($0)'" }.joined(separator: ", "))
    }
    return (try GGUFParts.joined(files[0]), nil)
  }

  private static func isVisionFile(_ file: GGUFFile) throws(WeightError) -> Bool {
    try file.text("general.architecture") == "clip"
  }

  // MARK: The vision file

  /// The vision file: the one given, or else one beside the text model that fits its width. Among
  /// several, the one named "mmproj-" and the text file's name is taken, or else the one with the
  /// shortest name. nil without any.
  private static func visionFile(
    for text: GGUFFile, width: Int, options: CheckpointOptions
  ) throws(WeightError) -> GGUFFile? {
    if let path = options.projector {
      let file = try GGUFFile(path: path)
      guard try isVisionFile(file) else {
        throw .unsupported(path: path, detail: "it is no vision file (mmproj) of a GGUF pair")
      }
      return file
    }
    for path in try candidates(beside: text.path) {
      let file = try GGUFFile(path: path)
      if try isVisionFile(file),
        file.tensors.first(where: { $0.name == "mm.2.weight" })?.shape == [width, width]
      {
        return file
      }
    }
    return nil
  }

  /// The other .gguf files of the folder, the likeliest first.
  private static func candidates(beside path: String) throws(WeightError) -> [String] {
    let own = PathText.name(of: path)
    func rank(_ path: String) -> (Int, Int, String) {
      let name = PathText.name(of: path)
      return (name == "mmproj-" + own ? 0 : name.contains("mmproj") ? 1 : 2, name.count, name)
    }
    return try files(in: PathText.folder(of: path)).filter { $0 != path }
      .sorted { rank($0) < rank($1) }
  }
}
