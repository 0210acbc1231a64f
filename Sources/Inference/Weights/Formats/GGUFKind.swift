import Basics

extension GGUFFile {
  /// Whether a file is the vision half of a pair, by its name or by the first of its keys. What cannot
  /// be read is none: taken for a text model, it is refused in a sentence.
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
