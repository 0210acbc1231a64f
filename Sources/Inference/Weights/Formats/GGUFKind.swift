import Basics

extension GGUFFile {
  /// Whether a file is the vision half of a pair, by its name or by `general.architecture`. A file
  /// that cannot be read counts as a text model, which is then refused in a sentence.
  static func isVision(_ path: String) -> Bool {
    if PathText.name(of: path).contains("mmproj") { return true }
    guard let file = try? MappedFile(path: path) else { return false }
    var reader = ByteReader(file.bytes)
    guard let counts = try? header(&reader) else { return false }
    let architecture = try? GGUFMetadata.text(
      "general.architecture", count: counts.metadata, &reader, of: file)
    return architecture == "clip"
  }
}
