import Foundation

/// The two files of a GGUF model: the text model, and "mmproj" with the vision tower and projector.
struct GGUFPair {
  let text: GGUFFile
  let vision: GGUFFile

  /// - Parameter path: the text model, or a folder that holds one.
  /// - Throws: `WeightError` when either file is missing, or when it is not clear which is meant.
  init(path: String, options: CheckpointOptions) throws(WeightError) {
    text = try Self.textFile(path)
    let width = try TextConfiguration(gguf: text).width
    vision = try Self.visionFile(for: text, width: width, options: options)
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

  private static func textFile(_ path: String) throws(WeightError) -> GGUFFile {
    guard isFolder(path) else {
      let file = try GGUFFile(path: path)
      guard try !isVisionFile(file) else {
        throw .unsupported(
          path: path,
          detail: "it is the vision half of a GGUF pair; give the text model, this file is found "
            + "beside it")
      }
      try refuseSplit(file)
      return file
    }
    var files: [GGUFFile] = []
    for path in try self.files(in: path) {
      let file = try GGUFFile(path: path)
      if try !isVisionFile(file) { files.append(file) }
    }
    guard files.count == 1 else {
      throw .unsupported(
        path: path,
        detail: files.isEmpty
          ? "it holds no GGUF text model, only vision files"
          : "it holds \(files.count) GGUF text models; give one of "
            + files.map { "'\($0.path)'" }.joined(separator: ", "))
    }
    try refuseSplit(files[0])
    return files[0]
  }

  private static func isVisionFile(_ file: GGUFFile) throws(WeightError) -> Bool {
    try file.text("general.architecture") == "clip"
  }

  /// A model in several files has its keys in the first only.
  private static func refuseSplit(_ file: GGUFFile) throws(WeightError) {
    let count = try file.integer("split.count", default: 1, in: 0...65535)
    guard count <= 1 else {
      throw file.unsupported(
        "split.count",
        "is \(count): the model is split into several files; join them with "
          + "'llama-gguf-split --merge' and give the result")
    }
  }

  // MARK: The vision file

  /// The vision file: the one given, else one beside the text model that fits its width. When
  /// several fit, the one named "mmproj-" and the text file's name is taken, then the shortest name.
  private static func visionFile(
    for text: GGUFFile, width: Int, options: CheckpointOptions
  ) throws(WeightError) -> GGUFFile {
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
    throw .unreadable(
      path: text.path,
      reason:
        "its vision file (mmproj-*.gguf, for a text model of width \(width)) is not beside it; "
        + "put it there, or start with --mmproj PATH")
  }

  /// The other .gguf files of the folder, the likeliest first.
  private static func candidates(beside path: String) throws(WeightError) -> [String] {
    let folder = (path as NSString).deletingLastPathComponent
    let own = (path as NSString).lastPathComponent
    func rank(_ path: String) -> (Int, Int, String) {
      let name = (path as NSString).lastPathComponent
      return (name == "mmproj-" + own ? 0 : name.contains("mmproj") ? 1 : 2, name.count, name)
    }
    return try files(in: folder.isEmpty ? "." : folder).filter { $0 != path }
      .sorted { rank($0) < rank($1) }
  }
}
